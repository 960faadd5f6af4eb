//! Killing a program at each of its steps.

use std::time::Duration;

use testkit::Client;

use crate::purchases::program::Program;
use crate::purchases::shop::Shop;
use crate::support::proxy::{ANSWER, ANY, STATEMENT, Way};
use crate::support::until;

/// Longer than anything here takes, on a busy machine.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// What a program does, and how the service recovers, whichever step the program is killed at.
pub trait CrashScenario: Sized {
    /// The program that is killed.
    const PROGRAM: Program = Program::Gateway;

    /// Does everything that comes before the steps.
    async fn begin(shop: &Shop) -> Self;

    /// Runs the steps.
    async fn act(&self, shop: &Shop, client: &Client);

    /// Runs when both programs are up again: completes what was left, and checks everything.
    async fn recover(self, shop: &Shop);
}

/// Kills the program at its first step, then in another scenario at its second, and so on to the end: before each
/// statement or request has arrived, and again before its answer has.
pub async fn at_each_step<S: CrashScenario>() {
    let mut shop = Shop::new(S::PROGRAM).await;
    for at_provider in [false, true] {
        for way in [Way::ToServer, Way::ToClient] {
            let mut step = 1;
            while killed_at::<S>(&mut shop, at_provider, way, step).await {
                step += 1;
            }
            assert!(step > 1, "{way:?}, at the provider: {at_provider}: no step");
        }
    }
    shop.finish().await;
}

/// Runs a scenario and kills the program at this step. False if it has no such step.
async fn killed_at<S: CrashScenario>(
    shop: &mut Shop,
    at_provider: bool,
    way: Way,
    step: usize,
) -> bool {
    let story = S::begin(shop).await;
    let (wire, pattern) = match (at_provider, way) {
        (true, _) => (&shop.payments, ANY),
        (false, Way::ToServer) => (&shop.database, STATEMENT),
        (false, Way::ToClient) => (&shop.database, ANSWER),
    };
    let held = wire.hold_from(step, way, pattern);
    let client = shop.client();
    let came_to_it = tokio::select! {
        biased;
        () = story.act(shop, &client) => false,
        () = until("the step", TIMEOUT, async || held.hits() >= step) => true,
    };
    shop.kill().await;
    drop(held);
    shop.start().await;
    story.recover(shop).await;
    came_to_it
}
