//! Buying at full price, reading purchases, and the resulting subscriptions.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;
use testkit::{Answer, Effect, PromoSpec, World, join_all};

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn tariff_is_bought_at_full_price() {
    let world = World::new().await;
    let (user, other) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    assert!(user.subscriptions().await.is_empty());

    let bought = user.buy_tariff(&tariff).await;
    let purchase = bought.success(201);
    assert_eq!(purchase["status"], "pending");
    assert_eq!(purchase["total"]["amount"], "299.00");
    assert_eq!(purchase["price"], purchase["total"]);
    assert!(purchase.get("promocode_id").is_none());
    // Buying again before it is paid returns the same purchase.
    assert_eq!(user.buy_tariff(&tariff).await.json, bought.json);
    let id = bought.uuid("purchase_id");
    assert_eq!(user.purchase(id).await.json, bought.json);
    other.purchase(id).await.problem(404, "purchase_not_found");

    world.sandbox.approve(bought.text("confirmation_url")).await;
    let paid = user.until_purchase(id, "paid").await;
    let period = &paid.json["subscription"];
    let (from, to) = (time(&period["starts_at"]), time(&period["ends_at"]));
    // On the shop's clock.
    let month = from
        .to_zoned(TimeZone::get("Europe/Moscow").unwrap())
        .checked_add(Span::new().months(1));
    assert_eq!(to, month.unwrap().timestamp());
    assert!(paid.json.get("confirmation_url").is_none());
    let subscriptions = user.subscriptions().await;
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(subscriptions[0]["title"], tariff.title.as_str());
    assert_eq!(subscriptions[0]["ends_at"], period["ends_at"]);
    assert!(other.subscriptions().await.is_empty());

    // Once it is paid, the next call makes another purchase, whose period begins where this one ends.
    let next = user.buy_tariff(&tariff).await;
    assert_ne!(next.success(201)["purchase_id"], bought.json["purchase_id"]);
    world.sandbox.approve(next.text("confirmation_url")).await;
    let next = user.until_purchase(next.uuid("purchase_id"), "paid").await;
    let longer = &next.json["subscription"];
    assert_eq!(longer["starts_at"], period["ends_at"]);
    let subscriptions = user.subscriptions().await;
    assert_eq!(
        subscriptions.len(),
        1,
        "one continuous period: {subscriptions:#?}"
    );
    assert_eq!(subscriptions[0]["starts_at"], period["starts_at"]);
    assert_eq!(subscriptions[0]["ends_at"], longer["ends_at"]);
    world.finish().await;
}

#[tokio::test]
async fn concurrent_calls_make_one_purchase_and_payment() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let answers = join_all((0..world.many(18)).map(|_| user.buy_tariff(&tariff))).await;
    let ids: HashSet<_> = answers
        .iter()
        .map(|answer| answer.success(201)["purchase_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 1, "{answers:#?}");
    assert_eq!(world.sandbox.payments_for(&tariff.title).await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn declined_payment_fails_the_purchase_and_next_call_makes_another() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let buy = |key: &'static str| {
        user.call("POST", &format!("/buy_tariff?tariff={}", tariff.id))
            .header("idempotency-key", key)
            .send()
    };
    let bought = buy("first").await;
    bought.success(201);
    world.sandbox.decline(bought.text("confirmation_url")).await;
    let id = bought.uuid("purchase_id");
    let failed = user.until_purchase(id, "failed").await;
    assert_eq!(failed.json["failure"], "payment_failed");
    // The key belongs to the purchase that failed; another key makes another purchase.
    assert_eq!(buy("first").await.success(200), &failed.json);
    let again = buy("second").await;
    assert_ne!(
        again.success(201)["purchase_id"],
        failed.json["purchase_id"]
    );
    let dearer = world.tariff(99_900).await;
    let reused = user
        .call("POST", &format!("/buy_tariff?tariff={}", dearer.id))
        .header("idempotency-key", "first");
    reused.send().await.problem(422, "idempotency_key_reused");
    assert!(user.subscriptions().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn unsellable_tariffs_and_buyers_are_refused() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let buy = async |query: &str| {
        user.call("POST", &format!("/buy_tariff{query}"))
            .send()
            .await
    };
    buy("").await.problem(400, "query_parameter_missing");
    for bad in ["0", "-1", "x", "1.5", "99999999999999999999"] {
        let answer = buy(&format!("?tariff={bad}")).await;
        answer.problem(400, "query_parameter_invalid");
    }
    buy("?tariff=999999999")
        .await
        .problem(404, "tariff_not_found");
    for path in [
        "/purchases/1",
        "/purchases/00000000-0000-4000-8000-000000000000",
    ] {
        let answer = user.call("GET", path).send().await;
        answer.problem(404, "purchase_not_found");
    }
    world.archive(&tariff).await;
    user.buy_tariff(&tariff)
        .await
        .problem(422, "tariff_not_on_sale");
    let tariff = world.tariff(29_900).await;
    world.set_loyalty_status(user.id, "blocked").await;
    user.buy_tariff(&tariff)
        .await
        .problem(422, "user_not_active");
    world.finish().await;
}

#[tokio::test]
async fn paid_period_follows_the_trial() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let trial = PromoSpec {
        effect: Effect::Free(14),
        ..PromoSpec::default()
    };
    let trial = user.buy(&world.promo(trial).await, &tariff).await;
    let trial = trial.success(200)["subscription"].clone();
    assert_eq!(
        time(&trial["ends_at"])
            .duration_since(time(&trial["starts_at"]))
            .as_hours(),
        14 * 24
    );
    let bought = user.buy_tariff(&tariff).await;
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let paid = user
        .until_purchase(bought.uuid("purchase_id"), "paid")
        .await;
    assert_eq!(paid.json["subscription"]["starts_at"], trial["ends_at"]);
    world.finish().await;
}

#[tokio::test]
async fn concurrent_payments_give_consecutive_periods() {
    let world = World::new().await;
    let user = world.user().await;
    for _ in 0..5 {
        let tariff = world.tariff(29_900).await;
        let promo = world.promo(PromoSpec::default()).await;
        // Both pages can be paid, although the first purchase was cancelled.
        let given_up = user.buy_tariff(&tariff).await;
        user.give_up(given_up.uuid("purchase_id"))
            .await
            .success(200);
        let bought = [given_up, user.buy(&promo, &tariff).await];
        let pay = |answer: &Answer| {
            let page = answer.text("confirmation_url").to_owned();
            let sandbox = &world.sandbox;
            async move { sandbox.approve(&page).await }
        };
        tokio::join!(pay(&bought[0]), pay(&bought[1]));
        let mut times = vec![];
        for answer in &bought {
            let paid = user
                .until_purchase(answer.uuid("purchase_id"), "paid")
                .await;
            let period = &paid.json["subscription"];
            times.push((time(&period["starts_at"]), time(&period["ends_at"])));
        }
        times.sort();
        assert_eq!(times[0].1, times[1].0, "{times:?}");
    }
    world.finish().await;
}
