//! Moving an application from one tariff to another.

use testkit::{Effect, PromoSpec, World, join_all};

#[tokio::test]
async fn refusal_names_the_own_application_and_moving_it_is_one_step() {
    let world = World::new().await;
    let (user, other) = (world.user().await, world.user().await);
    let (first, second) = (world.tariff(29_900).await, world.tariff(59_900).await);
    let spec = PromoSpec {
        effect: Effect::PercentOff(5_000, None),
        total_limit: Some(1),
        budget_minor: Some(30_000),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let held = user.apply(&promo, &first).await;
    held.success(201);
    let reasons = world
        .refuses(&user, &promo, &second, &["held_for_another_tariff"])
        .await;
    assert_eq!(reasons[0]["observed"]["tariff"], first.id);
    assert_eq!(reasons[0]["observed"]["until"], held.json["expires_at"]);

    let dry = format!(
        "/apply_promocode?promocode={}&tariff={}&move=true&dry_run=true",
        promo.code, second.id
    );
    let dry = user.call("POST", &dry).send().await;
    assert_eq!(dry.success(200)["total"]["amount"], "299.50");
    // Another user keeps trying meanwhile and never gets the use.
    let moving = async {
        for tariff in [&second, &first, &second, &first, &second] {
            let moved = user.apply_moving(&promo, tariff).await;
            assert_eq!(moved.success(201)["tariff"], tariff.id);
        }
    };
    let trying = async {
        for _ in 0..20 {
            let refused = other.apply(&promo, &first).await;
            assert_eq!(refused.status, 422, "{refused}");
        }
    };
    tokio::join!(moving, trying);
    assert_eq!(world.taken(&promo).await, 1);
    let application = world.application(held.uuid("application_id")).await;
    assert_eq!(application.cancel_reason.as_deref(), Some("moved"));
    assert_eq!(user.apply_moving(&promo, &second).await.status, 200);
    let bought = user.buy(&promo, &second).await;
    assert_eq!(bought.success(201)["total"]["amount"], "299.50");
    // An application that is being paid can't be moved, but its purchase can be cancelled.
    let refused = user.apply_moving(&promo, &first).await;
    refused.refused(&["held_for_another_tariff"]);
    assert_eq!(refused.json["reasons"][0]["observed"]["tariff"], second.id);
    user.give_up(bought.uuid("purchase_id")).await.success(200);
    user.apply(&promo, &first).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn trial_can_be_moved_to_another_tariff() {
    let world = World::new().await;
    let user = world.user().await;
    let (first, second) = (world.tariff(29_900).await, world.tariff(59_900).await);
    let spec = PromoSpec {
        effect: Effect::Free(7),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    user.apply(&promo, &first).await.success(201);
    world
        .refuses(&user, &promo, &second, &["held_for_another_tariff"])
        .await;
    let path = format!(
        "/use_promocode?promocode={}&tariff={}&move=true",
        promo.code, second.id
    );
    let bought = user.call("POST", &path).send().await;
    assert_eq!(bought.success(200)["tariff"], second.id);
    assert_eq!(world.taken(&promo).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn concurrent_moves_keep_one_use_each() {
    let world = World::new().await;
    let users = world.users(4).await;
    let tariffs = [
        world.tariff(29_900).await,
        world.tariff(59_900).await,
        world.tariff(99_900).await,
    ];
    let spec = PromoSpec {
        total_limit: Some(4),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    for user in &users {
        user.apply(&promo, &tariffs[0]).await.success(201);
    }
    let moves = users.iter().flat_map(|user| {
        let promo = &promo;
        tariffs
            .iter()
            .map(move |tariff| user.apply_moving(promo, tariff))
    });
    for answer in join_all(moves).await {
        assert!(matches!(answer.status, 200 | 201 | 422), "{answer}");
    }
    assert_eq!(world.taken(&promo).await, 4);
    world.finish().await;
}
