//! On a schedule: removes from the auth database what has been kept long enough (docs/data-retention.md).

use std::time::Duration;

use auth_store::{Ageing, AuthStore};
use domain::Clock;
use pg::PgError;
use tokio::time::Instant;

/// Rows that one statement removes at most: some milliseconds, which nobody waits for.
const BATCH: u16 = 1000;

/// The rows that a run removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Sessions that ended or expired.
    pub sessions: u64,
    /// Events that were published.
    pub events: u64,
    /// What staff did.
    pub staff_actions: u64,
}

/// Removes batch by batch what is old, until nothing of it is left or `period` is over: then the next run goes on.
/// Several runs at once do no harm.
///
/// # Errors
/// Any [`PgError`]; what was removed before stays so.
pub async fn remove_old(
    period: Duration,
    store: &AuthStore,
    clock: &dyn Clock,
) -> Result<Removed, PgError> {
    let end = Instant::now() + period;
    let mut removed = Removed::default();
    for (what, count) in [
        (Ageing::Sessions, &mut removed.sessions),
        (Ageing::Events, &mut removed.events),
        (Ageing::StaffActions, &mut removed.staff_actions),
    ] {
        loop {
            let batch = store.remove_old(what, BATCH.into(), clock.now()).await?;
            *count += batch;
            if batch < BATCH.into() || Instant::now() >= end {
                break;
            }
        }
    }
    let Removed {
        sessions,
        events,
        staff_actions,
    } = removed;
    tracing::info!(sessions, events, staff_actions, "old rows removed");
    Ok(removed)
}
