//! Requests of staff that are repeated with their Idempotency-Key after what they are about has changed, and changes of
//! whatever version.

use serde_json::{Value, json};
use testkit::{Answer, Call, User, World, join_all, now, unique};

/// A promotion with a code that no other test uses.
fn promotion(members: Value) -> Value {
    let mut body = json!({
        "title": "Скидка 30 %", "status": "draft", "starts_at": "2026-03-01T00:00",
        "effect": { "kind": "percent_off", "basis_points": 3000 },
        "promocodes": [{ "promocode": format!("RR{}", now().as_nanosecond()) }],
    });
    let all = body.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    body
}

/// A call for any version, under a key.
fn keyed(by: &User, method: &str, path: &str, key: &str) -> Call {
    let call = by.call(method, path).header("if-match", "*");
    call.header("idempotency-key", key)
}

async fn delete(by: &User, path: &str) -> Answer {
    let call = by.call("DELETE", path).header("if-match", "*");
    call.send().await
}

async fn change(by: &User, path: &str, body: &Value) -> Answer {
    let call = by.call("PATCH", path).header("if-match", "*");
    call.json(body).send().await
}

async fn new_group(by: &User) -> i64 {
    let body = json!({ "title": unique("Группа ") });
    let made = by.call("POST", "/admin/groups").json(&body).send().await;
    made.success(201)["group_id"].as_i64().unwrap()
}

#[tokio::test]
async fn repeated_request_is_answered_where_a_new_one_would_be_refused() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let group = new_group(&marketer).await;
    let for_group = promotion(
        json!({ "audience": { "kind": "groups", "group_ids": [group] }, "status": "active" }),
    );
    let create = async |key: &str| {
        let call = keyed(&marketer, "POST", "/admin/promotions", key);
        call.json(&for_group).send().await
    };
    let created = create("create").await;
    let id = created.success(201)["promotion_id"].clone();
    let path = format!("/admin/promotions/{id}");
    let code = created.json["promocodes"][0]["promocode_id"].clone();
    let code = format!("/admin/promocodes/{code}");

    // A merge that fits a percentage, and a code for a user.
    let cap = json!({ "effect": { "cap": "100.00" } });
    let patch = async |key: &str| {
        let call = keyed(&marketer, "PATCH", &path, key);
        call.json(&cap).send().await
    };
    let capped = patch("patch").await;
    assert_eq!(capped.success(200)["effect"]["cap"], "100.00");
    let user = world.user().await;
    let personal = json!({ "user_id": user.id });
    let give = async |key: &str| {
        let call = keyed(&marketer, "PATCH", &code, key);
        call.json(&personal).send().await
    };
    give("give").await.success(200);
    let another = json!({ "promotion_id": id, "promocode": format!("RA{}", now().as_nanosecond()), "user_id": user.id });
    let add = async |key: &str| {
        let call = keyed(&marketer, "POST", "/admin/promocodes", key);
        call.json(&another).send().await
    };
    let added = add("add").await;
    added.success(201);

    // By now there is no percentage, no such group and no such user, and the promotion is archived. Paused, a trial waits for
    // nobody's approval.
    let other = json!({
        "effect": { "kind": "free", "days": 3 }, "audience": { "kind": "all" }, "status": "paused",
    });
    change(&marketer, &path, &other).await.success(200);
    delete(&marketer, &format!("/admin/groups/{group}"))
        .await
        .success(204);
    user.delete().await.success(204);
    world.until_status(user.id, "deleted").await;
    change(&marketer, &code, &json!({ "user_id": null }))
        .await
        .success(200);
    for refused in [
        create("new").await,
        patch("new").await,
        give("new").await,
        add("new").await,
    ] {
        refused.problem(422, "validation_failed");
    }
    change(&marketer, &path, &json!({ "status": "archived" }))
        .await
        .success(200);

    let again = create("create").await;
    assert_eq!(again.success(201)["promotion_id"], id);
    assert_eq!(again.json["status"], "archived", "as it is now");
    let again = patch("patch").await;
    assert_eq!(again.success(200)["effect"]["kind"], "free");
    assert_eq!(give("give").await.success(200)["user_id"], Value::Null);
    let again = add("add").await;
    assert_eq!(
        again.success(201)["promocode_id"],
        added.json["promocode_id"]
    );
    // Another request under the key is refused before it is read.
    let call = keyed(&marketer, "PATCH", &path, "create").json(&json!({ "title": "" }));
    call.send().await.problem(422, "idempotency_key_reused");
    world.finish().await;
}

#[tokio::test]
async fn repeated_request_says_that_its_result_has_been_deleted() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let body = promotion(json!({}));
    let create = async || {
        let call = keyed(&marketer, "POST", "/admin/promotions", "create");
        call.json(&body).send().await
    };
    let created = create().await;
    let path = format!("/admin/promotions/{}", created.success(201)["promotion_id"]);
    let add = json!({ "promotion_id": created.json["promotion_id"], "promocode": format!("RD{}", now().as_nanosecond()) });
    let add = async || {
        let call = keyed(&marketer, "POST", "/admin/promocodes", "add");
        call.json(&add).send().await
    };
    add().await.success(201);
    let change = async || {
        let call = keyed(&marketer, "PATCH", &path, "change");
        call.json(&json!({ "title": "Скидка 31 %" })).send().await
    };
    change().await.success(200);
    for _ in 0..2 {
        let deleted = keyed(&marketer, "DELETE", &path, "delete").send().await;
        deleted.success(204);
    }
    for repeated in [create().await, add().await, change().await] {
        repeated.problem(410, "deleted_since");
    }
    let call = keyed(&marketer, "PATCH", &path, "new").json(&json!({ "title": "x" }));
    call.send().await.problem(404, "promotion_not_found");
    world.finish().await;
}

/// Changes by several people at once, each of another member.
async fn all_of_them_hold(by: &User, path: &str, changes: &[Value]) {
    let calls = changes.iter().map(|body| change(by, path, body));
    for answer in join_all(calls).await {
        answer.success(200);
    }
    let now = by.call("GET", path).send().await;
    for (name, value) in changes.iter().flat_map(|body| body.as_object().unwrap()) {
        assert_eq!(&now.success(200)[name], value, "{name} of {path}");
    }
}

#[tokio::test]
async fn concurrent_patches_of_any_version_are_merged_into_each_other() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let body = promotion(json!({}));
    let made = marketer.call("POST", "/admin/promotions").json(&body);
    let made = made.send().await.success(201).clone();
    let path = format!("/admin/promotions/{}", made["promotion_id"]);
    let changes = [
        json!({ "title": "Скидка 32 %" }),
        json!({ "total_limit": 10 }),
        json!({ "per_user_limit": 2 }),
        json!({ "hold_minutes": 7 }),
        json!({ "listed": true }),
        json!({ "min_price": "100.00" }),
        json!({ "refund_returns_use": true }),
        json!({ "weekdays": ["mon"] }),
    ];
    all_of_them_hold(&marketer, &path, &changes).await;

    let code = &made["promocodes"][0]["promocode_id"];
    let changes = [
        json!({ "max_uses": 3 }),
        json!({ "state": "disabled" }),
        json!({ "user_id": marketer.id }),
    ];
    all_of_them_hold(&marketer, &format!("/admin/promocodes/{code}"), &changes).await;
    delete(&marketer, &path).await.success(204);

    let body = json!({ "title": unique("T"), "price": "299.00", "period_months": 1, "status": "archived" });
    let made = marketer
        .call("POST", "/admin/tariffs")
        .json(&body)
        .send()
        .await;
    let path = format!("/admin/tariffs/{}", made.success(201)["tariff_id"]);
    let changes = [
        json!({ "title": unique("U") }),
        json!({ "price": "300.00" }),
        json!({ "period_months": 2 }),
    ];
    all_of_them_hold(&marketer, &path, &changes).await;

    let body = json!({ "title": unique("C") });
    let made = marketer
        .call("POST", "/admin/campaigns")
        .json(&body)
        .send()
        .await;
    let path = format!("/admin/campaigns/{}", made.success(201)["campaign_id"]);
    let changes = [
        json!({ "title": unique("D") }),
        json!({ "total_limit": 5 }),
        json!({ "budget": "1000.00" }),
        json!({ "status": "paused" }),
    ];
    all_of_them_hold(&marketer, &path, &changes).await;
    world.finish().await;
}

#[tokio::test]
async fn patch_rejects_unknown_members_inside_of_objects() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let body = promotion(json!({ "hours": { "from": "09:00", "to": "18:00" } }));
    let made = marketer.call("POST", "/admin/promotions").json(&body);
    let path = format!(
        "/admin/promotions/{}",
        made.send().await.success(201)["promotion_id"]
    );
    for (body, field) in [
        (json!({ "effect": { "a": null } }), "effect.a"),
        (json!({ "effect": { "days": null } }), "effect.days"),
        (
            json!({ "effect": { "kind": "free", "days": 3, "a": null } }),
            "effect.a",
        ),
        (json!({ "hours": { "a": null } }), "hours.a"),
        (json!({ "audience": { "a": null } }), "audience.a"),
        (json!({ "a": null }), "a"),
    ] {
        change(&marketer, &path, &body).await.invalid_field(field);
    }
    // What there can be, but is not, is no slip.
    for body in [
        json!({ "effect": { "cap": null } }),
        json!({ "total_limit": null, "weekdays": null }),
        json!({ "hours": null }),
    ] {
        assert_eq!(change(&marketer, &path, &body).await.status, 200, "{body}");
    }
    delete(&marketer, &path).await.success(204);
    world.finish().await;
}

#[tokio::test]
async fn text_that_is_created_twice_at_once_is_named_to_one_and_in_no_log() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let body = promotion(json!({}));
    let calls = (0..6).map(|_| {
        marketer
            .call("POST", "/admin/promotions")
            .json(&body)
            .send()
    });
    let answers = join_all(calls).await;
    let (made, refused): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 1);
    for answer in refused {
        answer.problem(409, "promocode_taken");
    }
    // The server tells the message of an error, and not the DETAIL that quotes the key.
    for database in [&world.loyalty, &world.auth] {
        let row = pg::AdHoc::row(database, "SHOW log_error_verbosity", &[]).await;
        assert_eq!(row.unwrap().unwrap().get::<_, &str>(0), "terse");
    }
    let path = format!("/admin/promotions/{}", made[0].json["promotion_id"]);
    delete(&marketer, &path).await.success(204);
    world.finish().await;
}
