//! Invariants across the tables.

use jiff::Timestamp;
use pg::PgError;

use crate::AuthStore;

pg::statements! {
    /// Accounts that were deleted and left no tombstone, or something personal; sessions that outlived their account;
    /// events from the future. $1: the time.
    CONTRADICTIONS(TIMESTAMPTZ) = "
        SELECT 'user ' || id || ' is deleted and has no tombstone' FROM users
        WHERE status = 'deleted' AND NOT EXISTS (SELECT FROM tombstones WHERE user_id = id)
        UNION ALL
        SELECT 'user ' || user_id || ' has a tombstone and is ' || status FROM tombstones JOIN users ON id = user_id
        WHERE status <> 'deleted'
        UNION ALL
        SELECT 'session ' || s.id || ' goes on, and user ' || u.id || ' is ' || u.status
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.revoked_at IS NULL AND s.expires_at > $1 AND u.status <> 'active'
        UNION ALL
        SELECT 'event ' || o.event_id || ' says version ' || o.version || ' of user ' || u.id || ', which has version ' || u.version
        FROM outbox o JOIN users u ON u.id = o.user_id WHERE o.version > u.version";
}

impl AuthStore {
    /// All contradictions, in words without personal data; empty when all is well.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn contradictions(&self, now: Timestamp) -> Result<Vec<String>, PgError> {
        let rows = self.pool.fetch_slowly(&CONTRADICTIONS, &[&now]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
