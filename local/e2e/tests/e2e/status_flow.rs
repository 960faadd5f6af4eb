//! How soon the loyalty side learns of a user's status.

use std::time::{Duration, Instant};

use testkit::{PromoSpec, World, until};

/// Far above the target of one second: this only checks that it works, on a busy machine.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn new_user_can_apply() {
    let world = World::new().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let user = world.new_user().await;
    let (_, waited) = until("the new user can apply", SOON, async || {
        let answer = user.apply(&promo, &tariff).await;
        if answer.status == 422 {
            answer.refused(&["user_not_registered"]);
            return None;
        }
        answer.success(201);
        Some(())
    })
    .await;
    println!("applied {} ms after the log-in", waited.as_millis());
    world.finish().await;
}

#[tokio::test]
async fn deleted_user_cannot_apply() {
    let world = World::new().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let user = world.user().await;
    user.delete().await.success(204);
    let deleted = Instant::now();
    user.apply(&promo, &tariff)
        .await
        .problem(401, "token_revoked");
    let what = "deleted on the loyalty side";
    until(what, SOON, async || {
        let status = world.user_status(user.id).await;
        status.filter(|status| status == "deleted")
    })
    .await;
    println!("{what} {} ms later", deleted.elapsed().as_millis());

    // Even a token that was never revoked is refused then.
    let mut forger = user.clone();
    forger.access_token = world.forge().good(user.id);
    forger
        .apply(&promo, &tariff)
        .await
        .refused(&["user_not_active"]);
    world.finish().await;
}
