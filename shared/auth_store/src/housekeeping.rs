//! Rows that are kept for a limited time: docs/data-retention.md has the times and their reasons.

use jiff::{SignedDuration, Timestamp};
use pg::PgError;

use crate::AuthStore;

pg::statements! {
    // The rows are chosen once, before the first is removed, and what another runner is at is left to it.
    /// Removes up to $2 of the sessions that were over before the day of $1.
    REMOVE_SESSIONS(TIMESTAMPTZ, INT8) = "
        DELETE FROM sessions WHERE id = ANY (ARRAY(
            SELECT id FROM sessions WHERE over_on < ($1 AT TIME ZONE 'UTC')::date
            ORDER BY over_on LIMIT $2 FOR UPDATE SKIP LOCKED))";
    /// Removes up to $2 of what staff did before $1.
    REMOVE_STAFF_ACTIONS(TIMESTAMPTZ, INT8) = "
        DELETE FROM staff_actions WHERE id = ANY (ARRAY(
            SELECT id FROM staff_actions WHERE occurred_at < $1
            ORDER BY occurred_at LIMIT $2 FOR UPDATE SKIP LOCKED))";
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The tables that would grow for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ageing {
    /// Sessions that ended or expired 30 days ago; by the day, in UTC.
    Sessions,
    /// Rows of the outbox that were published 30 days ago. What is not published stays.
    Events,
    /// What staff did three years ago.
    StaffActions,
}

impl Ageing {
    /// How long a row is kept.
    fn kept(self) -> SignedDuration {
        match self {
            Ageing::Sessions | Ageing::Events => DAY * 30,
            Ageing::StaffActions => DAY * 3 * 366,
        }
    }
}

impl AuthStore {
    /// Removes the oldest rows that have been kept long enough by `now`, at most `limit`, and returns how many. Several
    /// runners at once remove different rows.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn remove_old(
        &self,
        what: Ageing,
        limit: i64,
        now: Timestamp,
    ) -> Result<u64, PgError> {
        let before = now - what.kept();
        let statement = match what {
            Ageing::Events => return self.outbox().remove_published(before, limit).await,
            Ageing::Sessions => &REMOVE_SESSIONS,
            Ageing::StaffActions => &REMOVE_STAFF_ACTIONS,
        };
        self.pool.run(statement, &[&before, &limit]).await
    }
}
