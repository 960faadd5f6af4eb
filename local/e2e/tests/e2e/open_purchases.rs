//! Purchases that await payment: at most one per tariff, which the buyer can cancel.

use serde_json::Value;
use testkit::{Answer, PromoSpec, User, World, join_all};

async fn buy(user: &User, path: &str, key: &str) -> Answer {
    user.call("POST", path)
        .header("idempotency-key", key)
        .send()
        .await
}

#[tokio::test]
async fn every_key_that_was_answered_with_a_purchase_keeps_it() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        per_user_limit: None,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    for path in [
        format!("/buy_tariff?tariff={}", tariff.id),
        format!(
            "/use_promocode?promocode={}&tariff={}",
            promo.code, tariff.id
        ),
    ] {
        let key = |name: &str| format!("{name}-{}", path.len());
        let first = buy(&user, &path, &key("a")).await;
        let id = first.success(201)["purchase_id"].clone();
        let same = buy(&user, &path, &key("b")).await;
        assert_eq!(same.success(201)["purchase_id"], id);
        world.sandbox.approve(first.text("confirmation_url")).await;
        user.until_purchase(first.uuid("purchase_id"), "paid").await;
        for name in ["a", "b"] {
            let repeated = buy(&user, &path, &key(name)).await;
            assert_eq!(repeated.success(200)["purchase_id"], id);
        }
        let new = buy(&user, &path, &key("c")).await;
        assert_ne!(new.success(201)["purchase_id"], id);
        user.give_up(new.uuid("purchase_id")).await.success(200);
    }
    world.finish().await;
}

#[tokio::test]
async fn concurrent_calls_with_different_keys_share_a_purchase() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let path = format!("/buy_tariff?tariff={}", tariff.id);
    let keys: Vec<String> = (0..world.many(12)).map(|n| format!("key-{n}")).collect();
    let answers = join_all(keys.iter().map(|key| buy(&user, &path, key))).await;
    let id = |answer: &Answer| answer.success(201)["purchase_id"].clone();
    let first = id(&answers[0]);
    assert!(answers.iter().all(|answer| id(answer) == first));
    user.give_up(answers[0].uuid("purchase_id"))
        .await
        .success(200);
    for key in &keys {
        let repeated = buy(&user, &path, key).await;
        assert_eq!(repeated.success(200)["purchase_id"], first);
    }
    world.finish().await;
}

#[tokio::test]
async fn second_purchase_of_a_tariff_names_the_open_one() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;

    let open = user.buy(&promo, &tariff).await;
    let refused = user.buy_tariff(&tariff).await;
    let problem = refused.problem(409, "purchase_open");
    assert_eq!(problem["purchase_id"], open.json["purchase_id"]);
    user.give_up(open.uuid("purchase_id")).await.success(200);

    let open = user.buy_tariff(&tariff).await;
    let refused = user.buy(&promo, &tariff).await;
    let problem = refused.problem(409, "purchase_open");
    assert_eq!(problem["purchase_id"], open.json["purchase_id"]);
    assert_eq!(
        world.taken(&promo).await,
        0,
        "no application is left behind"
    );
    user.give_up(open.uuid("purchase_id")).await.success(200);
    user.buy(&promo, &tariff).await.success(201);
    assert_eq!(world.sandbox.payments_for(&tariff.title).await.len(), 3);
    world.finish().await;
}

#[tokio::test]
async fn purchase_that_is_given_up_releases_its_use_at_once() {
    let world = World::new().await;
    let (user, other) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        total_limit: Some(1),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let bought = user.buy(&promo, &tariff).await;
    let id = bought.uuid("purchase_id");
    other.give_up(id).await.problem(404, "purchase_not_found");
    let given_up = user.give_up(id).await;
    assert_eq!(given_up.success(200)["failure"], "cancelled_by_buyer");
    assert_eq!(user.give_up(id).await.success(200), &given_up.json);
    other.buy(&promo, &tariff).await.success(201);

    // The buyer pays all the same, but the use is taken: the money is refunded.
    world.sandbox.approve(bought.text("confirmation_url")).await;
    world.until_ledger(id, &[19_900, -19_900]).await;
    assert!(user.subscriptions().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn payment_of_a_purchase_that_was_given_up_is_found_by_polling() {
    let world = World::new().await;
    let user = world.user().await;
    // The sandbox sends no webhook for this one.
    let tariff = world.tariff_named(29_900, "sandbox:webhook-lost").await;
    let bought = user.buy_tariff(&tariff).await;
    let id = bought.uuid("purchase_id");
    user.give_up(id).await.success(200);
    world.sandbox.approve(bought.text("confirmation_url")).await;
    world.make_due(id).await;
    user.until_purchase(id, "paid").await;
    world.finish().await;
}

#[tokio::test]
async fn paid_purchase_cannot_be_given_up() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let bought = user.buy_tariff(&tariff).await;
    let id = bought.uuid("purchase_id");
    world.sandbox.approve(bought.text("confirmation_url")).await;
    user.until_purchase(id, "paid").await;
    user.give_up(id).await.problem(409, "purchase_paid");
    let unknown = "/purchases/x/cancel";
    let unknown = user.call("POST", unknown).send().await;
    unknown.problem(404, "purchase_not_found");
    world.finish().await;
}

#[tokio::test]
async fn concurrent_payment_and_cancellation_lose_no_money() {
    let world = World::new().await;
    let user = world.user().await;
    for _ in 0..world.many(6) {
        let tariff = world.tariff(29_900).await;
        let promo = world.promo(PromoSpec::default()).await;
        let bought = user.buy(&promo, &tariff).await;
        let id = bought.uuid("purchase_id");
        let page = bought.text("confirmation_url");
        let (cancelled, ()) = tokio::join!(user.cancel(&promo), world.sandbox.approve(page));
        assert!(matches!(cancelled.status, 200 | 409), "{cancelled}");
        // The code has uses left, so the sale stands either way.
        user.until_purchase(id, "paid").await;
        assert_eq!(world.taken(&promo).await, 1);
    }
    world.finish().await;
}

#[tokio::test]
async fn money_of_an_inactive_buyer_goes_back() {
    let world = World::new().await;
    let tariff = world.tariff(29_900).await;
    for status in ["blocked", "deleted"] {
        let promo = world.promo(PromoSpec::default()).await;
        let user = world.user().await;
        let bought = user.buy(&promo, &tariff).await;
        let id = bought.uuid("purchase_id");
        world.set_loyalty_status(user.id, status).await;
        world.sandbox.approve(bought.text("confirmation_url")).await;
        let purchase = world.until_purchase(id, "failed").await;
        assert_eq!(purchase.failure.as_deref(), Some("user_not_active"));
        world.until_ledger(id, &[19_900, -19_900]).await;
        let application = world.application(purchase.application_id).await;
        let reason = format!("user_{status}");
        assert_eq!(application.cancel_reason.as_deref(), Some(reason.as_str()));
        assert_eq!(world.taken(&promo).await, 0);
        assert_eq!(purchase.subscription, None);
    }
    world.finish().await;
}

#[tokio::test]
async fn cancelling_a_code_releases_all_its_applications() {
    let world = World::new().await;
    let user = world.user().await;
    let tariffs = [
        world.tariff(29_900).await,
        world.tariff(29_900).await,
        world.tariff(29_900).await,
    ];
    let spec = PromoSpec {
        per_user_limit: None,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    for tariff in &tariffs[..2] {
        user.apply(&promo, tariff).await.success(201);
    }
    let bought = user.buy(&promo, &tariffs[2]).await;
    let cancel = async |tariff: Option<i64>| {
        let tariff = tariff.map(|id| format!("&tariff={id}")).unwrap_or_default();
        let path = format!("/cancel_apply_promocode?promocode={}{tariff}", promo.code);
        user.call("POST", &path).send().await
    };
    let released = |answer: &Answer| -> Vec<i64> {
        let cancelled = answer.success(200)["cancelled"].as_array().unwrap();
        let tariff = |one: &Value| one["tariff"].as_i64().unwrap();
        cancelled.iter().map(tariff).collect()
    };
    let one = cancel(Some(tariffs[1].id)).await;
    assert_eq!(released(&one), [tariffs[1].id]);
    assert_eq!(cancel(Some(tariffs[1].id)).await.json, one.json);
    assert_eq!(world.taken(&promo).await, 2);
    let rest = cancel(None).await;
    assert_eq!(released(&rest), [tariffs[0].id, tariffs[2].id]);
    assert_eq!(
        rest.json["cancelled"][1]["purchase_id"],
        bought.json["purchase_id"]
    );
    assert_eq!(cancel(None).await.json, rest.json);
    assert_eq!(world.taken(&promo).await, 0);
    cancel(Some(0))
        .await
        .problem(400, "query_parameter_invalid");
    world.finish().await;
}
