//! Several relays at once, over each outbox and a real broker.

mod world;

use std::time::Duration;

use domain::Clock;
use events::{PublishError, Publisher};
use lapin::options::QueueDeleteOptions;
use outbox::relay_batch;
use runtime::SystemClock;
use runtime::metrics::Measured;
use testkit::{TIMEOUT, until};
use tokio::task::JoinSet;

use world::{At, RelayedEvent, World, later};

/// Runs each test over the outbox of user statuses and over that of purchases.
macro_rules! over_both_outboxes {
    ($($test:ident),+ $(,)?) => {
        mod of_status {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<events::UserStatusChanged>(crate::relays::World::new().await).await;
            })+
        }
        mod of_purchases {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<events::PurchaseEvent>(crate::relays::World::new().await).await;
            })+
        }
    };
}

over_both_outboxes! {
    two_relays_publish_each_event_once_in_order,
    four_relays_publish_each_event_once_in_order,
    events_of_a_dead_relay_are_published_after_its_lease,
    late_relay_takes_nothing_from_its_successor,
    unroutable_event_is_retried_behind_others,
}

async fn many_relays<E: RelayedEvent>(world: World<E>, relays: usize) {
    const USERS: i32 = 1000;
    const EACH: i64 = 4;
    world.write(USERS, EACH).await;
    let mut running = JoinSet::new();
    for _ in 0..relays {
        running.spawn(world.relay().await);
    }
    let published = running.join_all().await;
    // Every relay published a part: the test is about concurrent relays.
    assert!(published.iter().all(|one| *one > 0), "{published:?}");
    assert_eq!(published.iter().sum::<usize>(), 4000);
    let received = world.received(4000).await;
    assert_eq!(received.len(), 1000);
    for (user, places) in received {
        assert_eq!(places, [1, 2, 3, 4], "the order of {user}");
    }
    world.finish().await;
}

async fn two_relays_publish_each_event_once_in_order<E: RelayedEvent>(world: World<E>) {
    many_relays(world, 2).await;
}

async fn four_relays_publish_each_event_once_in_order<E: RelayedEvent>(world: World<E>) {
    many_relays(world, 4).await;
}

async fn events_of_a_dead_relay_are_published_after_its_lease<E: RelayedEvent>(world: World<E>) {
    world.write(3, 2).await;
    let now = SystemClock.now();
    let until = now + Duration::from_secs(15);
    // A relay that claims two users' events, publishes one of them, and is never heard of again.
    let claimed = world.outbox.claim(2, now, until).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let backlog = world.outbox.backlog().await.unwrap();
    assert_eq!(backlog.depth, 6, "claimed events are still unpublished");
    let oldest = backlog.oldest.unwrap();
    assert_eq!(oldest, claimed[0].occurred_at());
    let metrics = world.outbox.metrics(oldest + Duration::from_secs(90)).await;
    let [_, age] = metrics.unwrap();
    assert_eq!(age.measured, Measured::State(90.0));
    let publisher = world.broker.publisher().await.unwrap();
    assert_eq!(publisher.publish(&claimed[..1]).await, [Ok(())]);

    // Until its claim expires, others publish only the events of the third user.
    let alone = outbox::relay_once(&world.outbox, &publisher, &SystemClock).await;
    assert_eq!(alone.unwrap(), 2);
    let rest = outbox::relay_once(&world.outbox, &publisher, &later()).await;
    assert_eq!(rest.unwrap(), 4);
    let backlog = world.outbox.backlog().await.unwrap();
    assert_eq!((backlog.depth, backlog.oldest), (0, None));

    let received = world.received(7).await;
    for (user, places) in received {
        let expected: &[i64] = match user == claimed[0].user_id() {
            true => &[1, 1, 2],
            false => &[1, 2],
        };
        assert_eq!(places, expected, "the order of {user}");
    }
    world.finish().await;
}

async fn late_relay_takes_nothing_from_its_successor<E: RelayedEvent>(world: World<E>) {
    world.write(1, 2).await;
    let now = SystemClock.now();
    let (first, second) = (now + Duration::from_secs(15), now + Duration::from_secs(90));
    let claimed = world.outbox.claim(10, now, first).await.unwrap();
    let taken_over = world.outbox.claim(10, later().now(), second).await;
    assert_eq!(taken_over.unwrap(), claimed);

    // The late relay failed and releases its claim, which is no longer its own.
    let ids = [claimed[0].id()];
    let released = world.outbox.release_claims(&ids, first, now).await;
    assert_eq!(released.unwrap(), 0);
    assert_eq!(world.outbox.claim(10, now, first).await.unwrap(), []);
    // Or it had published the event: marking it as published works for any relay, and the next event is free.
    assert_eq!(world.outbox.mark_published(&ids, now).await.unwrap(), 1);
    assert_eq!(world.outbox.mark_published(&ids, now).await.unwrap(), 0);
    let next = world.outbox.claim(10, now, first).await.unwrap();
    assert_eq!(next[0].place(), 2);
    world.finish().await;
}

async fn unroutable_event_is_retried_behind_others<E: RelayedEvent>(world: World<E>) {
    world.write(150, 1).await;
    let publisher = world.broker.publisher().await.unwrap();
    let channel = world.broker.channel().await.unwrap();
    let deleted = channel.queue_delete(world.queue.as_str().into(), QueueDeleteOptions::default());
    deleted.await.unwrap();
    let now = At(SystemClock.now());
    for _ in 0..2 {
        // A batch has a hundred events: the second one has those that the first did not try.
        let relayed = relay_batch(&world.outbox, &publisher, &now).await;
        let unroutable = PublishError::Unroutable.to_string();
        assert_eq!(relayed.unwrap_err().to_string(), unroutable);
    }
    assert_eq!(
        relay_batch(&world.outbox, &publisher, &now).await.unwrap(),
        0
    );
    assert_eq!(world.unpublished().await, 150);

    // Connecting declares the queue.
    world.connect().await.close().await;
    // After a second, all of them may be retried.
    until("published", TIMEOUT, async || {
        let relayed = outbox::relay_once(&world.outbox, &publisher, &SystemClock).await;
        relayed.unwrap();
        (world.unpublished().await == 0).then_some(())
    })
    .await;
    assert_eq!(world.received(150).await.len(), 150);
    world.finish().await;
}
