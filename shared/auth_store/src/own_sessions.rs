//! What users see of their sessions.

use jiff::Timestamp;
use pg::PgError;
use uuid::Uuid;

use crate::AuthStore;

pg::statements! {
    /// Up to $3 live sessions of the user $1 at the time $2, the last used first.
    LIVE(UUID, TIMESTAMPTZ, INT8) = "
        SELECT id, created_at, rotated_at FROM sessions
        WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
        ORDER BY rotated_at DESC, id LIMIT $3";
    /// Ends the session $1 of the user $2 at the time $3, unless it has ended.
    END_OWN(UUID, UUID, TIMESTAMPTZ) = "
        UPDATE sessions SET revoked_at = coalesce(revoked_at, $3) WHERE id = $1 AND user_id = $2";
}

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
        let rows = self.pool.fetch(&LIVE, &[&user_id, &now, &limit]).await?;
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
        let ended = self
            .pool
            .run(&END_OWN, &[&session_id, &user_id, &now])
            .await?;
        Ok(ended == 1)
    }
}
