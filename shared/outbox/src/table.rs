//! The table: events are claimed, published, and removed when they have been kept long enough.

use jiff::Timestamp;
use pg::{PgError, Pool, Row, Statement, Value};
use uuid::Uuid;

use crate::Gauge;

pg::statements! {
    /// Notes that the events $1 are published at the time $2.
    MARK_PUBLISHED(UUID_ARRAY, TIMESTAMPTZ) = "
        UPDATE outbox SET published_at = $2, claimed_until = NULL
        WHERE event_id = ANY ($1) AND published_at IS NULL";
    /// Releases the events $1, claimed until $2: nobody claims them before $3.
    GIVE_BACK(UUID_ARRAY, TIMESTAMPTZ, TIMESTAMPTZ) = "
        UPDATE outbox SET claimed_until = $3
        WHERE event_id = ANY ($1) AND claimed_until = $2 AND published_at IS NULL";
    // The rows are chosen once, before the first is removed, and what another caller is at is left to it.
    /// Removes up to $2 events that were published before $1.
    REMOVE_PUBLISHED(TIMESTAMPTZ, INT8) = "
        DELETE FROM outbox WHERE id = ANY (ARRAY(
            SELECT id FROM outbox WHERE published_at < $1
            ORDER BY published_at LIMIT $2 FOR UPDATE SKIP LOCKED))";
}

/// The text of a [`Layout::claim`]. `order` is the column that grows with every event of a user, `columns` are those that
/// [`Layout::event`] reads.
#[macro_export]
macro_rules! claim_sql {
    (order = $order:literal, columns = $columns:literal $(,)?) => {
        // Apart from the UPDATE, which could otherwise run the choice more than once, and claim more.
        concat!(
            "
        WITH free AS MATERIALIZED (
            SELECT id AS free_id FROM outbox o
            WHERE published_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $2)
                AND NOT EXISTS (
                    SELECT FROM outbox earlier
                    WHERE earlier.user_id = o.user_id AND earlier.",
            $order,
            " < o.",
            $order,
            "
                        AND earlier.published_at IS NULL
                )
            ORDER BY id LIMIT $1
            FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox SET claimed_until = $3 FROM free WHERE outbox.id = free_id
        RETURNING ",
            $columns
        )
    };
}

/// An outbox whose events are `E`s: the table `outbox` of a database. Clones share one pool.
pub struct Outbox<E: 'static> {
    pub(crate) pool: Pool,
    pub(crate) layout: &'static Layout<E>,
}

/// How the events of an outbox lie in its table, and what its metrics are called. Beside the event's own columns the
/// table has `id`, `event_id`, `user_id`, `occurred_at`, `published_at` and `claimed_until`.
#[derive(Debug)]
pub struct Layout<E> {
    /// Claims up to $1 events at the time $2 until $3 and returns them: [`claim_sql!`](crate::claim_sql).
    pub claim: &'static Statement,
    /// The event in a row that `claim` returns.
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
        let values: [Value; 3] = [&limit, &now, &until];
        let rows = self.pool.fetch(self.layout.claim, &values).await?;
        rows.iter().map(self.layout.event).collect()
    }

    /// Notes that these events are published. Returns how many of them nobody had noted before.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn mark_published(&self, event_ids: &[Uuid], now: Timestamp) -> Result<u64, PgError> {
        self.pool.run(&MARK_PUBLISHED, &[&event_ids, &now]).await
    }

    /// Gives back events that could not be published: nobody claims them before `again`. `until` is that of the claim,
    /// and distinguishes it from a later one. Returns how many were released.
    ///
    /// # Errors
    /// Any [`PgError`]; the claim then runs out by itself.
    pub async fn release_claims(
        &self,
        event_ids: &[Uuid],
        until: Timestamp,
        again: Timestamp,
    ) -> Result<u64, PgError> {
        let values: [Value; 3] = [&event_ids, &until, &again];
        self.pool.run(&GIVE_BACK, &values).await
    }

    /// Removes up to `limit` of the events that were published before `before`, the oldest first, and returns how many.
    /// What is not published stays. Several callers at once remove different ones.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn remove_published(&self, before: Timestamp, limit: i64) -> Result<u64, PgError> {
        self.pool.run(&REMOVE_PUBLISHED, &[&before, &limit]).await
    }
}
