//! Status changes that wait to be told to the loyalty side. They are written with the change itself.

use events::UserStatusChanged;
use jiff::Timestamp;
use pg::{PgError, Row, Type};
use uuid::Uuid;

use crate::AuthStore;

impl AuthStore {
    /// The oldest `limit` events that are not published yet, in the order they were written.
    ///
    /// It claims nothing: two relays at once publish twice, which receivers ignore. There is no cursor either:
    /// one would skip a transaction that commits after a later-numbered one.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn unpublished_events(&self, limit: i64) -> Result<Vec<UserStatusChanged>, PgError> {
        let sql =
            "SELECT o.event_id, o.user_id, o.status, o.version, o.occurred_at, u.first_account_id
                   FROM outbox o LEFT JOIN users u ON u.id = o.user_id
                   WHERE o.published_at IS NULL ORDER BY o.id LIMIT $1";
        let rows = self.pool.rows(sql, &[(&limit, Type::INT8)]).await?;
        rows.iter().map(event).collect()
    }

    /// Notes that these events are published. Returns how many of them nobody had noted before.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn mark_published(&self, event_ids: &[Uuid], now: Timestamp) -> Result<u64, PgError> {
        let sql = "UPDATE outbox SET published_at = $2
                   WHERE event_id = ANY ($1) AND published_at IS NULL";
        let params: [pg::Param; 2] = [(&event_ids, Type::UUID_ARRAY), (&now, Type::TIMESTAMPTZ)];
        self.pool.execute(sql, &params).await
    }
}

fn event(row: &Row) -> Result<UserStatusChanged, PgError> {
    Ok(UserStatusChanged {
        event_id: row.try_get(0)?,
        user_id: row.try_get(1)?,
        status: row
            .try_get::<_, &str>(2)?
            .parse()
            .map_err(|_| PgError::Bug("a user status unknown to this version".to_owned()))?,
        version: row.try_get(3)?,
        occurred_at: row.try_get(4)?,
        first_account_id: row.try_get(5)?,
    })
}
