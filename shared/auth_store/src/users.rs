//! Accounts.

use domain::{Email, PersonName, Role, UserStatus};
use jiff::Timestamp;
use pg::{PgError, Row};
use uuid::Uuid;

use crate::{AuthStore, PasswordHash};

/// The columns that [`account`] reads.
macro_rules! account_columns {
    () => {
        "id, role, status, email_key, password_hash, password_version"
    };
}

pg::statements! {
    /// Makes an account and its event: migrations/auth/functions/register_user.sql.
    REGISTER(UUID, TEXT, TEXT, TEXT, TEXT, BYTEA, UUID, TIMESTAMPTZ) = "
        SELECT register_user(
            p_user_id => $1, p_email => $2, p_email_key => $3, p_name => $4, p_password_hash => $5,
            p_email_hmac => $6, p_event_id => $7, p_now => $8)";
    /// The account whose address has the unique form $1.
    BY_EMAIL(TEXT) = concat!("SELECT ", account_columns!(), " FROM users WHERE email_key = $1");
    /// The account $1.
    BY_ID(UUID) = concat!("SELECT ", account_columns!(), " FROM users WHERE id = $1");
    /// Deletes the account $1 at the time $2 if its address has the unique form $3: leaves the tombstone $4, ends every
    /// session and writes the event $5. One row, the sessions that were ended, if it was deleted.
    DELETE(UUID, TIMESTAMPTZ, TEXT, BYTEA, UUID) = "
        WITH gone AS (
            UPDATE users
            SET status = 'deleted', version = version + 1, updated_at = $2,
                email = NULL, email_key = NULL, name = NULL, password_hash = NULL
            WHERE id = $1 AND status <> 'deleted' AND role <> 'admin' AND email_key = $3
            RETURNING id, status, version
        ), tombstone AS (
            INSERT INTO tombstones (user_id, email_hmac, deleted_at)
            SELECT id, $4, $2 FROM gone
        ), event AS (
            INSERT INTO outbox (event_id, user_id, status, version, occurred_at)
            SELECT $5, id, status, version, $2 FROM gone
        ), ended AS (
            UPDATE sessions SET revoked_at = $2
            FROM gone WHERE sessions.user_id = gone.id AND sessions.revoked_at IS NULL
            RETURNING sessions.id
        )
        SELECT coalesce((SELECT array_agg(id) FROM ended), '{}') FROM gone";
}

/// An account to be made.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// Its id, made by the caller.
    pub id: Uuid,
    /// Where the user can be reached, and what they sign in with.
    pub email: &'a Email,
    /// How the user wants to be called.
    pub name: Option<&'a PersonName>,
    /// The hash of their password.
    pub password_hash: &'a PasswordHash,
    /// What would be kept of the address, and was kept if it had an account before.
    pub tombstone: [u8; 32],
    /// The ID of the event for the loyalty side.
    pub event_id: Uuid,
}

/// An account could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another account has the address, in whatever case.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// The database failed.
    #[error(transparent)]
    Pg(#[from] PgError),
}

/// What signing in and deleting look at. No `Debug`: it holds personal data.
#[derive(Clone)]
pub struct Account {
    /// The user.
    pub id: Uuid,
    /// What they may do.
    pub role: Role,
    /// Whether they may do it.
    pub status: UserStatus,
    /// The unique form of the address; none once deleted.
    pub email_key: Option<String>,
    /// None once deleted.
    pub password_hash: Option<PasswordHash>,
    /// Grows when the password becomes another one.
    pub password_version: i64,
}

/// An account to be deleted, as it was read.
#[derive(Clone, Copy)]
pub struct Deletion<'a> {
    /// The user.
    pub user_id: Uuid,
    /// The unique form of the address that `tombstone` was made of.
    pub email_key: &'a str,
    /// What will be kept of the address.
    pub tombstone: [u8; 32],
    /// The ID of the event for the loyalty side.
    pub event_id: Uuid,
}

impl AuthStore {
    /// Makes an active account and its event, in one statement. An account that was deleted before and had the same
    /// address is noted.
    ///
    /// # Errors
    /// [`RegisterError::EmailTaken`], also for the loser of a race.
    pub async fn register(&self, user: &NewUser<'_>, now: Timestamp) -> Result<(), RegisterError> {
        let tombstone = user.tombstone.as_slice();
        let (email, key) = (user.email.as_str(), user.email.key());
        let name = user.name.map(PersonName::as_str);
        let values: [pg::Value; 8] = [
            &user.id,
            &email,
            &key,
            &name,
            &user.password_hash.0,
            &tombstone,
            &user.event_id,
            &now,
        ];
        // A refused write would put the address into the database's log; so it is not tried.
        let row = self.pool.fetch_one(&REGISTER, &values).await?;
        match row.try_get(0).map_err(PgError::from)? {
            true => Ok(()),
            false => Err(RegisterError::EmailTaken),
        }
    }

    /// The account with this address, in whatever case. A deleted account has none.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, PgError> {
        let row = self.pool.fetch_optional(&BY_EMAIL, &[&email.key()]).await?;
        row.as_ref().map(account).transpose()
    }

    /// The account with this id, deleted or not.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn account(&self, user_id: Uuid) -> Result<Option<Account>, PgError> {
        let row = self.pool.fetch_optional(&BY_ID, &[&user_id]).await?;
        row.as_ref().map(account).transpose()
    }

    /// Deletes an account in one statement: erases what is personal, leaves a tombstone, ends every session and tells
    /// the loyalty side. Returns the sessions ended, or `None` when the account is not as it was read. That of an
    /// administrator is not deleted, since it may be the last.
    ///
    /// A session opened while this waited for the account is not seen by it: call [`AuthStore::end_sessions`] after.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn delete_account(
        &self,
        deletion: &Deletion<'_>,
        now: Timestamp,
    ) -> Result<Option<Vec<Uuid>>, PgError> {
        let tombstone = deletion.tombstone.as_slice();
        let values: [pg::Value; 5] = [
            &deletion.user_id,
            &now,
            &deletion.email_key,
            &tombstone,
            &deletion.event_id,
        ];
        let row = self.pool.fetch_optional(&DELETE, &values).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}

fn account(row: &Row) -> Result<Account, PgError> {
    Ok(Account {
        id: row.try_get(0)?,
        role: crate::named(row, 1)?,
        status: crate::named(row, 2)?,
        email_key: row.try_get(3)?,
        password_hash: row.try_get::<_, Option<String>>(4)?.map(PasswordHash),
        password_version: row.try_get(5)?,
    })
}
