//! The consumer without its database.

use domain::{Random, UserStatus};
use runtime::OsRandom;

use crate::brokers::broker::{Broker, until_finished};
use crate::brokers::over_both_brokers;
use crate::brokers::world::{TIMEOUT, World, event};
use crate::support::until;

over_both_brokers! {
    nothing_is_lost_while_the_database_is_down,
}

async fn nothing_is_lost_while_the_database_is_down<B: Broker>(world: World<B>) {
    let running = world.start().await;
    let user = world.people.register().await;
    world.until_version(user, 1).await;
    until_finished(&world.broker, 2).await;

    world.wire.cut();
    let tried = world.wire.refused();
    world.people.block(user).await;
    world
        .send(&event(OsRandom.uuid(), 1, UserStatus::Active))
        .await;
    until("several tries", TIMEOUT, async || {
        // About half of them are made by the relay of purchase events.
        world.wire.refused() >= tried + 6
    })
    .await;
    assert_eq!(world.broker.finished(), 2);
    assert_eq!(world.known(user).await, Some(("active".to_owned(), 1)));

    world.wire.restore();
    assert_eq!(world.until_version(user, 2).await, "blocked");
    until_finished(&world.broker, 4).await;
    world.until_both_agree().await;
    world.finish(Some(running), &[]).await;
}
