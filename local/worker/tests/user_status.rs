//! A user's status on its way from auth to loyalty, over real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod world;

use domain::{Random, UserStatus};
use events::rabbitmq::dead_letter_queue;
use events::{PublishError, Publisher};
use runtime::OsRandom;
use world::{World, event};

#[tokio::test]
async fn changes_reach_loyalty_in_order() {
    let world = World::new().await;
    let running = world.start().await;
    running.wait_until_healthy().await;

    let user = OsRandom.uuid();
    world.change(&event(user, 1, UserStatus::Active)).await;
    assert_eq!(world.wait_for(user, 1).await, "active");
    for version in 2..=9 {
        world
            .change(&event(user, version, UserStatus::Active))
            .await;
    }
    world.change(&event(user, 10, UserStatus::Blocked)).await;
    assert_eq!(world.wait_for(user, 10).await, "blocked");

    world.wait_until_published(user).await;
    world.finish(running).await;
}

#[tokio::test]
async fn a_malformed_message_is_a_dead_letter_with_its_reason_and_the_next_one_is_handled() {
    let world = World::new().await;
    let user = OsRandom.uuid();
    let poison = b"{\"schema\":\"something else\"}";
    world.send(poison).await;
    world
        .send(event(user, 1, UserStatus::Active).to_message().as_bytes())
        .await;
    let running = world.start().await;
    assert_eq!(world.wait_for(user, 1).await, "active");
    let letters = world.dead_letters(1).await;
    assert_eq!(letters[0].body, poison);
    assert!(letters[0].reason.starts_with("not a known event"));
    assert_eq!(letters[0].event, None);
    world.take_dead_letter().await;
    world.finish(running).await;
}

#[tokio::test]
async fn dead_letters_are_listed_in_order_and_replayed_once() {
    let world = World::new().await;
    let users = [OsRandom.uuid(), OsRandom.uuid()];
    // As the consumer leaves them.
    for user in users {
        let message = event(user, 1, UserStatus::Active).to_message();
        world.bury(message.as_bytes()).await;
    }
    world.bury(b"poison").await;
    for _ in 0..2 {
        let letters = world.dead_letters(3).await;
        let known: Vec<_> = letters.iter().map(|l| l.event.as_ref()).collect();
        assert_eq!(known[0].map(|event| event.user_id), Some(users[0]));
        assert_eq!(known[1].map(|event| event.user_id), Some(users[1]));
        assert_eq!(known[2], None);
    }
    let running = world.start().await;
    let letters = world.broker.dead_letters().await.unwrap();
    assert_eq!(letters.replay().await.unwrap(), 3);
    for user in users {
        assert_eq!(world.wait_for(user, 1).await, "active");
    }
    // What can't be handled is back.
    let letters = world.dead_letters(1).await;
    assert_eq!(letters[0].body, b"poison");
    assert!(letters[0].reason.starts_with("not a known event"));
    world.take_dead_letter().await;
    world.finish(running).await;
}

#[tokio::test]
async fn what_comes_twice_or_late_changes_nothing() {
    let world = World::new().await;
    let user = OsRandom.uuid();
    let old = event(user, 1, UserStatus::Active);
    let new = event(user, 2, UserStatus::Deleted);
    for event in [&new, &old, &new] {
        world.send(event.to_message().as_bytes()).await;
    }
    let running = world.start().await;
    world.wait_for(user, 2).await;
    // Messages are handled several at a time: only now are all of them.
    world.finish(running).await;
    assert_eq!(world.known(user).await, (2, "deleted".to_owned()));
}

#[tokio::test]
async fn an_event_without_a_queue_is_not_published() {
    let world = World::new().await;
    let publisher = world.broker.publisher().await.unwrap();
    let events = [event(OsRandom.uuid(), 1, UserStatus::Active)];
    assert_eq!(publisher.publish(&events).await, [Ok(())]);
    world.delete(&world.queue).await;
    let results = publisher.publish(&events).await;
    assert_eq!(results, [Err(PublishError::Unroutable)]);
    world.delete(&dead_letter_queue(&world.queue)).await;
}
