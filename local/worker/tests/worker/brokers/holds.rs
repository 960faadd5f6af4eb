//! How a user's status affects their holds.

use std::slice;

use crate::brokers::broker::Broker;
use crate::brokers::over_both_brokers;
use crate::brokers::world::World;

over_both_brokers! {
    deleted_user_loses_applications_and_is_unknown,
    blocked_user_loses_applications_and_gets_no_new_ones,
}

async fn deleted_user_loses_applications_and_is_unknown<B: Broker>(world: World<B>) {
    let running = world.start().await;
    let promo = world.promo().await;
    let (leaver, other) = (world.people.register().await, world.people.register().await);
    for user in [leaver, other] {
        world.until_version(user, 1).await;
        promo.apply(user).await.unwrap();
    }
    world.people.delete(leaver).await;
    assert_eq!(world.until_version(leaver, 2).await, "deleted");
    let cancelled = ("cancelled".to_owned(), Some("user_deleted".to_owned()));
    assert_eq!(promo.of(leaver).await, [cancelled]);
    assert_eq!(promo.of(other).await, [("applied".to_owned(), None)]);
    promo.adds_up(1).await;
    assert_eq!(
        promo.apply(leaver).await,
        Err(vec!["user_not_active".to_owned()])
    );
    world.people.is_erased(leaver).await;
    world.until_both_agree().await;
    world.finish(Some(running), &[]).await;
}

async fn blocked_user_loses_applications_and_gets_no_new_ones<B: Broker>(world: World<B>) {
    let running = world.start().await;
    let promo = world.promo().await;
    let user = world.people.register().await;
    world.until_version(user, 1).await;
    promo.apply(user).await.unwrap();
    world.people.block(user).await;
    assert_eq!(world.until_version(user, 2).await, "blocked");
    let cancelled = ("cancelled".to_owned(), Some("user_blocked".to_owned()));
    assert_eq!(promo.of(user).await, slice::from_ref(&cancelled));
    assert_eq!(
        promo.apply(user).await,
        Err(vec!["user_not_active".to_owned()])
    );
    promo.adds_up(0).await;

    world.people.unblock(user).await;
    world.until_version(user, 3).await;
    promo.apply(user).await.unwrap();
    let applied = ("applied".to_owned(), None);
    assert_eq!(promo.of(user).await, [cancelled, applied]);
    promo.adds_up(1).await;
    world.until_both_agree().await;
    world.finish(Some(running), &[]).await;
}
