//! Promotions with large discounts.

use pg::{AdHoc, Param, Type};
use serde_json::{Value, json};
use testkit::{Answer, Promo, User, World, join_all, unique};
use uuid::Uuid;

use super::{
    approval, create, draft, expire, gift, id, log, patch, post, read, same_person, withdraw_all,
};

/// The code with this text.
fn promo(code: &str) -> Promo {
    Promo {
        id: 0,
        promotion: 0,
        code: code.to_owned(),
    }
}

async fn is_insider(world: &World, user: &User, promotion: i64) -> bool {
    let sql = "SELECT 1 FROM insiders WHERE person_id = $1 AND promotion_id = $2";
    let params: [Param; 2] = [(&user.id, Type::UUID), (&promotion, Type::INT8)];
    world.loyalty.row(sql, &params).await.unwrap().is_some()
}

#[tokio::test]
async fn promotion_that_takes_everything_off_waits_for_a_colleague() {
    let world = World::new().await;
    let (marketer, colleague) = (
        world.stranger("marketer").await,
        world.stranger("marketer").await,
    );
    let (support, user) = (world.stranger("support").await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let code = unique("GIFT");
    let mut body = gift(&code);
    body["tariffs"] = json!([tariff.id]);
    body["approval_reason"] = json!("Agreed for the anniversary");
    let waiting = create(&marketer, &body).await;
    let id = id(&waiting);
    let answer = waiting.success(202);
    let expected = json!({
        "approval_id": id, "kind": "promotion", "state": "pending", "title": body["title"],
        "reason": "Agreed for the anniversary", "requested_by": marketer.id,
        "requested_at": answer["requested_at"], "expires_at": answer["expires_at"],
    });
    assert_eq!(answer, &expected);
    user.apply(&promo(&code), &tariff)
        .await
        .problem(404, "promocode_not_found");

    // Whoever judges it sees what it gives, and not the text of the code.
    let found = colleague
        .call("GET", &format!("/admin/approvals/{id}"))
        .send()
        .await;
    let details = found.success(200);
    assert_eq!(details["proposal"]["effect"], body["effect"]);
    assert_eq!(details["promocodes"].as_array().unwrap().len(), 1);
    assert_eq!(details["is_outdated"], false);
    let is_changed = |name: &str| {
        let changes = details["changes"].as_array().unwrap();
        changes
            .iter()
            .any(|change| change["field"] == name && change.get("before").is_none())
    };
    assert!(is_changed("effect") && is_changed("total_limit"), "{found}");
    assert!(!found.body().contains(&code), "{found}");

    marketer
        .decide(&id, "approve", json!({}))
        .await
        .problem(409, "own_approval");
    marketer
        .decide(&id, "reject", json!({ "reason": "No" }))
        .await
        .problem(409, "own_approval");
    support
        .decide(&id, "approve", json!({}))
        .await
        .problem(403, "marketer_only");
    let approved = colleague
        .decide(&id, "approve", json!({ "reason": "Fine" }))
        .await;
    let done = approved.success(200);
    assert_eq!(
        (
            &done["state"],
            &done["decided_by"],
            &done["decision_reason"]
        ),
        (&json!("approved"), &json!(colleague.id), &json!("Fine"))
    );
    let promotion = done["promotion_id"].as_i64().unwrap();
    user.apply(&promo(&code), &tariff).await.success(201);

    // It is the requester's, and the colleague's name is kept; neither can use it.
    let versions = read(&support, &format!("/admin/promotions/{promotion}/versions")).await;
    assert_eq!(versions["items"][0]["by"], json!(marketer.id));
    let entries = [("request", &marketer), ("approve", &colleague)];
    let entries = entries.map(|(action, user)| (action.to_owned(), json!(user.id)));
    assert_eq!(log(&marketer, &id).await, entries);
    for staff in [&marketer, &colleague] {
        assert!(is_insider(&world, staff, promotion).await);
    }
    assert!(!is_insider(&world, &support, promotion).await);

    // Again, it is the same; for somebody else it is decided.
    colleague
        .decide(&id, "approve", json!({}))
        .await
        .success(200);
    let other = world.stranger("admin").await;
    let decided = other.decide(&id, "approve", json!({})).await;
    assert_eq!(
        decided.problem(409, "approval_decided")["state"],
        "approved"
    );
    assert_eq!(log(&marketer, &id).await.len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn only_what_gives_more_needs_an_approval() {
    let world = World::new().await;
    let marketer = world.stranger("marketer").await;
    let promotion = draft(&marketer).await;
    patch(&marketer, promotion, json!({ "total_limit": 20 }))
        .await
        .success(200);
    let live = patch(&marketer, promotion, json!({ "status": "active" })).await;
    let changes = approval(&marketer, &id(&live)).await["changes"].clone();
    let expected = json!([{ "field": "status", "before": "draft", "after": "active" }]);
    assert_eq!(changes, expected);
    world.approve(&live).await;

    for tighter in [
        json!({ "title": "Renamed" }),
        json!({ "total_limit": 15, "per_user_limit": 1, "budget": "5000.00" }),
        json!({ "ends_at": "2027-03-01T00:00" }),
        json!({ "effect": { "kind": "percent_off", "basis_points": 9000 } }),
    ] {
        patch(&marketer, promotion, tighter).await.success(200);
    }
    let path = format!("/admin/promotions/{promotion}");
    for wider in [
        json!({ "effect": { "kind": "free", "days": 8 } }),
        json!({ "effect": { "kind": "percent_off", "basis_points": 10_000 } }),
    ] {
        let before = read(&marketer, &path).await;
        let waiting = patch(&marketer, promotion, wider).await;
        assert_eq!(read(&marketer, &path).await, before, "nothing has changed");
        world.approve(&waiting).await;
    }
    for wider in [
        json!({ "total_limit": 16 }),
        json!({ "budget": null }),
        json!({ "ends_at": null }),
    ] {
        world
            .approve(&patch(&marketer, promotion, wider).await)
            .await;
    }
    // To pause and to archive, nobody is needed; to go on, a colleague is.
    patch(&marketer, promotion, json!({ "status": "paused" }))
        .await
        .success(200);
    world
        .approve(&patch(&marketer, promotion, json!({ "status": "active" })).await)
        .await;
    patch(&marketer, promotion, json!({ "status": "archived" }))
        .await
        .success(200);
    world.finish().await;
}

#[tokio::test]
async fn amount_that_covers_a_price_needs_an_approval() {
    let world = World::new().await;
    let marketer = world.stranger("marketer").await;
    let (cheap, dear) = (world.tariff(10_000).await, world.tariff(99_900).await);
    let off = |tariffs: Value, amount: &str| {
        let mut body = gift(&unique("OFF"));
        body["effect"] = json!({ "kind": "amount_off", "amount": amount });
        body["tariffs"] = tariffs;
        body
    };
    create(&marketer, &off(json!([dear.id]), "100.00"))
        .await
        .success(201);
    create(&marketer, &off(json!([cheap.id]), "99.00"))
        .await
        .success(201);
    let both = create(&marketer, &off(json!([cheap.id, dear.id]), "100.00")).await;
    id(&both);
    // A tariff that is named counts although it is not on sale: it may be again.
    world.archive(&cheap).await;
    id(&create(&marketer, &off(json!([cheap.id]), "100.00")).await);
    withdraw_all(&world, &marketer).await;
    world.finish().await;
}

#[tokio::test]
async fn rejected_withdrawn_and_expired_changes_are_not_made() {
    let world = World::new().await;
    let (marketer, colleague) = (
        world.stranger("marketer").await,
        world.stranger("marketer").await,
    );
    let admin = world.stranger("admin").await;
    let promotion = draft(&marketer).await;
    let ask = async || id(&patch(&marketer, promotion, json!({ "status": "active" })).await);
    let reason = json!({ "reason": "Too much" });

    let rejected = ask().await;
    let answer = colleague.decide(&rejected, "reject", reason.clone()).await;
    assert_eq!(answer.success(200)["decision_reason"], "Too much");
    let by_requester = ask().await;
    let others = colleague
        .decide(&by_requester, "withdraw", reason.clone())
        .await;
    others.problem(403, "not_own_approval");
    let answer = marketer
        .decide(&by_requester, "withdraw", reason.clone())
        .await;
    assert_eq!(answer.success(200)["state"], "withdrawn");
    let by_admin = ask().await;
    admin
        .decide(&by_admin, "withdraw", reason.clone())
        .await
        .success(200);
    let expired = ask().await;
    expire(&world, &expired).await;
    for (id, state) in [
        (rejected, "rejected"),
        (by_requester, "withdrawn"),
        (by_admin, "withdrawn"),
        (expired, "expired"),
    ] {
        let late = world.stranger("admin").await;
        for verdict in ["approve", "reject", "withdraw"] {
            let answer = late.decide(&id, verdict, reason.clone()).await;
            assert_eq!(answer.problem(409, "approval_decided")["state"], state);
        }
    }
    assert_eq!(
        read(&marketer, &format!("/admin/promotions/{promotion}")).await["version"],
        1
    );
    // None of them is in the way of another one.
    let again = ask().await;
    colleague
        .decide(&again, "approve", json!({}))
        .await
        .success(200);
    world.finish().await;
}

#[tokio::test]
async fn another_account_of_the_same_person_is_no_second_person() {
    let world = World::new().await;
    let (first, second) = (
        world.stranger("marketer").await,
        world.stranger("admin").await,
    );
    same_person(&world, &second, &first).await;
    for (asks, decides) in [(&first, &second), (&second, &first)] {
        let id = id(&create(asks, &gift(&unique("GIFT"))).await);
        let reason = json!({ "reason": "Mine" });
        decides
            .decide(&id, "approve", reason.clone())
            .await
            .problem(409, "own_approval");
        decides
            .decide(&id, "reject", reason.clone())
            .await
            .problem(409, "own_approval");
        decides.decide(&id, "withdraw", reason).await.success(200);
    }
    world.finish().await;
}

#[tokio::test]
async fn change_made_on_an_older_version_is_not_approved() {
    let world = World::new().await;
    let (marketer, colleague) = (
        world.stranger("marketer").await,
        world.stranger("marketer").await,
    );
    let promotion = draft(&marketer).await;
    let waiting = id(&patch(&marketer, promotion, json!({ "status": "active" })).await);
    patch(&colleague, promotion, json!({ "total_limit": 1000 }))
        .await
        .success(200);
    let outdated = approval(&colleague, &waiting).await;
    assert_eq!(
        (&outdated["is_outdated"], &outdated["current_version"]),
        (&json!(true), &json!(2))
    );
    let answer = colleague.decide(&waiting, "approve", json!({})).await;
    assert_eq!(
        answer.problem(409, "approval_outdated")["cause"],
        "changed_meanwhile"
    );
    assert_eq!(approval(&marketer, &waiting).await["state"], "pending");
    assert_eq!(
        read(&marketer, &format!("/admin/promotions/{promotion}")).await["status"],
        "draft"
    );
    marketer
        .decide(&waiting, "withdraw", json!({ "reason": "Outdated" }))
        .await
        .success(200);
    world
        .approve(&patch(&marketer, promotion, json!({ "status": "active" })).await)
        .await;

    // A draft that is deleted, and a text that somebody else has taken.
    let promotion = draft(&marketer).await;
    let deleted = id(&patch(&marketer, promotion, json!({ "status": "active" })).await);
    let path = format!("/admin/promotions/{promotion}");
    let call = marketer.call("DELETE", &path).header("if-match", "*");
    call.send().await.success(204);
    let code = unique("TAKEN");
    let taken = id(&create(&marketer, &gift(&code)).await);
    let mut harmless = gift(&code);
    harmless["effect"] = json!({ "kind": "percent_off", "basis_points": 1000 });
    create(&colleague, &harmless).await.success(201);
    for (id, cause) in [(deleted, "promotion_not_found"), (taken, "promocode_taken")] {
        let answer = colleague.decide(&id, "approve", json!({})).await;
        assert_eq!(answer.problem(409, "approval_outdated")["cause"], cause);
    }
    withdraw_all(&world, &marketer).await;
    world.finish().await;
}

#[tokio::test]
async fn repeated_request_gets_the_same_approval() {
    let world = World::new().await;
    let marketer = world.stranger("marketer").await;
    let key = unique("key-");
    let keyed = async |body: &Value| -> Answer {
        let call = marketer.call("POST", "/admin/promotions").json(body);
        call.header("idempotency-key", &key).send().await
    };
    let body = gift(&unique("GIFT"));
    let answers = join_all((0..6).map(|_| keyed(&body))).await;
    let ids: Vec<String> = answers.iter().map(id).collect();
    assert!(ids.iter().all(|one| one == &ids[0]), "{ids:?}");
    keyed(&gift(&unique("GIFT")))
        .await
        .problem(422, "idempotency_key_reused");
    world.approve(&answers[0]).await;
    let again = keyed(&body).await;
    assert_eq!(
        (id(&again), &again.json["state"]),
        (ids[0].clone(), &json!("approved"))
    );

    // A decision can be repeated, too.
    let id = id(&create(&marketer, &gift(&unique("GIFT"))).await);
    let colleague = world.stranger("admin").await;
    let reject = async |reason: &str| {
        let path = format!("/admin/approvals/{id}/reject");
        let call = colleague
            .call("POST", &path)
            .json(&json!({ "reason": reason }));
        call.header("idempotency-key", "no").send().await
    };
    reject("Once").await.success(200);
    reject("Once").await.success(200);
    reject("Twice").await.problem(422, "idempotency_key_reused");
    assert_eq!(log(&marketer, &id).await.len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn one_change_of_a_promotion_waits_at_a_time() {
    let world = World::new().await;
    let marketer = world.stranger("marketer").await;
    let promotion = draft(&marketer).await;
    let ask = || patch(&marketer, promotion, json!({ "status": "active" }));
    let answers = join_all((0..world.many(6)).map(|_| ask())).await;
    let (waiting, others): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 202);
    assert_eq!(waiting.len(), 1, "{answers:#?}");
    let waiting = id(waiting[0]);
    for other in others {
        assert_eq!(
            other.problem(409, "approval_pending")["approval_id"],
            json!(waiting)
        );
    }
    // Its codes stay as they are until it is decided.
    let code = json!({ "promotion_id": promotion, "promocode": unique("MORE") });
    let more = post(&marketer, "/admin/promocodes", &code).await;
    assert_eq!(
        more.problem(409, "approval_pending")["approval_id"],
        json!(waiting)
    );
    let codes = read(
        &marketer,
        &format!("/admin/promocodes?promotion_id={promotion}"),
    )
    .await;
    let path = format!("/admin/promocodes/{}", codes["items"][0]["promocode_id"]);
    let change = async |changes: Value| {
        let call = marketer.call("PATCH", &path).header("if-match", "*");
        call.json(&changes).send().await
    };
    let longer = change(json!({ "user_id": marketer.id })).await;
    longer.problem(409, "approval_pending");
    change(json!({ "state": "disabled" })).await.success(200);
    marketer
        .decide(&waiting, "withdraw", json!({ "reason": "Later" }))
        .await
        .success(200);
    post(&marketer, "/admin/promocodes", &code)
        .await
        .success(201);
    world.finish().await;
}

#[tokio::test]
async fn promotion_without_a_limit_gets_no_more_codes() {
    let world = World::new().await;
    let marketer = world.stranger("marketer").await;
    let mut body = gift(&unique("GIFT"));
    body.as_object_mut().unwrap().remove("total_limit");
    body["promocodes"][0]["max_uses"] = json!(5);
    let approved = world.approve(&create(&marketer, &body).await).await;
    let promotion = approved.json["promotion_id"].as_i64().unwrap();
    let code = json!({ "promotion_id": promotion, "promocode": unique("MORE"), "max_uses": 1 });
    let more = post(&marketer, "/admin/promocodes", &code).await;
    more.problem(409, "promotion_unlimited");
    let codes = read(
        &marketer,
        &format!("/admin/promocodes?promotion_id={promotion}"),
    )
    .await;
    let path = format!("/admin/promocodes/{}", codes["items"][0]["promocode_id"]);
    let change = async |changes: Value| {
        let call = marketer.call("PATCH", &path).header("if-match", "*");
        call.json(&changes).send().await
    };
    change(json!({ "max_uses": 6 }))
        .await
        .problem(409, "promotion_unlimited");
    change(json!({ "max_uses": 4, "ends_at": "2027-01-01T00:00" }))
        .await
        .success(200);
    change(json!({ "ends_at": null }))
        .await
        .problem(409, "promotion_unlimited");
    change(json!({ "state": "disabled" })).await.success(200);
    change(json!({ "state": "issued" }))
        .await
        .problem(409, "promotion_unlimited");

    patch(&marketer, promotion, json!({ "total_limit": 100 }))
        .await
        .success(200);
    post(&marketer, "/admin/promocodes", &code)
        .await
        .success(201);
    change(json!({ "state": "issued", "max_uses": 6 }))
        .await
        .success(200);
    world.finish().await;
}

/// A request for which the promotion must have a version says so before it asks for an approval.
#[tokio::test]
async fn version_is_checked_before_an_approval_is_asked_for() {
    let world = World::new().await;
    let marketer = world.stranger("marketer").await;
    let promotion = draft(&marketer).await;
    let path = format!("/admin/promotions/{promotion}");
    let call = marketer.call("PATCH", &path).header("if-match", "\"7\"");
    let stale = call.json(&json!({ "status": "active" })).send().await;
    assert_eq!(stale.problem(412, "changed_meanwhile")["version"], 1);
    let bad = patch(
        &marketer,
        promotion,
        json!({ "status": "active", "approval_reason": "" }),
    )
    .await;
    bad.invalid_field("approval_reason");
    let sql = "SELECT count(*) FROM approvals WHERE requested_by = $1";
    let by: Uuid = marketer.id;
    let row = world.loyalty.row(sql, &[(&by, Type::UUID)]).await.unwrap();
    assert_eq!(row.unwrap().get::<_, i64>(0), 0);
    world.finish().await;
}
