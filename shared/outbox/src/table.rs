//! The table: events are claimed, published, and removed when they have been kept long enough.

use jiff::Timestamp;
use pg::{AdHoc, PgError, Pool, Row, Type};
use uuid::Uuid;

use crate::Gauge;

/// An outbox whose events are `E`s: the table `outbox` of a database. Clones share one pool.
pub struct Outbox<E: 'static> {
    pub(crate) pool: Pool,
    pub(crate) layout: &'static Layout<E>,
}

/// How the events of an outbox lie in its table, and what its metrics are called. Beside the event's own columns the
/// table has `id`, `event_id`, `user_id`, `occurred_at`, `published_at` and `claimed_until`.
#[derive(Debug)]
pub struct Layout<E> {
    /// The column that grows with every event of a user.
    pub order: &'static str,
    /// The columns that `event` reads.
    pub columns: &'static str,
    /// The event in a row of these columns.
    pub event: fn(&Row) -> Result<E, PgError>,
    /// How many events are not published.
    pub depth: Gauge,
    /// The age of the oldest of them.
    pub age: Gauge,
}

impl<E> Clone for Outbox<E> {
    fn clone(&self) -> Outbox<E> {
        Outbox::new(self.pool.clone(), self.layout)
    }
}

impl<E> Outbox<E> {
    /// The outbox in the database of `pool`.
    pub fn new(pool: Pool, layout: &'static Layout<E>) -> Outbox<E> {
        Outbox { pool, layout }
    }

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
    pub async fn claim(
        &self,
        limit: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<E>, PgError> {
        let Layout { order, columns, .. } = self.layout;
        // Apart from the UPDATE, which could otherwise run the choice more than once, and claim more.
        let sql = format!(
            "WITH free AS MATERIALIZED (
                SELECT id AS free_id FROM outbox o
                WHERE published_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $2)
                    AND NOT EXISTS (
                        SELECT FROM outbox earlier
                        WHERE earlier.user_id = o.user_id AND earlier.{order} < o.{order}
                            AND earlier.published_at IS NULL
                    )
                ORDER BY id LIMIT $1
                FOR UPDATE SKIP LOCKED
            )
            UPDATE outbox SET claimed_until = $3 FROM free WHERE outbox.id = free_id
            RETURNING {columns}"
        );
        let params: [pg::Param; 3] = [
            (&limit, Type::INT8),
            (&now, Type::TIMESTAMPTZ),
            (&until, Type::TIMESTAMPTZ),
        ];
        let rows = self.pool.rows(&sql, &params).await?;
        rows.iter().map(self.layout.event).collect()
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
    pub async fn give_back(
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

    /// Removes up to `limit` of the events that were published before `before`, the oldest first, and returns how many.
    /// What is not published stays. Several callers at once remove different ones.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn remove_published(&self, before: Timestamp, limit: i64) -> Result<u64, PgError> {
        // The rows are chosen once, before the first is removed, and what another caller is at is left to it.
        let sql = "DELETE FROM outbox WHERE id = ANY (ARRAY(
                SELECT id FROM outbox WHERE published_at < $1
                ORDER BY published_at LIMIT $2 FOR UPDATE SKIP LOCKED))";
        let params: [pg::Param; 2] = [(&before, Type::TIMESTAMPTZ), (&limit, Type::INT8)];
        self.pool.execute(sql, &params).await
    }
}
