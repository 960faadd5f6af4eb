//! Applications that keep uses from others and are never paid for.

use testkit::{PromoSpec, World};

#[tokio::test]
async fn applications_that_expire_again_and_again_are_refused() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let scarce = PromoSpec {
        total_limit: Some(20),
        listed: true,
        ..PromoSpec::default()
    };
    let promo = world.promo(scarce).await;
    let unlimited = world.promo(PromoSpec::default()).await;
    for promo in [&promo, &unlimited] {
        for _ in 0..3 {
            let applied = user.apply(promo, &tariff).await;
            applied.success(201);
            world.let_lapse(applied.uuid("application_id")).await;
        }
    }
    let reasons = world
        .refuses(&user, &promo, &tariff, &["too_many_unused_applications"])
        .await;
    assert_eq!(
        (&reasons[0]["observed"], &reasons[0]["required"]),
        (&3.into(), &3.into())
    );
    let listed = user.promocodes().await;
    let listed = listed.success(200)["promocodes"].as_array().unwrap();
    assert!(
        listed
            .iter()
            .all(|listed| listed["promocode_id"] != promo.id)
    );
    // Without a limit on uses, nobody else goes without.
    user.apply(&unlimited, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn cancelling_in_good_time_is_not_held_against_anyone() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let scarce = PromoSpec {
        total_limit: Some(20),
        ..PromoSpec::default()
    };
    let promo = world.promo(scarce).await;
    for _ in 0..4 {
        user.apply(&promo, &tariff).await.success(201);
        user.cancel(&promo).await.success(200);
    }
    // Cancelling just before the end counts like letting it expire.
    for _ in 0..3 {
        let applied = user.apply(&promo, &tariff).await;
        world
            .make_nearly_expired(applied.uuid("application_id"))
            .await;
        user.cancel(&promo).await.success(200);
    }
    user.apply(&promo, &tariff)
        .await
        .refused(&["too_many_unused_applications"]);
    world.finish().await;
}
