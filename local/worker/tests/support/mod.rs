//! What the tests of the worker share.
#![allow(dead_code, reason = "each test target uses its own part")]

pub mod holds;
pub mod people;
pub mod proxy;
pub mod sales;

use std::time::Duration;

use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(10);

/// Asks until the answer is yes. Panics when `patience` runs out.
pub async fn until(what: &str, patience: Duration, mut ask: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + patience;
    while !ask().await {
        assert!(Instant::now() < end, "after {patience:?} still not: {what}");
        sleep(PAUSE).await;
    }
}
