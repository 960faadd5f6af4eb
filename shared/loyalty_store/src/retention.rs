//! For how long decisions are kept: docs/data-retention.md.

use jiff::Timestamp;
use pg::PgError;

use crate::LoyaltyStore;

/// How many months refusals are kept. What was accepted is kept with its application.
const RETENTION_MONTHS: i32 = 13;

pg::statements! {
    MAINTAIN_DECISION_PARTITIONS(TIMESTAMPTZ, INT4) =
        "SELECT maintain_decision_partitions(p_now => $1, p_keep_months => $2)";
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
}
