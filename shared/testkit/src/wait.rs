//! Waiting for a condition, not for a fixed time.

use std::time::{Duration, Instant};

/// The longest that anything may take.
pub const TIMEOUT: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(20);

/// Polls until `ask` returns `Some`. Returns the value, and how long that took. Panics when `patience` runs out.
pub async fn until<T>(
    what: &str,
    patience: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> (T, Duration) {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return (answer, started.elapsed());
        }
        assert!(
            started.elapsed() < patience,
            "after {patience:?} still not: {what}"
        );
        tokio::time::sleep(PAUSE).await;
    }
}
