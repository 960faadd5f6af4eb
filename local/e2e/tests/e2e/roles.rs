//! Who may call what: every operation for staff, by every role. Whoever may not is told so before anything else is looked
//! at, so nobody learns whether a resource exists, or what a request must look like, by trying.

use std::collections::BTreeSet;

use testkit::{Answer, Call, User, World};
use uuid::Uuid;

use crate::api::{Operation, operations};
use crate::examples::values::Request;

/// The least role that may call an operation. Each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Least {
    Support,
    Marketer,
    Admin,
}
use Least::{Admin, Marketer, Support};

/// A line for each operation.
const ROLES: &[(&str, Least)] = &[
    ("GET /admin/applications", Support),
    ("POST /admin/applications", Support),
    ("GET /admin/applications/{application_id}", Support),
    ("POST /admin/applications/{application_id}/cancel", Support),
    ("POST /admin/applications/{application_id}/extend", Support),
    ("GET /admin/approvals", Support),
    ("GET /admin/approvals/{approval_id}", Support),
    ("POST /admin/approvals/{approval_id}/approve", Marketer),
    ("POST /admin/approvals/{approval_id}/reject", Marketer),
    ("POST /admin/approvals/{approval_id}/withdraw", Marketer),
    ("GET /admin/audit", Support),
    ("GET /admin/campaigns", Support),
    ("POST /admin/campaigns", Marketer),
    ("GET /admin/campaigns/{campaign_id}", Support),
    ("PUT /admin/campaigns/{campaign_id}", Marketer),
    ("PATCH /admin/campaigns/{campaign_id}", Marketer),
    ("GET /admin/campaigns/{campaign_id}/versions", Support),
    ("GET /admin/decisions", Support),
    ("GET /admin/decisions/{decision_id}", Support),
    ("GET /admin/eligibility", Support),
    ("GET /admin/groups", Support),
    ("POST /admin/groups", Marketer),
    ("GET /admin/groups/{group_id}", Support),
    ("PUT /admin/groups/{group_id}", Marketer),
    ("DELETE /admin/groups/{group_id}", Marketer),
    ("GET /admin/groups/{group_id}/versions", Support),
    ("GET /admin/groups/{group_id}/members", Support),
    ("PATCH /admin/groups/{group_id}/members", Marketer),
    ("GET /admin/groups/{group_id}/members.csv", Support),
    ("POST /admin/groups/{group_id}/members/import", Marketer),
    ("GET /admin/loyalty_users/{user_id}", Support),
    ("GET /admin/promocodes", Support),
    ("POST /admin/promocodes", Marketer),
    ("GET /admin/promocodes/{promocode_id}", Support),
    ("PUT /admin/promocodes/{promocode_id}", Marketer),
    ("PATCH /admin/promocodes/{promocode_id}", Marketer),
    ("DELETE /admin/promocodes/{promocode_id}", Marketer),
    ("POST /admin/promocodes/{promocode_id}/look_up", Support),
    ("GET /admin/promocodes/{promocode_id}/versions", Support),
    ("GET /admin/promotions", Support),
    ("POST /admin/promotions", Marketer),
    ("GET /admin/promotions/{promotion_id}", Support),
    ("PUT /admin/promotions/{promotion_id}", Marketer),
    ("PATCH /admin/promotions/{promotion_id}", Marketer),
    ("DELETE /admin/promotions/{promotion_id}", Marketer),
    ("GET /admin/promotions/{promotion_id}/versions", Support),
    ("GET /admin/purchases", Support),
    ("GET /admin/purchases/{purchase_id}", Support),
    ("POST /admin/purchases/{purchase_id}/refunds", Admin),
    ("POST /admin/purchases/{purchase_id}/revocation", Admin),
    ("GET /admin/refunds", Support),
    ("GET /admin/subscriptions", Support),
    ("POST /admin/subscriptions", Support),
    ("POST /admin/subscriptions/end", Admin),
    ("GET /admin/tariffs", Support),
    ("POST /admin/tariffs", Marketer),
    ("GET /admin/tariffs/{tariff_id}", Support),
    ("PUT /admin/tariffs/{tariff_id}", Marketer),
    ("PATCH /admin/tariffs/{tariff_id}", Marketer),
    ("GET /admin/tariffs/{tariff_id}/versions", Support),
    ("GET /admin/users/audit", Admin),
    ("POST /admin/users/resolve", Support),
    ("POST /admin/users/search", Admin),
    ("POST /admin/users/{user_id}/block", Admin),
    ("POST /admin/users/{user_id}/unblock", Admin),
    ("PUT /admin/users/{user_id}/role", Admin),
];

impl Least {
    /// What whoever has less is told.
    fn refusal(self) -> &'static str {
        match self {
            Support => "staff_only",
            Marketer => "marketer_only",
            Admin => "admin_only",
        }
    }
}

fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.template)
}

/// An ID like the one in the example, of nothing.
fn unknown_id(example: &str) -> String {
    match example.parse::<Uuid>() {
        Ok(_) => Uuid::max().to_string(),
        Err(_) => i64::MAX.to_string(),
    }
}

/// A correct request for something that there is not. One that creates something has an empty body: it is allowed or
/// refused like any other, and leaves nothing behind.
fn harmless(world: &World, operation: &Operation, user: Option<&User>) -> Call {
    let mut request = Request::with_path(operation, unknown_id).unwrap();
    let creates = operation.method == "POST" && operation.parameters("path").is_empty();
    if creates && request.body.is_some() {
        request.body = Some(serde_json::json!({}));
    }
    request.call(world, user)
}

/// Requests that whoever may call the operation would be told what is wrong with.
fn faulty(world: &World, operation: &Operation, user: Option<&User>) -> Vec<Call> {
    let call = |path: &str| match user {
        Some(user) => user.call(&operation.method, path),
        None => world.client.call(&operation.method, path),
    };
    let path = operation.path();
    let mut calls = vec![
        // No such resource; no version, key, content type or body.
        call(&path),
        call(&format!("{path}?no_such=1")),
        call(&path).body("{"),
        call(&path)
            .header("if-match", "x")
            .header("idempotency-key", "")
            .body("[]"),
    ];
    for parameter in operation.parameters("query") {
        let name = parameter["name"].as_str().unwrap();
        calls.push(call(&format!("{path}?{name}=%00")));
        calls.push(call(&format!("{path}?{name}=1&{name}=2")));
    }
    calls
}

#[test]
fn every_operation_has_a_line_in_the_table() {
    let described = operations()
        .into_iter()
        .filter(Operation::is_for_staff)
        .map(|operation| name(&operation));
    let described: BTreeSet<String> = described.collect();
    let listed: BTreeSet<String> = ROLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed.len(), ROLES.len(), "an operation is listed twice");
    let missing: Vec<&String> = described.difference(&listed).collect();
    assert!(missing.is_empty(), "add their least roles: {missing:?}");
    let gone: Vec<&String> = listed.difference(&described).collect();
    assert!(gone.is_empty(), "there are no such operations: {gone:?}");
}

fn is_refusal(answer: &Answer, status: u16, code: &str) -> bool {
    answer.status == status && answer.json["code"] == code
}

#[tokio::test]
async fn every_operation_is_for_its_roles_alone() {
    let world = World::new().await;
    let user = world.user().await;
    let callers = [
        (None, None),
        (None, Some(user)),
        (Some(Support), Some(world.staff("support").await)),
        (Some(Marketer), Some(world.staff("marketer").await)),
        (Some(Admin), Some(world.staff("admin").await)),
    ];
    let mut wrong = vec![];
    for operation in operations().iter().filter(|o| o.is_for_staff()) {
        let listed = ROLES.iter().find(|(listed, _)| *listed == name(operation));
        let &(_, least) = listed.expect("the table is complete");
        for (role, caller) in &callers {
            let caller = caller.as_ref();
            let answer = harmless(&world, operation, caller).send().await;
            if *role >= Some(least) {
                if matches!(answer.status, 401 | 403) || answer.status >= 500 {
                    wrong.push(format!("{role:?} may: {answer}"));
                }
                continue;
            }
            let (status, code) = match caller {
                None => (401, "token_missing"),
                Some(_) => (403, least.refusal()),
            };
            let mut answers = vec![answer];
            for call in faulty(&world, operation, caller) {
                answers.push(call.send().await);
            }
            let others = answers.iter().filter(|a| !is_refusal(a, status, code));
            wrong.extend(others.map(|a| format!("{role:?} may not, {code}: {a}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.finish().await;
}
