//! What a second person has to approve.

mod promotions;
mod refunds;

use jiff::SignedDuration;
use pg::{AdHoc, Param, Type};
use serde_json::{Value, json};
use testkit::{Answer, User, World, join_all, now, unique};
use uuid::Uuid;

/// A promotion that takes everything off, with one code, and limited, so that it can get others.
fn gift(code: &str) -> Value {
    json!({
        "title": unique("Gift "), "status": "active", "starts_at": "2026-03-01T00:00",
        "effect": { "kind": "free", "days": 7 }, "total_limit": 10,
        "promocodes": [{ "promocode": code }],
    })
}

async fn post(staff: &User, path: &str, body: &Value) -> Answer {
    staff.call("POST", path).json(body).send().await
}

async fn create(staff: &User, body: &Value) -> Answer {
    post(staff, "/admin/promotions", body).await
}

/// Creates a draft. Returns its ID.
async fn draft(staff: &User) -> i64 {
    let mut body = gift(&unique("DRAFT"));
    body["status"] = json!("draft");
    let created = create(staff, &body).await;
    created.success(201)["promotion_id"].as_i64().unwrap()
}

async fn patch(staff: &User, promotion: i64, changes: Value) -> Answer {
    let path = format!("/admin/promotions/{promotion}");
    let call = staff.call("PATCH", &path).header("if-match", "*");
    call.json(&changes).send().await
}

async fn read(staff: &User, path: &str) -> Value {
    staff.call("GET", path).send().await.success(200).clone()
}

async fn approval(staff: &User, id: &str) -> Value {
    read(staff, &format!("/admin/approvals/{id}")).await
}

fn id(waiting: &Answer) -> String {
    let id = waiting.success(202)["approval_id"].as_str().unwrap();
    let location = format!("/admin/approvals/{id}");
    assert_eq!(waiting.header("location"), Some(location.as_str()));
    id.to_owned()
}

/// What an approval waits for at most is over.
async fn expire(world: &World, id: &str) {
    let sql = "UPDATE approvals SET requested_at = requested_at - interval '8 days', expires_at = requested_at
        WHERE id = $1";
    let id: Uuid = id.parse().unwrap();
    let expired = world.loyalty.execute(sql, &[(&id, Type::UUID)]).await;
    assert_eq!(expired.unwrap(), 1);
}

/// Makes one account another one of the person of the other.
async fn same_person(world: &World, account: &User, first: &User) {
    let sql = "UPDATE users SET first_account_id = $2 WHERE id = $1";
    let params: [Param; 2] = [(&account.id, Type::UUID), (&first.id, Type::UUID)];
    assert_eq!(world.loyalty.execute(sql, &params).await.unwrap(), 1);
}

/// What the audit log has of an approval, the first entry first.
async fn log(staff: &User, id: &str) -> Vec<(String, Value)> {
    let path = format!("/admin/audit?resource=approval&resource_id={id}");
    let listed = read(staff, &path).await;
    let entries = listed["items"].as_array().unwrap().iter().rev();
    let entry = |item: &Value| {
        (
            item["action"].as_str().unwrap().to_owned(),
            item["actor_id"].clone(),
        )
    };
    entries.map(entry).collect()
}

async fn withdraw_all(world: &World, staff: &User) {
    let path = format!("/admin/approvals?state=pending&requested_by={}", staff.id);
    let admin = world.stranger("admin").await;
    for item in read(staff, &path).await["items"].as_array().unwrap() {
        let id = item["approval_id"].as_str().unwrap();
        let withdrawn = admin.decide(id, "withdraw", json!({ "reason": "The test is over" }));
        withdrawn.await.success(200);
    }
}

#[tokio::test]
async fn reasons_are_checked_and_ids_are_looked_up() {
    let world = World::new().await;
    let (marketer, colleague) = (
        world.stranger("marketer").await,
        world.stranger("admin").await,
    );
    let waiting = create(&marketer, &gift(&unique("GIFT"))).await;
    let id = id(&waiting);
    for verdict in ["reject", "withdraw", "approve"] {
        for reason in ["", "a\nb", &"a".repeat(201)] {
            let answer = colleague
                .decide(&id, verdict, json!({ "reason": reason }))
                .await;
            answer.invalid_field("reason");
        }
        for unknown in [Uuid::max().to_string(), "7".to_owned(), "%00".to_owned()] {
            let answer = colleague
                .decide(&unknown, verdict, json!({ "reason": "No" }))
                .await;
            answer.problem(404, "approval_not_found");
        }
    }
    let no_reason = colleague.decide(&id, "reject", json!({})).await;
    no_reason.invalid_field("reason");
    assert_eq!(approval(&marketer, &id).await["state"], "pending");
    withdraw_all(&world, &marketer).await;
    world.finish().await;
}

#[tokio::test]
async fn list_is_filtered_and_paged_by_time() {
    let world = World::new().await;
    let (marketer, colleague) = (
        world.stranger("marketer").await,
        world.stranger("admin").await,
    );
    let mut ids = vec![];
    for _ in 0..4 {
        ids.insert(0, id(&create(&marketer, &gift(&unique("GIFT"))).await));
    }
    let body = json!({ "reason": "Not now" });
    colleague
        .decide(&ids[3], "reject", body.clone())
        .await
        .success(200);
    colleague
        .decide(&ids[2], "withdraw", body)
        .await
        .success(200);
    colleague
        .decide(&ids[1], "approve", json!({}))
        .await
        .success(200);
    let listed = async |query: &str| -> Vec<String> {
        let (mut found, mut cursor) = (vec![], String::new());
        loop {
            let path = format!(
                "/admin/approvals?requested_by={}{query}{cursor}",
                marketer.id
            );
            let page = read(&colleague, &path).await;
            let items = page["items"].as_array().unwrap().clone();
            found.extend(
                items
                    .iter()
                    .map(|item| item["approval_id"].as_str().unwrap().to_owned()),
            );
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    };
    assert_eq!(listed("&limit=1").await, ids);
    assert_eq!(listed("&kind=promotion&limit=3").await, ids);
    assert!(listed("&kind=refund").await.is_empty());
    for (state, expected) in ["pending", "approved", "withdrawn", "rejected"]
        .iter()
        .zip(&ids)
    {
        assert_eq!(
            &listed(&format!("&state={state}")).await,
            std::slice::from_ref(expected)
        );
    }
    expire(&world, &ids[0]).await;
    assert!(listed("&state=pending").await.is_empty());
    assert_eq!(listed("&state=expired").await, [ids[0].clone()]);
    for wrong in [
        "state=open",
        "kind=code",
        "requested_by=7",
        "limit=0",
        "cursor=x",
    ] {
        let answer = colleague
            .call("GET", &format!("/admin/approvals?{wrong}"))
            .send()
            .await;
        answer.problem(400, "query_parameter_invalid");
    }
    world.finish().await;
}

/// However many decide at once, one of them does, and what is said afterwards is what happened.
#[tokio::test]
async fn concurrent_decisions_have_one_outcome() {
    let world = World::new().await;
    let marketer = world.stranger("marketer").await;
    let mut colleagues = vec![];
    for _ in 0..4 {
        colleagues.push(world.stranger("admin").await);
    }
    for round in 0..6 {
        let promotion = draft(&marketer).await;
        let id = id(&patch(&marketer, promotion, json!({ "status": "active" })).await);
        if round % 2 == 1 {
            // It expires while they decide.
            let sql = "UPDATE approvals SET expires_at = $2 WHERE id = $1";
            let (approval, soon) = (
                id.parse::<Uuid>().unwrap(),
                now() + SignedDuration::from_millis(15),
            );
            let params: [Param; 2] = [(&approval, Type::UUID), (&soon, Type::TIMESTAMPTZ)];
            world.loyalty.execute(sql, &params).await.unwrap();
        }
        let reason = json!({ "reason": "At once" });
        let verdicts = ["approve", "reject", "approve", "withdraw"];
        let decided = colleagues.iter().zip(verdicts);
        let decided = decided.map(|(by, verdict)| by.decide(&id, verdict, reason.clone()));
        let own = marketer.decide(&id, "withdraw", reason.clone());
        let (mut answers, own) = tokio::join!(join_all(decided), own);
        answers.push(own);
        let done: Vec<&Answer> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .collect();
        let state = approval(&marketer, &id).await["state"].clone();
        match done.as_slice() {
            [one] => assert_eq!(one.json["state"], state, "{answers:#?}"),
            [] => assert_eq!(state, "expired", "{answers:#?}"),
            _ => panic!("several decided: {answers:#?}"),
        }
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!(answer.problem(409, "approval_decided")["state"], state);
        }
        let status = &read(&marketer, &format!("/admin/promotions/{promotion}")).await["status"];
        let expected = if state == "approved" {
            "active"
        } else {
            "draft"
        };
        assert_eq!(status, expected);
        assert_eq!(log(&marketer, &id).await.len(), 1 + done.len());
    }
    world.finish().await;
}
