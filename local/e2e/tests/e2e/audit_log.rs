//! Who of the staff did what, as staff read it.

use domain::StaffResource;
use jiff::{SignedDuration, Timestamp};
use pg::{AdHoc, Param, Type};
use serde_json::{Value, json};
use testkit::{Answer, User, World, now, unique};
use uuid::Uuid;

use crate::api::operations;

async fn list(staff: &User, query: &str) -> Answer {
    let path = format!("/admin/audit?{query}");
    staff.call("GET", &path).send().await
}

fn items(answer: &Answer) -> &Vec<Value> {
    answer.success(200)["items"].as_array().unwrap()
}

/// An ID that no other test uses.
fn nobody() -> Uuid {
    Uuid::from_u128(u128::from_str_radix(&unique(""), 16).unwrap())
}

/// A change as `record_staff_change` would record it.
#[derive(Clone)]
struct Row<'a> {
    at: Timestamp,
    actor_id: Uuid,
    resource: &'a str,
    resource_id: &'a str,
    action: &'a str,
    user_id: Option<Uuid>,
    reason: Option<&'a str>,
}

async fn record(world: &World, row: &Row<'_>) {
    let sql = "INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details, user_id, reason)
        VALUES ($1, $2, $3, $4, $5, '{}', $6, $7)";
    let params: [Param; 7] = [
        (&row.at, Type::TIMESTAMPTZ),
        (&row.actor_id, Type::UUID),
        (&row.resource, Type::TEXT),
        (&row.resource_id, Type::TEXT),
        (&row.action, Type::TEXT),
        (&row.user_id, Type::UUID),
        (&row.reason, Type::TEXT),
    ];
    assert_eq!(world.loyalty.execute(sql, &params).await.unwrap(), 1);
}

#[tokio::test]
async fn change_is_listed_with_a_link_to_what_was_changed() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let body = json!({
        "title": unique("Audit"), "price": "299.00", "period_months": 1, "status": "archived",
    });
    let call = marketer.call("POST", "/admin/tariffs").json(&body);
    let id = call.send().await.success(201)["tariff_id"].to_string();
    let path = format!("/admin/tariffs/{id}");
    let call = marketer
        .call("PATCH", &path)
        .json(&json!({ "price": "1.00" }));
    call.header("if-match", "*").send().await.success(200);

    let listed = list(&marketer, &format!("actor_id={}", marketer.id)).await;
    let [change, create] = items(&listed).as_slice() else {
        panic!("{listed}");
    };
    let expected = |item: &Value, action: &str, version: i32| {
        json!({
            "id": item["id"], "at": item["at"], "actor_id": marketer.id, "resource": "tariff", "resource_id": id,
            "action": action, "details": { "version": version }, "path": path,
        })
    };
    assert_eq!(change, &expected(change, "change", 2));
    assert_eq!(create, &expected(create, "create", 1));
    let at: Timestamp = change["at"].as_str().unwrap().parse().unwrap();
    assert!(now().duration_since(at) < SignedDuration::from_mins(1));
    marketer.call("GET", &path).send().await.success(200);
    // With all that staff do, the newest of all include it for a while at least.
    let newest = list(&marketer, "limit=500").await;
    assert!(items(&newest).contains(change), "{newest}");
    world.finish().await;
}

#[tokio::test]
async fn links_are_paths_of_the_api() {
    let world = World::new().await;
    let (admin, actor_id) = (world.staff("admin").await, nobody());
    let mut row = Row {
        at: now(),
        actor_id,
        resource: "",
        resource_id: "77",
        action: "change",
        user_id: None,
        reason: None,
    };
    for resource in StaffResource::ALL {
        row.resource = resource.as_str();
        record(&world, &row).await;
    }
    (row.resource, row.action) = ("group", "delete");
    record(&world, &row).await;
    let listed = list(&admin, &format!("actor_id={actor_id}")).await;
    assert_eq!(items(&listed).len(), StaffResource::ALL.len() + 1);
    let readable: Vec<String> = operations()
        .iter()
        .filter(|operation| operation.method == "GET")
        .map(|operation| operation.path_with(|_| "77".to_owned()))
        .collect();
    let mut unlinked = vec![];
    for item in items(&listed) {
        match item["path"].as_str() {
            Some(path) => assert!(readable.iter().any(|known| known == path), "{item}"),
            None => unlinked.push((item["resource"].clone(), item["action"].clone())),
        }
    }
    unlinked.reverse();
    let expected = [
        ("user", "change"),
        ("refund", "change"),
        ("group", "delete"),
    ];
    assert_eq!(unlinked, expected.map(|(r, a)| (json!(r), json!(a))));
    world.finish().await;
}

/// The kinds of changes that the database accepts and those that can be asked for are the same.
#[tokio::test]
async fn every_kind_of_resource_can_be_asked_for() {
    let world = World::new().await;
    // Other tests' databases are schemas of the same one, with constraints of the same name.
    let sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conname = 'staff_changes_resource' AND conrelid = 'public.staff_changes'::regclass";
    let row = world.loyalty.row(sql, &[]).await.unwrap().unwrap();
    let definition: String = row.get(0);
    let mut accepted: Vec<&str> = definition.split('\'').skip(1).step_by(2).collect();
    let mut known: Vec<&str> = StaffResource::ALL.iter().map(|r| r.as_str()).collect();
    accepted.sort_unstable();
    known.sort_unstable();
    assert_eq!(accepted, known);
    world.finish().await;
}

#[tokio::test]
async fn filters_combine_and_pages_follow_on_each_other() {
    let world = World::new().await;
    let (marketer, user) = (world.staff("marketer").await, world.user().await);
    let (one, other) = (nobody(), nobody());
    let purchase = nobody().to_string();
    let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let hour = |n: i64| noon + SignedDuration::from_hours(n);
    let row = |at, actor_id, resource, resource_id, action, user_id| Row {
        at,
        actor_id,
        resource,
        resource_id,
        action,
        user_id,
        reason: Some("The bank charged twice"),
    };
    let id = unique("7");
    for row in [
        row(hour(0), one, "tariff", &id, "create", None),
        // In the same moment: they stay in the order in which they were recorded.
        row(hour(1), one, "group", &id, "create", None),
        row(hour(1), one, "group", &id, "rename", None),
        row(hour(2), one, "purchase", &purchase, "revoke", Some(user.id)),
        row(hour(3), other, "tariff", &id, "change", None),
        row(
            hour(3),
            other,
            "purchase",
            &purchase,
            "refund",
            Some(user.id),
        ),
    ] {
        record(&world, &row).await;
    }
    let actions = async |query: &str| -> Vec<String> {
        let answer = list(&marketer, query).await;
        let action = |item: &Value| item["action"].as_str().unwrap().to_owned();
        items(&answer).iter().map(action).collect()
    };
    for (query, expected) in [
        (format!("actor_id={one}"), "revoke rename create create"),
        (format!("user_id={}", user.id), "refund revoke"),
        (format!("user_id={}&actor_id={one}", user.id), "revoke"),
        (format!("resource_id={id}"), "change rename create create"),
        (format!("resource_id={id}&resource=tariff"), "change create"),
        (format!("resource_id={id}&action=create"), "create create"),
        (
            format!("resource_id={}", purchase.to_uppercase()),
            "refund revoke",
        ),
        (
            format!("actor_id={one}&from={}", hour(1)),
            "revoke rename create",
        ),
        (format!("actor_id={one}&to={}", hour(1)), "create"),
        (
            format!("actor_id={one}&from={}&to={}", hour(1), hour(2)),
            "rename create",
        ),
        (
            format!(
                "resource=purchase&action=refund&user_id={}&to={}",
                user.id,
                hour(3)
            ),
            "",
        ),
        (format!("actor_id={}", nobody()), ""),
    ] {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(actions(&query).await, expected, "{query}");
    }
    let (mut seen, mut cursor, mut pages) = (vec![], String::new(), 0);
    loop {
        let answer = list(&marketer, &format!("resource_id={id}&limit=1{cursor}")).await;
        seen.extend(items(&answer).iter().map(|item| item["action"].clone()));
        pages += 1;
        let Some(next) = answer.json["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((seen.len(), pages), (4, 4));
    assert_eq!(json!(seen), json!(["change", "rename", "create", "create"]));
    let answer = list(&marketer, &format!("user_id={}", user.id)).await;
    assert_eq!(items(&answer)[0]["reason"], "The bank charged twice");
    assert_eq!(items(&answer)[0]["user_id"], json!(user.id));
    world.finish().await;
}

#[tokio::test]
async fn support_sees_what_concerns_users() {
    let world = World::new().await;
    let (support, user) = (world.staff("support").await, world.user().await);
    let mut row = Row {
        at: now(),
        actor_id: nobody(),
        resource: "tariff",
        resource_id: "77",
        action: "change",
        user_id: None,
        reason: None,
    };
    record(&world, &row).await;
    (row.resource, row.user_id) = ("application", Some(user.id));
    record(&world, &row).await;
    for (role, seen) in [("support", 1), ("marketer", 2), ("admin", 2)] {
        let staff = match role {
            "support" => support.clone(),
            _ => world.staff(role).await,
        };
        let answer = list(&staff, &format!("actor_id={}", row.actor_id)).await;
        assert_eq!(items(&answer).len(), seen, "{role}");
        assert_eq!(items(&answer)[0]["user_id"], json!(user.id));
    }
    let answer = list(&support, "resource=tariff").await;
    assert_eq!(items(&answer).len(), 0, "{answer}");
    world.finish().await;
}

#[tokio::test]
async fn unacceptable_filters_are_named() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let long = format!("action={}", "a".repeat(101));
    let audit = [
        ("resource=promocode", "resource"),
        ("resource=", "resource"),
        ("resource_id=", "resource_id"),
        ("resource_id=%00", "resource_id"),
        ("resource_id=a%20b", "resource_id"),
        ("action=%D1%8F", "action"),
        (long.as_str(), "action"),
    ];
    let both = [
        ("actor_id=anna", "actor_id"),
        ("user_id=7", "user_id"),
        ("from=yesterday", "from"),
        ("from=1999-12-31T23:59:59Z", "from"),
        ("from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z", "to"),
        ("cursor=x", "cursor"),
        ("cursor=1.x", "cursor"),
        ("cursor=9999999999999999999.1", "cursor"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
    ];
    let users = [("action=delete", "action"), ("action=", "action")];
    let audit = audit.iter().chain(&both).map(|case| ("audit", case));
    let users = users.iter().chain(&both).map(|case| ("users/audit", case));
    for (list, (query, parameter)) in audit.chain(users) {
        let path = format!("/admin/{list}?{query}");
        let answer = admin.call("GET", &path).send().await;
        let problem = answer.problem(400, "query_parameter_invalid");
        assert_eq!(problem["parameter"], *parameter, "{path}");
    }
    let answer = list(&admin, "resource=promocode").await;
    assert_eq!(answer.json["known"][3], "promo_code", "{answer}");
    world.finish().await;
}

#[tokio::test]
async fn actions_on_accounts_are_listed_by_id_alone() {
    let world = World::new().await;
    let (admin, user) = (world.staff("admin").await, world.user().await);
    let (address, role) = (json!({ "email": user.email }), json!({ "role": "support" }));
    let path = |what: &str| format!("/admin/users/{}/{what}", user.id);
    for call in [
        admin.call("POST", "/admin/users/search").json(&address),
        admin.call("POST", &path("block")),
        admin.call("POST", &path("unblock")),
        admin.call("PUT", &path("role")).json(&role),
    ] {
        call.send().await.success(200);
    }
    world.until_status(user.id, "active").await;
    let list = async |query: &str| {
        let path = format!("/admin/users/audit?{query}");
        admin.call("GET", &path).send().await
    };
    let of_user = list(&format!("user_id={}", user.id)).await;
    let shown: Vec<_> = items(&of_user)
        .iter()
        .map(|item| {
            assert_eq!(item["actor_id"], json!(admin.id));
            assert_eq!(item["user_id"], json!(user.id));
            (&item["action"], &item["before"], &item["after"])
        })
        .collect();
    let (status, null) = (json!("set_status"), Value::Null);
    let (active, blocked) = (json!("active"), json!("blocked"));
    let expected = [
        (&json!("set_role"), &json!("user"), &json!("support")),
        (&status, &blocked, &active),
        (&status, &active, &blocked),
        (&json!("look_up"), &null, &null),
    ];
    assert_eq!(shown, expected);
    assert!(!of_user.json.to_string().contains(&user.email));
    let first = &items(&of_user)[3]["at"].as_str().unwrap();
    let last = &items(&of_user)[0]["at"].as_str().unwrap();
    for (query, count) in [
        (format!("actor_id={}", admin.id), 4),
        (format!("actor_id={}&action=set_status", admin.id), 2),
        (format!("actor_id={0}&user_id={0}", admin.id), 0),
        (format!("user_id={}&from={first}&to={last}", user.id), 3),
        (format!("user_id={}&to={first}", user.id), 0),
        (
            format!("user_id={}&action=look_up&from={first}", user.id),
            1,
        ),
        ("limit=3".to_owned(), 3),
    ] {
        assert_eq!(items(&list(&query).await).len(), count, "{query}");
    }
    let page = list(&format!("user_id={}&limit=3", user.id)).await;
    let cursor = page.text("next_cursor");
    let rest = list(&format!("user_id={}&limit=3&cursor={cursor}", user.id)).await;
    assert_eq!(items(&rest)[0]["action"], "look_up");
    assert_eq!(rest.json["next_cursor"], Value::Null);
    world.finish().await;
}
