//! What users see of their sessions.

use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};
use uuid::Uuid;

use crate::AuthStore;

/// A session that has neither ended nor expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveSession {
    /// The session.
    pub id: Uuid,
    /// When its user logged in.
    pub created_at: Timestamp,
    /// When its tokens were made or renewed last.
    pub last_used_at: Timestamp,
}

impl AuthStore {
    /// A user's live sessions, the last used first, at most `limit`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn live_sessions(
        &self,
        user_id: Uuid,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<LiveSession>, PgError> {
        let sql = "SELECT id, created_at, rotated_at FROM sessions
                   WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
                   ORDER BY rotated_at DESC, id LIMIT $3";
        let params: [pg::Param; 3] = [
            (&user_id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&limit, Type::INT8),
        ];
        let rows = self.pool.rows(sql, &params).await?;
        let session = |row: &pg::Row| {
            Ok(LiveSession {
                id: row.try_get(0)?,
                created_at: row.try_get(1)?,
                last_used_at: row.try_get(2)?,
            })
        };
        rows.iter().map(session).collect()
    }

    /// Ends a session of this user, if it had not ended already. False when the user never had such a session.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn end_own_session(
        &self,
        user_id: Uuid,
        session_id: Uuid,
        now: Timestamp,
    ) -> Result<bool, PgError> {
        let sql = "UPDATE sessions SET revoked_at = coalesce(revoked_at, $3) WHERE id = $1 AND user_id = $2";
        let params: [pg::Param; 3] = [
            (&session_id, Type::UUID),
            (&user_id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
        ];
        Ok(self.pool.execute(sql, &params).await? == 1)
    }
}
