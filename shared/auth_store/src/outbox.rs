//! Status changes that wait to be told to the loyalty side. They are written with the change itself.

use events::UserStatusChanged;
use jiff::Timestamp;
use pg::{PgError, Row, Type};
use uuid::Uuid;

use crate::AuthStore;

impl AuthStore {
    /// Claims up to `limit` events that are to be published now, the oldest first, until `until`: of each user the first
    /// that is not published, unless somebody has claimed it. So a user's next event can be claimed only after this one
    /// is noted as published, and several relays at once keep each user's order without knowing of each other.
    ///
    /// A claim is a time in the row, not a lock: nothing is held while the broker is waited for, and the claim of a
    /// relay that died runs out. There is no cursor: one would skip a transaction that commits after a later-numbered
    /// one.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn claim_events(
        &self,
        limit: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<UserStatusChanged>, PgError> {
        // Apart from the UPDATE, which could otherwise run the choice more than once, and claim more.
        let sql = "WITH free AS MATERIALIZED (
                SELECT id FROM outbox o
                WHERE published_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $2)
                    AND NOT EXISTS (
                        SELECT FROM outbox earlier
                        WHERE earlier.user_id = o.user_id AND earlier.version < o.version
                            AND earlier.published_at IS NULL
                    )
                ORDER BY id LIMIT $1
                FOR UPDATE SKIP LOCKED
            )
            UPDATE outbox SET claimed_until = $3 FROM free WHERE outbox.id = free.id
            RETURNING event_id, user_id, status, version, occurred_at,
                 (SELECT first_account_id FROM users WHERE users.id = outbox.user_id)";
        let params: [pg::Param; 3] = [
            (&limit, Type::INT8),
            (&now, Type::TIMESTAMPTZ),
            (&until, Type::TIMESTAMPTZ),
        ];
        let rows = self.pool.rows(sql, &params).await?;
        rows.iter().map(event).collect()
    }

    /// Notes that these events are published. Returns how many of them nobody had noted before.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn mark_published(&self, event_ids: &[Uuid], now: Timestamp) -> Result<u64, PgError> {
        let sql = "UPDATE outbox SET published_at = $2, claimed_until = NULL
                   WHERE event_id = ANY ($1) AND published_at IS NULL";
        let params: [pg::Param; 2] = [(&event_ids, Type::UUID_ARRAY), (&now, Type::TIMESTAMPTZ)];
        self.pool.execute(sql, &params).await
    }

    /// Gives back events that could not be published: nobody claims them before `again`. `until` is that of the claim,
    /// and tells it from a later one. Returns how many were given back.
    ///
    /// # Errors
    /// Any [`PgError`]; the claim then runs out by itself.
    pub async fn give_back_events(
        &self,
        event_ids: &[Uuid],
        until: Timestamp,
        again: Timestamp,
    ) -> Result<u64, PgError> {
        let sql = "UPDATE outbox SET claimed_until = $3
                   WHERE event_id = ANY ($1) AND claimed_until = $2 AND published_at IS NULL";
        let params: [pg::Param; 3] = [
            (&event_ids, Type::UUID_ARRAY),
            (&until, Type::TIMESTAMPTZ),
            (&again, Type::TIMESTAMPTZ),
        ];
        self.pool.execute(sql, &params).await
    }
}

fn event(row: &Row) -> Result<UserStatusChanged, PgError> {
    Ok(UserStatusChanged {
        event_id: row.try_get(0)?,
        user_id: row.try_get(1)?,
        status: crate::named(row, 2)?,
        version: row.try_get(3)?,
        occurred_at: row.try_get(4)?,
        first_account_id: row.try_get(5)?,
    })
}
