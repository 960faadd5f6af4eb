//! From the outbox to the queue, and from there to the consumer.

use std::collections::BTreeMap;

use domain::{Random, UserStatus};
use events::{PublishError, Publisher, UserStatusChanged};
use runtime::{OsRandom, SystemClock};
use uuid::Uuid;

use crate::brokers::broker::Broker;
use crate::brokers::over_both_brokers;
use crate::brokers::world::{World, event};

over_both_brokers! {
    changes_reach_loyalty,
    each_users_changes_stay_in_order,
    an_event_without_a_queue_is_not_published,
}

async fn changes_reach_loyalty<B: Broker>(world: World<B>) {
    let running = world.start().await;
    let user = world.people.register().await;
    assert_eq!(world.until_version(user, 1).await, "active");
    for _ in 0..4 {
        world.people.block(user).await;
        world.people.unblock(user).await;
    }
    world.people.block(user).await;
    assert_eq!(world.until_version(user, 10).await, "blocked");
    world.until_both_agree().await;
    world.finish(Some(running), &[]).await;
}

async fn each_users_changes_stay_in_order<B: Broker>(world: World<B>) {
    let mut users = vec![];
    for _ in 0..5 {
        users.push(world.people.register().await);
    }
    for _ in 0..3 {
        for user in &users {
            world.people.block(*user).await;
        }
        for user in &users {
            world.people.unblock(*user).await;
        }
    }
    let publisher = world.broker.publisher().await;
    let (outbox, all) = (world.people.store.outbox(), 1 + 5 * 7);
    let published = outbox::relay_once(&outbox, &publisher, &SystemClock).await;
    assert_eq!(published.unwrap(), all);

    let mut versions: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
    for body in world.broker.take(all).await {
        let event = UserStatusChanged::from_message(body.as_bytes()).unwrap();
        versions
            .entry(event.user_id)
            .or_default()
            .push(event.version);
    }
    for user in users {
        assert_eq!(versions[&user], [1, 2, 3, 4, 5, 6, 7]);
    }
    world.finish(None, &[]).await;
}

async fn an_event_without_a_queue_is_not_published<B: Broker>(world: World<B>) {
    let publisher = world.broker.publisher().await;
    let first = [event(OsRandom.uuid(), 1, UserStatus::Active)];
    assert_eq!(publisher.publish(&first).await, [Ok(())]);
    world.broker.lose_queue().await;
    let second = [event(OsRandom.uuid(), 1, UserStatus::Active)];
    let results = publisher.publish(&second).await;
    // RabbitMQ reports an unroutable message, SQS a missing queue.
    let Err(PublishError::Unroutable | PublishError::Unavailable(_)) = &results[0] else {
        panic!("{results:?}");
    };
    let outbox = world.people.store.outbox();
    let relayed = outbox::relay_once(&outbox, &publisher, &SystemClock).await;
    assert!(relayed.is_err());
    // The event of the administrator.
    assert_eq!(world.people.unpublished().await, 1);
}
