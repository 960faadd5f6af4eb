//! The worker removes what is old without being asked.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod world;

use domain::{Random, UserStatus};
use runtime::OsRandom;
use world::{World, event};

#[tokio::test]
async fn a_session_that_has_long_been_over_is_gone_soon_after_the_start() {
    let world = World::new().await;
    let user = OsRandom.uuid();
    world.change(&event(user, 1, UserStatus::Active)).await;
    world.open_old_session(user).await;
    let running = world.start().await;
    world.wait_until_no_session(user).await;
    world.finish(running).await;
}
