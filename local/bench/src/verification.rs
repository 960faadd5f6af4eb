//! What the check of an access token costs: each call but a few pays it.

use std::time::{Duration, Instant};

use domain::{Clock, Role};
use runtime::SystemClock;
use tokens::Verifier;

use crate::Result;
use crate::latencies::Latencies;
use crate::report::Goal;
use crate::world::World;

/// What it is called.
pub const NAME: &str = "access token, verified";

const TIMES: u64 = 2000;
const MAX_MEDIAN: Duration = Duration::from_micros(100);

/// Verifies different tokens, one after another, as a function does.
///
/// # Errors
/// When a token is not good.
pub fn goal(world: &World) -> Result<Goal> {
    let verifier = Verifier::from_env()?;
    let mut each = Vec::new();
    for n in world.take(TIMES).numbers() {
        let token = world.access_token(n, Role::User)?;
        let started = Instant::now();
        verifier.verify(&token, SystemClock.now())?;
        each.push(started.elapsed());
    }
    let each = Latencies::of(each);
    let [median, p99] = [50, 99].map(|percent| each.percentile(percent));
    Ok(Goal {
        text: format!(
            "{NAME}: median {} µs, p99 {} µs (median below {})",
            median.as_micros(),
            p99.as_micros(),
            MAX_MEDIAN.as_micros()
        ),
        met: median < MAX_MEDIAN,
    })
}
