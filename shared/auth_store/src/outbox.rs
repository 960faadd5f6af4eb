//! Status changes that wait to be told to the loyalty side. They are written with the change itself.

use events::UserStatusChanged;
use jiff::Timestamp;
use pg::{PgError, Row, Type};
use runtime::Metric;
use uuid::Uuid;

use crate::AuthStore;

/// What waits in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Events that are not published.
    pub depth: u64,
    /// When the oldest of them happened, UTC.
    pub oldest: Option<Timestamp>,
}

impl Backlog {
    /// `outbox_depth` and `outbox_age_seconds`, at the time `now`.
    pub fn metrics(self, now: Timestamp) -> [Metric; 2] {
        let age = self
            .oldest
            .map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64());
        [
            Metric::count(
                "outbox_depth",
                "Changes of status that are not published.",
                self.depth,
            ),
            Metric::age(
                "outbox_age_seconds",
                "Age of the oldest change of status that is not published; 0 without any.",
                age.max(0.0),
            ),
        ]
    }
}

/// An event, and when what it tells happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurred {
    /// The event.
    pub event_id: Uuid,
    /// When, UTC.
    pub at: Timestamp,
}

impl AuthStore {
    /// What waits in the outbox, claimed or not.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn backlog(&self) -> Result<Backlog, PgError> {
        let sql = "SELECT count(*), min(occurred_at) FROM outbox WHERE published_at IS NULL";
        let row = self.pool.row(sql, &[]).await?;
        let row = row.ok_or_else(|| PgError::Bug("an aggregate without a row".to_owned()))?;
        Ok(Backlog {
            depth: row.try_get::<_, i64>(0)?.unsigned_abs(),
            oldest: row.try_get(1)?,
        })
    }

    /// Up to `limit` of the latest events, of those that happened since `since`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn latest_events(
        &self,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<Occurred>, PgError> {
        let sql = "SELECT event_id, occurred_at
            FROM (SELECT event_id, occurred_at FROM outbox ORDER BY id DESC LIMIT $2) AS latest
            WHERE occurred_at >= $1";
        let params: [pg::Param; 2] = [(&since, Type::TIMESTAMPTZ), (&limit, Type::INT8)];
        let rows = self.pool.rows(sql, &params).await?;
        let occurred = |row: &Row| {
            Ok(Occurred {
                event_id: row.try_get(0)?,
                at: row.try_get(1)?,
            })
        };
        rows.iter().map(occurred).collect()
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
