//! Limits on uses: in total and per user.

use std::time::Duration;

use pg::AdHoc;
use serde_json::json;
use testkit::{Effect, PromoSpec, World, join_all};

#[tokio::test]
async fn one_time_code_is_taken_until_released() {
    let world = World::new().await;
    let (first, second) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let total_limit = Some(1);
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;

    first.apply(&promo, &tariff).await.success(201);
    let reasons = world
        .refuses(&second, &promo, &tariff, &["promo_limit_reached"])
        .await;
    assert_eq!(
        (&reasons[0]["observed"], &reasons[0]["required"]),
        (&json!(1), &json!(1))
    );
    second
        .cancel(&promo)
        .await
        .problem(404, "application_not_found");
    assert_eq!(
        world.taken(&promo).await,
        1,
        "a user can't release another's use"
    );

    first.cancel(&promo).await.success(200);
    second.apply(&promo, &tariff).await.success(201);
    world
        .refuses(&first, &promo, &tariff, &["promo_limit_reached"])
        .await;
    world.finish().await;
}

#[tokio::test]
async fn expired_application_blocks_nobody() {
    let world = World::new().await;
    let (first, second) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let total_limit = Some(1);
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;

    let held = first.apply(&promo, &tariff).await;
    world.let_lapse(held.uuid("application_id")).await;
    first
        .cancel(&promo)
        .await
        .problem(404, "application_not_found");
    second.apply(&promo, &tariff).await.success(201);
    assert_eq!(
        world.application(held.uuid("application_id")).await.state,
        "expired"
    );
    assert_eq!(world.taken(&promo).await, 1);

    // The owner, too, gets a new application after the old one has expired.
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;
    let other = world.tariff(29_900).await;
    let held = first.apply(&promo, &other).await;
    world.let_lapse(held.uuid("application_id")).await;
    let bought = first.buy(&promo, &other).await;
    bought.success(201);
    let purchase = world.purchase(bought.uuid("purchase_id")).await;
    assert_ne!(purchase.application_id, held.uuid("application_id"));
    world.finish().await;
}

#[tokio::test]
async fn total_and_user_limits_hold() {
    let world = World::new().await;
    let users = world.users(3).await;
    let tariffs = [
        world.tariff(29_900).await,
        world.tariff(29_900).await,
        world.tariff(29_900).await,
    ];

    let total_limit = Some(2);
    let promo = world
        .promo(PromoSpec {
            total_limit,
            ..PromoSpec::default()
        })
        .await;
    users[0].apply(&promo, &tariffs[0]).await.success(201);
    users[1].apply(&promo, &tariffs[0]).await.success(201);
    let reasons = world
        .refuses(&users[2], &promo, &tariffs[0], &["promo_limit_reached"])
        .await;
    assert_eq!(
        (&reasons[0]["observed"], &reasons[0]["required"]),
        (&json!(2), &json!(2))
    );

    // Holds and completed uses count alike, for any tariff.
    let spec = PromoSpec {
        effect: Effect::PercentOff(10_000, None),
        per_user_limit: Some(2),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    users[0].buy(&promo, &tariffs[1]).await.success(200);
    users[0].apply(&promo, &tariffs[2]).await.success(201);
    let other = world.tariff(29_900).await;
    world
        .refuses(&users[0], &promo, &other, &["held_for_another_tariff"])
        .await;
    users[0].buy(&promo, &tariffs[2]).await.success(200);
    let reasons = world
        .refuses(&users[0], &promo, &other, &["user_limit_reached"])
        .await;
    assert_eq!(
        (&reasons[0]["observed"], &reasons[0]["required"]),
        (&json!(2), &json!(2))
    );
    users[1].apply(&promo, &tariffs[1]).await.success(201);

    let spec = PromoSpec {
        per_user_limit: None,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    for _ in 0..4 {
        let tariff = world.tariff(29_900).await;
        users[2].apply(&promo, &tariff).await.success(201);
    }
    world.finish().await;
}

#[tokio::test]
async fn budget_that_is_being_added_holds_for_those_who_are_applying() {
    let world = World::new().await;
    let users = world.users(8).await;
    let tariff = world.tariff(10_000).await;
    let spec = PromoSpec {
        effect: Effect::PercentOff(1_000, None),
        total_limit: Some(1_000),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    // The counter is locked while those who apply have read the promotion without a budget.
    let change = format!(
        "DO $$ BEGIN UPDATE promotions SET budget_minor = 2000 WHERE id = {}; PERFORM pg_sleep(1); END $$",
        promo.promotion
    );
    let later = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        join_all(users.iter().map(|user| user.apply(&promo, &tariff))).await
    };
    let (changed, answers) = tokio::join!(world.loyalty.execute(&change, &[]), later);
    changed.unwrap();
    let accepted = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(accepted, 2);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(&["promo_budget_reached"]);
    }
    world.finish().await;
}
