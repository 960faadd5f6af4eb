//! Changes of passwords.

use jiff::Timestamp;
use pg::PgError;
use uuid::Uuid;

use crate::{AuthStore, PasswordHash};

pg::statements! {
    /// Sets, for the active user $1 whose password version is $2, the hash $3 of a new password at the time $4, and
    /// ends all sessions but $5. One row, the sessions that were ended, if the user was so.
    CHANGE_PASSWORD(UUID, INT8, TEXT, TIMESTAMPTZ, UUID) = "
        WITH changed AS (
            UPDATE users
            SET password_hash = $3, password_version = password_version + 1, updated_at = $4
            WHERE id = $1 AND status = 'active' AND password_version = $2
            RETURNING id
        ), ended AS (
            UPDATE sessions SET revoked_at = $4
            FROM changed
            WHERE sessions.user_id = changed.id AND sessions.revoked_at IS NULL AND sessions.id <> $5
            RETURNING sessions.id
        )
        SELECT coalesce((SELECT array_agg(id) FROM ended), '{}') FROM changed";
    /// Sets, for the active user $1 whose password version is $2, another hash $3 of the same password.
    RENEW_HASH(UUID, INT8, TEXT) = "
        UPDATE users SET password_hash = $3 WHERE id = $1 AND status = 'active' AND password_version = $2";
}

/// A password to be put in the place of the one that was proved.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChange<'a> {
    /// The user.
    pub user_id: Uuid,
    /// Which password was proved: [`Account::password_version`](crate::Account::password_version).
    pub password_version: i64,
    /// The hash of the new one.
    pub password_hash: &'a PasswordHash,
    /// The session that goes on.
    pub keep: Uuid,
}

impl AuthStore {
    /// Sets a new password and ends every other session, in one statement. Returns the sessions ended, or `None` when
    /// the user is not active any more or has another password by now.
    ///
    /// A session opened while this waited for the account is not seen by it: call [`AuthStore::end_sessions`] after.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn change_password(
        &self,
        change: &PasswordChange<'_>,
        now: Timestamp,
    ) -> Result<Option<Vec<Uuid>>, PgError> {
        let values: [pg::Value; 5] = [
            &change.user_id,
            &change.password_version,
            &change.password_hash.0,
            &now,
            &change.keep,
        ];
        let row = self.pool.fetch_optional(&CHANGE_PASSWORD, &values).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Puts another hash of the same password in the place of an outdated one. False when the user is not active any
    /// more or has another password by now.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn renew_hash(
        &self,
        user_id: Uuid,
        password_version: i64,
        hash: &PasswordHash,
    ) -> Result<bool, PgError> {
        let values: [pg::Value; 3] = [&user_id, &password_version, &hash.0];
        Ok(self.pool.run(&RENEW_HASH, &values).await? == 1)
    }
}
