//! Staff apply codes for users, and cancel and extend what is applied.

mod holds;
mod lists;
mod repeated;
mod waivers;

use pg::{AdHoc, Type};
use serde_json::{Value, json};
use testkit::{Answer, Effect, Promo, PromoSpec, Tariff, User, World, join_all};
use uuid::Uuid;

/// Why staff do everything here.
const REASON: &str = "Asked by phone";

/// A request to apply a code by its ID.
fn body(user: &User, promo: &Promo, tariff: &Tariff) -> Value {
    json!({ "user_id": user.id, "promocode_id": promo.id, "tariff": tariff.id, "reason": REASON })
}

/// The same with more members.
fn body_with(user: &User, promo: &Promo, tariff: &Tariff, members: Value) -> Value {
    let mut body = body(user, promo, tariff);
    let all = body.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    body
}

async fn apply(by: &User, body: Value) -> Answer {
    let call = by.call("POST", "/admin/applications").json(&body);
    call.send().await
}

async fn get(by: &User, id: Uuid) -> Answer {
    let path = format!("/admin/applications/{id}");
    by.call("GET", &path).send().await
}

async fn act(by: &User, id: Uuid, action: &str, body: Value) -> Answer {
    let path = format!("/admin/applications/{id}/{action}");
    by.call("POST", &path).json(&body).send().await
}

/// What the audit log has about an application: who did what to whom, and why.
async fn log(world: &World, id: Uuid) -> Vec<(Uuid, String, Option<Uuid>, Option<String>)> {
    let sql = "SELECT actor_id, action, user_id, reason FROM staff_changes
        WHERE resource = 'application' AND resource_id = $1 ORDER BY id";
    let params = [(&id.to_string() as _, Type::TEXT)];
    let rows = world.loyalty.rows(sql, &params).await.unwrap();
    rows.iter()
        .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)))
        .collect()
}

/// The entry of an action with the reason of all of them.
fn entry(by: &User, action: &str, user: &User) -> (Uuid, String, Option<Uuid>, Option<String>) {
    let reason = Some(REASON.to_owned());
    (by.id, action.to_owned(), Some(user.id), reason)
}

/// The user's application of a code, as the list of active promo codes shows it.
async fn held(user: &User, promo: &Promo) -> Value {
    let listed = user.promocodes().await;
    let all = listed.success(200)["promocodes"].as_array().unwrap();
    let own = all.iter().find(|listed| listed["promocode_id"] == promo.id);
    own.map_or(Value::Null, |own| own["applied"].clone())
}

#[tokio::test]
async fn user_sees_and_pays_for_what_support_applied() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let applied = apply(&support, body(&user, &promo, &tariff)).await;
    let id = applied.uuid("application_id");
    let answer = applied.success(201);
    assert_eq!(answer["state"], "applied");
    assert_eq!(answer["total"]["amount"], "199.00");
    assert_eq!(answer["applied_by"], support.id.to_string());
    assert_eq!(answer["reason"], REASON);
    assert_eq!(answer["waived"], json!([]));

    let own = held(&user, &promo).await;
    assert_eq!(own["application_id"], id.to_string());
    assert_eq!(own["applied_by"], "staff");
    assert!(
        !own.to_string().contains(&support.id.to_string()),
        "not who"
    );
    let again = apply(&support, body(&user, &promo, &tariff)).await;
    assert_eq!(again.success(200), answer);
    let by_user = user.apply(&promo, &tariff).await;
    assert_eq!(by_user.success(200)["application_id"], id.to_string());
    assert_eq!(world.taken(&promo).await, 1);

    let bought = user.buy(&promo, &tariff).await;
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let purchase = bought.uuid("purchase_id");
    user.until_purchase(purchase, "paid").await;
    let details = get(&support, id).await;
    assert_eq!(details.success(200)["state"], "used");
    assert_eq!(
        details.json["purchase"]["purchase_id"],
        purchase.to_string()
    );
    assert_eq!(details.json["purchase"]["status"], "paid");
    assert_eq!(log(&world, id).await, [entry(&support, "apply", &user)]);
    world.finish().await;
}

#[tokio::test]
async fn own_application_is_shown_as_the_users() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("marketer").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let own = user.apply(&promo, &tariff).await.uuid("application_id");
    assert_eq!(held(&user, &promo).await["applied_by"], "user");
    let answer = apply(&staff, body(&user, &promo, &tariff)).await;
    assert_eq!(answer.success(200)["application_id"], own.to_string());
    assert!(answer.json.get("applied_by").is_none(), "{answer}");
    assert_eq!(log(&world, own).await, [], "nothing was done");
    world.finish().await;
}

#[tokio::test]
async fn free_code_is_used_at_once() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        effect: Effect::Free(14),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let used = apply(
        &support,
        body_with(&user, &promo, &tariff, json!({ "use": true })),
    )
    .await;
    assert_eq!(used.success(201)["state"], "used");
    assert_eq!(used.json["purchase"]["status"], "paid");
    assert_eq!(used.json["purchase"]["total"]["amount"], "0.00");
    assert_eq!(user.subscriptions().await.len(), 1);
    let id = used.uuid("application_id");
    assert_eq!(log(&world, id).await, [entry(&support, "apply", &user)]);
    // One trial a person, whoever applies it.
    let spec = PromoSpec {
        effect: Effect::Free(7),
        ..PromoSpec::default()
    };
    let another = world.promo(spec).await;
    let refused = apply(&support, body(&user, &another, &tariff)).await;
    refused.refused(&["trial_taken"]);

    // Applied by the user, used by staff.
    let other = world.user().await;
    other.apply(&promo, &tariff).await.success(201);
    let used = apply(
        &support,
        body_with(&other, &promo, &tariff, json!({ "use": true })),
    )
    .await;
    assert_eq!(used.success(201)["state"], "used");
    assert_eq!(other.subscriptions().await.len(), 1);
    let id = used.uuid("application_id");
    assert_eq!(log(&world, id).await, [entry(&support, "use", &other)]);
    world.finish().await;
}

#[tokio::test]
async fn using_what_costs_something_does_nothing() {
    let world = World::new().await;
    let (user, admin) = (world.user().await, world.staff("admin").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let using = body_with(&user, &promo, &tariff, json!({ "use": true }));
    let refused = apply(&admin, using.clone()).await;
    assert_eq!(
        refused.problem(409, "buyer_must_pay")["total"]["amount"],
        "199.00"
    );
    assert_eq!(world.taken(&promo).await, 0);
    let own = user.apply(&promo, &tariff).await.uuid("application_id");
    apply(&admin, using).await.problem(409, "buyer_must_pay");
    assert_eq!(world.application(own).await.state, "applied");
    world.finish().await;
}

#[tokio::test]
async fn staff_see_every_reason_of_a_refusal_and_the_decision_says_who() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let group = world.group(&[]).await;
    let spec = PromoSpec {
        audience: testkit::Audience::Groups(vec![group]),
        min_price_minor: Some(50_000),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    user.apply(&promo, &tariff)
        .await
        .problem(404, "promocode_not_found");
    let refused = apply(&support, body(&user, &promo, &tariff)).await;
    let decision = refused.refused(&["not_in_audience", "price_below_minimum"]);
    let path = format!("/admin/decisions/{decision}");
    let decision = support.call("GET", &path).send().await;
    assert_eq!(decision.success(200)["accepted"], false);
    assert_eq!(decision.json["applied_by"], support.id.to_string());
    assert_eq!(decision.json["reason"], REASON);
    world.finish().await;
}

#[tokio::test]
async fn users_apply_nothing_for_others_and_bad_requests_are_told_in_full() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    apply(&user, body(&user, &promo, &tariff))
        .await
        .problem(403, "staff_only");
    let bad = json!({
        "promocode": promo.code, "reason": " ", "waive": ["promo_ended", "no_benefit", "nothing"], "hold_minutes": 10_081
    });
    let answer = apply(&support, body_with(&user, &promo, &tariff, bad)).await;
    for field in [
        "promocode",
        "reason",
        "waive[1]",
        "waive[2]",
        "hold_minutes",
    ] {
        answer.invalid_field(field);
    }
    let long = json!({ "reason": "я".repeat(201) });
    let answer = apply(&support, body_with(&user, &promo, &tariff, long)).await;
    answer.invalid_field("reason");
    let nameless = json!({ "user_id": user.id, "tariff": tariff.id, "reason": REASON });
    apply(&support, nameless)
        .await
        .invalid_field("promocode_id");
    let unknown = json!({
        "user_id": user.id, "promocode": "NOSUCHCODE", "tariff": tariff.id, "reason": REASON
    });
    apply(&support, unknown)
        .await
        .problem(404, "promocode_not_found");
    let nobody = json!({
        "user_id": Uuid::nil(), "promocode_id": promo.id, "tariff": tariff.id, "reason": REASON
    });
    apply(&support, nobody)
        .await
        .refused(&["user_not_registered"]);
    assert_eq!(world.taken(&promo).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn last_use_goes_to_the_user_or_to_staff() {
    let world = World::new().await;
    let support = world.staff("support").await;
    let (tariff, users) = (world.tariff(29_900).await, world.users(8).await);
    let spec = PromoSpec {
        total_limit: Some(1),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let (one, other) = users.split_at(4);
    let by_users = join_all(one.iter().map(|user| user.apply(&promo, &tariff)));
    let by_staff = join_all(
        other
            .iter()
            .map(|user| apply(&support, body(user, &promo, &tariff))),
    );
    let (by_users, by_staff) = tokio::join!(by_users, by_staff);
    let mut applied = 0;
    for answer in by_users.iter().chain(&by_staff) {
        match answer.status {
            201 => applied += 1,
            _ => drop(answer.refused(&["promo_limit_reached"])),
        }
    }
    assert_eq!(applied, 1);
    assert_eq!(world.taken(&promo).await, 1);
    world.finish().await;
}
