//! Publishes status changes from the outbox of the auth database.

mod order;

use std::time::Duration;

use auth_store::AuthStore;
use domain::Clock;
use events::{PublishError, Publisher};
use tokio::time::{Instant, sleep};

/// Events read and published at a time.
const BATCH: i64 = 100;
/// Between two looks into an empty outbox.
const IDLE: Duration = Duration::from_millis(200);
/// After a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Why the outbox could not be emptied. What was published is noted as such, the rest is tried again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The auth database failed.
    #[error(transparent)]
    Store(#[from] pg::PgError),
    /// The broker failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Publishes the oldest events of the outbox. Returns how many it published: none means that the outbox is empty.
///
/// An event whose publication could not be noted is published again; receivers ignore the second.
///
/// # Errors
/// When not all went through.
pub async fn relay_batch(
    store: &AuthStore,
    publisher: &impl Publisher,
    clock: &dyn Clock,
) -> Result<usize, RelayError> {
    let events = store.unpublished_events(BATCH).await?;
    let published = order::publish(publisher, &events).await;
    if !published.event_ids.is_empty() {
        store
            .mark_published(&published.event_ids, clock.now())
            .await?;
    }
    match published.failure {
        Some(error) => Err(error.into()),
        None => Ok(published.event_ids.len()),
    }
}

/// Publishes until the outbox is empty. Returns how many events it published.
///
/// # Errors
/// At the first batch that did not go through completely.
pub async fn relay_once(
    store: &AuthStore,
    publisher: &impl Publisher,
    clock: &dyn Clock,
) -> Result<usize, RelayError> {
    let mut total = 0;
    loop {
        match relay_batch(store, publisher, clock).await? {
            0 => return Ok(total),
            published => total += published,
        }
    }
}

/// Keeps the outbox empty for `period`, so that between two runs of a schedule an event waits for a moment only.
///
/// # Errors
/// The failure of the last attempt, if it failed; earlier ones are logged.
pub async fn relay_for(
    period: Duration,
    store: &AuthStore,
    publisher: &impl Publisher,
    clock: &dyn Clock,
) -> Result<usize, RelayError> {
    let end = Instant::now() + period;
    let mut total = 0;
    loop {
        let result = relay_batch(store, publisher, clock).await;
        let pause = match &result {
            Ok(0) => IDLE,
            Ok(published) => {
                total += published;
                Duration::ZERO
            }
            Err(_) => AFTER_FAILURE,
        };
        if Instant::now() + pause >= end {
            return result.map(|_| total);
        }
        if let Err(error) = result {
            tracing::warn!(%error, "could not empty the outbox; trying again");
        }
        sleep(pause).await;
    }
}
