//! What the tests of the worker share.

pub mod holds;
pub mod people;
pub mod proxy;
pub mod sales;

use std::time::Duration;

use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(10);

/// Polls until `ask` returns true. Panics when `timeout` runs out.
pub async fn until(what: &str, timeout: Duration, mut ask: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + timeout;
    while !ask().await {
        assert!(Instant::now() < end, "after {timeout:?} still not: {what}");
        sleep(PAUSE).await;
    }
}
