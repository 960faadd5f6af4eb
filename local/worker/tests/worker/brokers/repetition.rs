//! Messages that arrive more than once or out of order.

use domain::{Random, UserStatus};
use runtime::OsRandom;

use crate::brokers::broker::{Broker, until_finished};
use crate::brokers::over_both_brokers;
use crate::brokers::world::{World, event};

over_both_brokers! {
    ten_of_each_change_no_more_than_one,
    reversed_order_leaves_the_newest,
    an_old_block_takes_no_new_hold,
}

async fn ten_of_each_change_no_more_than_one<B: Broker>(world: World<B>) {
    let running = world.start().await;
    let promo = world.promo().await;
    let users = [OsRandom.uuid(), OsRandom.uuid(), OsRandom.uuid()];
    for user in users {
        world.send(&event(user, 1, UserStatus::Active)).await;
        world.until_version(user, 1).await;
        promo.apply(user).await.unwrap();
    }
    for user in users {
        let events = [
            event(user, 2, UserStatus::Blocked),
            event(user, 3, UserStatus::Active),
            event(user, 4, UserStatus::Blocked),
        ];
        for event in &events {
            for _ in 0..10 {
                world.send(event).await;
            }
        }
    }
    // The extra message is the event of the administrator.
    until_finished(&world.broker, 1 + 3 + 3 * 30).await;
    for user in users {
        assert_eq!(world.known(user).await, Some(("blocked".to_owned(), 4)));
        let cancelled = ("cancelled".to_owned(), Some("user_blocked".to_owned()));
        assert_eq!(promo.of(user).await, [cancelled]);
    }
    promo.adds_up(0).await;
    world.finish(Some(running), &[]).await;
}

async fn reversed_order_leaves_the_newest<B: Broker>(world: World<B>) {
    let users = [OsRandom.uuid(), OsRandom.uuid()];
    for version in (1..=8).rev() {
        let status = match version {
            8 => UserStatus::Deleted,
            even if even % 2 == 0 => UserStatus::Blocked,
            _ => UserStatus::Active,
        };
        for user in users {
            world.send(&event(user, version, status)).await;
        }
    }
    let running = world.start().await;
    for user in users {
        assert_eq!(world.until_version(user, 8).await, "deleted");
    }
    until_finished(&world.broker, 1 + 2 * 8).await;
    for user in users {
        assert_eq!(world.known(user).await, Some(("deleted".to_owned(), 8)));
    }
    world.finish(Some(running), &[]).await;
}

async fn an_old_block_takes_no_new_hold<B: Broker>(world: World<B>) {
    let running = world.start().await;
    let promo = world.promo().await;
    let user = OsRandom.uuid();
    let block = event(user, 2, UserStatus::Blocked);
    world.send(&event(user, 1, UserStatus::Active)).await;
    world.send(&block).await;
    world.send(&event(user, 3, UserStatus::Active)).await;
    world.until_version(user, 3).await;
    promo.apply(user).await.unwrap();
    for _ in 0..10 {
        world.send(&block).await;
    }
    until_finished(&world.broker, 1 + 3 + 10).await;
    assert_eq!(promo.of(user).await, [("applied".to_owned(), None)]);
    promo.adds_up(1).await;
    world.finish(Some(running), &[]).await;
}
