//! Sessions: one row each, however often its refresh token is rotated.

use domain::{Role, UserStatus};
use jiff::Timestamp;
use pg::PgError;
use uuid::Uuid;

use crate::AuthStore;

pg::statements! {
    // The lock waits for a deletion, blocking or new password under way, whose outcome then counts.
    /// Opens the session $1 of the user $2 with the refresh token $3 at the time $4, until $5, if the user is active and
    /// has the password version $6.
    OPEN(UUID, UUID, BYTEA, TIMESTAMPTZ, TIMESTAMPTZ, INT8) = "
        INSERT INTO sessions (id, user_id, refresh_hash, rotated_at, created_at, expires_at)
        SELECT $1, id, $3, $4, $4, $5 FROM users
        WHERE id = $2 AND status = 'active' AND password_version = $6 FOR SHARE";
    /// The session $1.
    BY_ID(UUID) = "
        SELECT s.id, s.user_id, u.role, u.status, s.generation, s.refresh_hash,
               s.rotated_at, s.expires_at, s.revoked_at, s.created_at
        FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1";
    /// Replaces the refresh token $3 of generation $2 of the session $1 by $4 at the time $5, until $6.
    ROTATE(UUID, INT4, BYTEA, BYTEA, TIMESTAMPTZ, TIMESTAMPTZ) = "
        UPDATE sessions s
        SET generation = s.generation + 1, refresh_hash = $4, rotated_at = $5, expires_at = $6
        FROM users u
        WHERE s.id = $1 AND s.generation = $2 AND s.refresh_hash = $3
          AND s.revoked_at IS NULL AND s.expires_at > $5
          AND u.id = s.user_id AND u.status = 'active'";
    /// Ends the session $1 at the time $2, unless it has ended.
    END(UUID, TIMESTAMPTZ) = "UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    /// Ends the live sessions of the user $1 at the time $2, but for $3.
    END_ALL(UUID, TIMESTAMPTZ, UUID) = "
        UPDATE sessions SET revoked_at = $2
        WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $3 RETURNING id";
}

/// A session to be opened, at generation 0.
#[derive(Debug, Clone, Copy)]
pub struct NewSession {
    /// Its id, made by the caller.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// Which of the user's passwords was proved: [`Account::password_version`](crate::Account::password_version).
    pub password_version: i64,
    /// SHA-256 of its first refresh token.
    pub refresh_hash: [u8; 32],
    /// Until when that token is good.
    pub expires_at: Timestamp,
}

/// A session and the status of its user.
#[derive(Debug, Clone)]
pub struct Session {
    /// The session.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// What they may do.
    pub role: Role,
    /// Whether they may do it.
    pub user_status: UserStatus,
    /// How often its refresh token was rotated.
    pub generation: u32,
    /// SHA-256 of the current refresh token.
    pub refresh_hash: Vec<u8>,
    /// When its user logged in.
    pub created_at: Timestamp,
    /// When the current refresh token was made.
    pub rotated_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// When the session was ended, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// One step of a session, from the token at hand to its successor.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// The session.
    pub session_id: Uuid,
    /// The generation at hand.
    pub generation: u32,
    /// SHA-256 of the token at hand.
    pub refresh_hash: [u8; 32],
    /// SHA-256 of its successor.
    pub successor_hash: [u8; 32],
    /// Until when the successor is good.
    pub expires_at: Timestamp,
}

impl AuthStore {
    /// Opens a session. False when the user is not active any more, or has another password by now.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn open_session(&self, new: &NewSession, now: Timestamp) -> Result<bool, PgError> {
        let hash = new.refresh_hash.as_slice();
        let values: [pg::Value; 6] = [
            &new.id,
            &new.user_id,
            &hash,
            &now,
            &new.expires_at,
            &new.password_version,
        ];
        Ok(self.pool.run(&OPEN, &values).await? == 1)
    }

    /// A session with the status of its user.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn session(&self, session_id: Uuid) -> Result<Option<Session>, PgError> {
        let Some(row) = self.pool.fetch_optional(&BY_ID, &[&session_id]).await? else {
            return Ok(None);
        };
        Ok(Some(Session {
            id: row.try_get(0)?,
            user_id: row.try_get(1)?,
            role: crate::named(&row, 2)?,
            user_status: crate::named(&row, 3)?,
            generation: row.try_get::<_, i32>(4)?.unsigned_abs(),
            refresh_hash: row.try_get(5)?,
            rotated_at: row.try_get(6)?,
            expires_at: row.try_get(7)?,
            revoked_at: row.try_get(8)?,
            created_at: row.try_get(9)?,
        }))
    }

    /// Makes the successor the current refresh token. False when the token at hand is not current (any more), or the
    /// session or its user is not live.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn rotate_session(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<bool, PgError> {
        let Ok(generation) = i32::try_from(rotation.generation) else {
            return Ok(false);
        };
        let (hash, successor) = (
            rotation.refresh_hash.as_slice(),
            rotation.successor_hash.as_slice(),
        );
        let values: [pg::Value; 6] = [
            &rotation.session_id,
            &generation,
            &hash,
            &successor,
            &now,
            &rotation.expires_at,
        ];
        Ok(self.pool.run(&ROTATE, &values).await? == 1)
    }

    /// Ends a session. False when it had ended already, or never was.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn end_session(&self, session_id: Uuid, now: Timestamp) -> Result<bool, PgError> {
        Ok(self.pool.run(&END, &[&session_id, &now]).await? == 1)
    }

    /// Ends every live session of a user, but for the one to `keep`, and returns them.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn end_sessions(
        &self,
        user_id: Uuid,
        keep: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Vec<Uuid>, PgError> {
        let rows = self.pool.fetch(&END_ALL, &[&user_id, &now, &keep]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
