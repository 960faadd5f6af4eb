//! Publishes what is in an outbox.

use std::time::Duration;

use domain::Clock;
use events::{Event, PublishError, Publisher};
use runtime::ConfigError;
use tokio::time::{Instant, sleep, timeout};

use crate::Outbox;

/// Events claimed and published at a time.
const BATCH: i64 = 100;
/// How long a batch may take to be published. What is still unknown then is published again.
const PUBLISHING: Duration = Duration::from_secs(12);
/// How long events stay claimed: longer than publishing takes, so that no two relays publish the same. The events of a
/// relay that died wait for so long.
const CLAIM: Duration = Duration::from_secs(15);
/// Before an event that was refused is tried again. Others go first meanwhile.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);
/// The pause between polls of an empty outbox.
const IDLE: Duration = Duration::from_millis(200);
/// The pause after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Why the outbox could not be emptied. What was published is noted as such, the rest is tried again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] pg::PgError),
    /// The broker failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Publishes the oldest events of the outbox: of each user the first. Returns how many it published: none means that
/// there is nothing to publish, unless another relay does it just now.
///
/// Any number of relays may run at once. An event whose publication could not be noted is published again when the claim
/// has expired; receivers ignore the second.
///
/// # Errors
/// When not all went through.
pub async fn relay_batch<E: Event>(
    outbox: &Outbox<E>,
    publisher: &impl Publisher,
    clock: &dyn Clock,
) -> Result<usize, RelayError> {
    let now = clock.now();
    let until = now + CLAIM;
    let events = outbox.claim(BATCH, now, until).await?;
    if events.is_empty() {
        return Ok(0);
    }
    let results = timeout(PUBLISHING, publisher.publish(&events)).await;
    let results = results.unwrap_or_else(|_| vec![Err(late()); events.len()]);
    let (mut published, mut refused, mut failure) = (Vec::new(), Vec::new(), None);
    for (event, result) in events.iter().zip(results) {
        match result {
            Ok(()) => published.push(event.id()),
            Err(error) => {
                refused.push(event.id());
                failure.get_or_insert(error);
            }
        }
    }
    if !published.is_empty() {
        outbox.mark_published(&published, clock.now()).await?;
    }
    let Some(failure) = failure else {
        return Ok(published.len());
    };
    let again = clock.now() + AFTER_REFUSAL;
    outbox.release_claims(&refused, until, again).await?;
    Err(failure.into())
}

fn late() -> PublishError {
    PublishError::Unavailable("not published in time".to_owned())
}

/// Publishes until nothing is left to be published. Returns how many events it published.
///
/// # Errors
/// At the first batch that did not go through completely.
pub async fn relay_once<E: Event>(
    outbox: &Outbox<E>,
    publisher: &impl Publisher,
    clock: &dyn Clock,
) -> Result<usize, RelayError> {
    let mut total = 0;
    loop {
        match relay_batch(outbox, publisher, clock).await? {
            0 => return Ok(total),
            published => total += published,
        }
    }
}

/// For how long a run of a Lambda relays: `RELAY_RUN_SECONDS`, 60 by default.
///
/// # Errors
/// When the variable is no number.
pub fn run_from_env() -> Result<Duration, ConfigError> {
    runtime::parsed_or("RELAY_RUN_SECONDS", 60).map(Duration::from_secs)
}

/// Keeps the outbox empty for `period`, so that between two runs of a schedule an event waits for a moment only.
///
/// # Errors
/// The failure of the last attempt, if it failed; earlier ones are logged.
pub async fn relay_for<E: Event>(
    period: Duration,
    outbox: &Outbox<E>,
    publisher: &impl Publisher,
    clock: &dyn Clock,
) -> Result<usize, RelayError> {
    let end = Instant::now() + period;
    let mut total = 0;
    loop {
        let result = relay_batch(outbox, publisher, clock).await;
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
