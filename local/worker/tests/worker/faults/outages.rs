//! Servers that are down, killed, or out of resources.

use std::time::Duration;

use crate::faults::servers::{Server, Shortage};
use crate::faults::traffic;
use crate::faults::world::{ACK, TIMEOUT, World};
use crate::support::proxy::Way;
use crate::support::until;

/// Long enough for several retries by every program.
const SHORT: Duration = Duration::from_secs(5);
/// Longer than the relay waits for a confirm.
const PAST_TIMEOUT: Duration = Duration::from_secs(12);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn broker_outage_of_a_minute_loses_nothing() {
    let mut world = World::new().await;
    world.start_worker().await;
    let promo = world.promo().await;
    let holders = traffic::holders(&world, &promo, 4).await;

    world.site().stop(Server::Broker).await;
    let blocked = async {
        for user in &holders[..2] {
            world.people.block(*user).await;
        }
    };
    let (changes, ()) = tokio::join!(traffic::run(&world, MINUTE), blocked);
    assert!(
        world.people.unpublished().await >= changes as i64,
        "all wait in the outbox"
    );
    promo.adds_up(4).await;

    world.site().restore().await;
    world.finish(&[]).await;
    promo.adds_up(2).await;
}

#[tokio::test]
async fn broker_killed_between_confirm_and_mark_loses_nothing() {
    let mut world = World::new().await;
    world.start_worker().await;
    let user = world.people.register().await;
    world.until_settled().await;

    let confirm = world.broker_wire.hold(Way::ToClient, ACK);
    world.people.block(user).await;
    until("a confirm", TIMEOUT, async || confirm.hits() > 0).await;
    let mark = world.auth_wire.hold(Way::ToServer, b"");
    drop(confirm);
    until("a mark", TIMEOUT, async || mark.hits() > 0).await;
    world.site().kill(Server::Broker).await;
    assert_eq!(world.people.unpublished().await, 1);
    drop(mark);
    until("the mark", TIMEOUT, async || {
        world.people.unpublished().await == 0
    })
    .await;

    world.site().restore().await;
    // The broker has confirmed the message, so it keeps it: if it was not consumed before the kill, it is now.
    world.finish(&[]).await;
    assert_eq!(world.version(user).await, Some(2));
}

#[tokio::test]
async fn broker_killed_under_traffic_loses_nothing() {
    let mut world = World::new().await;
    world.start_worker().await;
    let kill = async {
        until("some traffic", TIMEOUT, async || {
            world.people.known().await.len() > 20
        })
        .await;
        world.site().kill(Server::Broker).await;
        world.site().restore().await;
    };
    tokio::join!(traffic::run(&world, SHORT), kill);
    world.finish(&[]).await;
}

#[tokio::test]
async fn consumer_database_outage_loses_nothing() {
    let mut world = World::new().await;
    world.start_worker().await;
    let promo = world.promo().await;
    let holders = traffic::holders(&world, &promo, 4).await;

    world.site().stop(Server::LoyaltyDatabase).await;
    for user in &holders[..2] {
        world.people.block(*user).await;
    }
    traffic::run(&world, SHORT).await;
    // The relay keeps working.
    until("a drained outbox", TIMEOUT, async || {
        world.people.unpublished().await == 0
    })
    .await;

    world.site().restore().await;
    world.finish(&[]).await;
    promo.adds_up(2).await;
}

#[tokio::test]
async fn relay_database_outage_loses_nothing() {
    let mut world = World::new().await;
    world.start_worker().await;
    let user = world.people.register().await;
    world.until_settled().await;
    // A change whose event is not read before the database goes down.
    let read = world.auth_wire.hold(Way::ToServer, b"");
    world.people.block(user).await;
    world.site().kill(Server::AuthDatabase).await;
    drop(read);
    world.site().restore().await;
    world.finish(&[]).await;
    assert_eq!(world.version(user).await, Some(2));
}

#[tokio::test]
async fn broker_short_of_memory_loses_nothing() {
    starved(Shortage::Memory).await;
}

#[tokio::test]
async fn broker_with_full_disk_loses_nothing() {
    starved(Shortage::Disk).await;
}

async fn starved(of: Shortage) {
    let mut world = World::new().await;
    world.start_worker().await;
    let user = world.people.register().await;
    world.until_settled().await;

    world.site().starve(of).await;
    world.people.block(user).await;
    let changes = traffic::run(&world, PAST_TIMEOUT).await;
    let waiting = world.people.unpublished().await;
    assert!(waiting > changes as i64, "{waiting} of {changes} wait");

    world.site().restore().await;
    world.finish(&[]).await;
    assert_eq!(world.version(user).await, Some(2));
}
