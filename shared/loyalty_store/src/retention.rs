//! For how long decisions, the requests of staff and approvals are kept: docs/data-retention.md.

use jiff::{SignedDuration, Timestamp};
use pg::PgError;

use crate::LoyaltyStore;

/// How many months refusals are kept. What was accepted is kept with its application.
const RETENTION_MONTHS: i32 = 13;
/// How long a request of staff that is repeated changes nothing more.
const REQUEST_RETENTION: SignedDuration = SignedDuration::from_hours(24 * 7);
/// How long a change that was not approved is kept.
const APPROVAL_RETENTION: SignedDuration = SignedDuration::from_hours(24 * 400);
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
    /// Marks the approvals for which nobody decided by $1.
    EXPIRE_APPROVALS(TIMESTAMPTZ) = "
        UPDATE approvals SET state = 'expired' WHERE id IN (
            SELECT a.id FROM approvals a WHERE a.state = 'pending' AND a.expires_at <= $1 FOR NO KEY UPDATE SKIP LOCKED)";
    /// Removes what was asked for before $1 and not approved. There are never many.
    REMOVE_APPROVALS(TIMESTAMPTZ) = "
        DELETE FROM approvals WHERE requested_at < $1 AND state IN ('rejected', 'withdrawn', 'expired')";
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

    /// Marks the approvals that have expired, and removes those that were not approved and are older than 400 days.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn maintain_approvals(&self, now: Timestamp) -> Result<(), PgError> {
        self.pool.run(&EXPIRE_APPROVALS, &[&now]).await?;
        let before = now - APPROVAL_RETENTION;
        self.pool.run(&REMOVE_APPROVALS, &[&before]).await.map(drop)
    }
}
