//! For how long decisions and the requests of staff are kept: docs/data-retention.md.

use jiff::{SignedDuration, Timestamp};
use pg::PgError;

use crate::LoyaltyStore;

/// How many months refusals are kept. What was accepted is kept with its application.
const RETENTION_MONTHS: i32 = 13;
/// How long a request of staff that is repeated changes nothing more.
const REQUEST_RETENTION: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Rows that one statement removes at most: some milliseconds, which nobody waits for.
const BATCH: u16 = 1000;

pg::statements! {
    MAINTAIN_DECISION_PARTITIONS(TIMESTAMPTZ, INT4) =
        "SELECT maintain_decision_partitions(p_now => $1, p_keep_months => $2)";
    // The rows are chosen once, before the first is removed, and what another runner is at is left to it. They are never
    // updated, so each is where it was found.
    /// Removes up to $2 of the requests of staff before $1.
    REMOVE_STAFF_REQUESTS(TIMESTAMPTZ, INT8) = "
        DELETE FROM staff_requests WHERE ctid = ANY (ARRAY(
            SELECT r.ctid FROM staff_requests r WHERE r.at < $1
            ORDER BY r.at LIMIT $2 FOR UPDATE SKIP LOCKED))";
}

impl LoyaltyStore {
    /// Makes room for the refusals of the months to come and forgets those that are 13 months old. Cheap when there is
    /// nothing to do.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn maintain_decision_partitions(&self, now: Timestamp) -> Result<(), PgError> {
        self.pool
            .fetch(&MAINTAIN_DECISION_PARTITIONS, &[&now, &RETENTION_MONTHS])
            .await
            .map(drop)
    }

    /// Removes the Idempotency-Keys of staff that are older than seven days, a batch at a time, and returns how many.
    /// Several runners at once remove different ones.
    ///
    /// # Errors
    /// Any [`PgError`]; what was removed before stays so.
    pub async fn purge_staff_requests(&self, now: Timestamp) -> Result<u64, PgError> {
        let (before, limit) = (now - REQUEST_RETENTION, i64::from(BATCH));
        let mut total = 0;
        loop {
            let removed = self
                .pool
                .run(&REMOVE_STAFF_REQUESTS, &[&before, &limit])
                .await?;
            total += removed;
            if removed < BATCH.into() {
                return Ok(total);
            }
        }
    }
}
