//! Accounts as their owners see them.

use domain::{Role, UserStatus};
use jiff::Timestamp;
use pg::{PgError, Row};
use uuid::Uuid;

use crate::AuthStore;

/// The columns that [`profile`] reads.
macro_rules! profile_columns {
    () => {
        "id, email, name, role, status, created_at"
    };
}
pub(crate) use profile_columns;

pg::statements! {
    /// The account $1, unless it is deleted.
    BY_ID(UUID) = concat!("SELECT ", profile_columns!(), " FROM users WHERE id = $1 AND status <> 'deleted'");
}

/// An account with its personal data. No `Debug`: it holds personal data.
#[derive(Clone)]
pub struct Profile {
    /// The user.
    pub id: Uuid,
    /// The address as typed.
    pub email: String,
    /// The user's name.
    pub name: Option<String>,
    /// Their role.
    pub role: Role,
    /// Their status.
    pub status: UserStatus,
    /// When they registered.
    pub created_at: Timestamp,
}

impl AuthStore {
    /// The account with this id, unless it is deleted.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn profile(&self, user_id: Uuid) -> Result<Option<Profile>, PgError> {
        let row = self.pool.fetch_optional(&BY_ID, &[&user_id]).await?;
        row.as_ref().map(profile).transpose()
    }
}

pub(crate) fn profile(row: &Row) -> Result<Profile, PgError> {
    Ok(Profile {
        id: row.try_get(0)?,
        email: row.try_get(1)?,
        name: row.try_get(2)?,
        role: crate::named(row, 3)?,
        status: crate::named(row, 4)?,
        created_at: row.try_get(5)?,
    })
}
