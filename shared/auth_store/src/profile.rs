//! Accounts as their owners see them.

use domain::{Role, UserStatus};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Row, Type};
use uuid::Uuid;

use crate::AuthStore;

/// An account with its personal data. No `Debug`: it holds personal data.
#[derive(Clone)]
pub struct Profile {
    /// The user.
    pub id: Uuid,
    /// The address as typed.
    pub email: String,
    /// How the user wants to be called.
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whether they may do it.
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
        let sql = format!("SELECT {PROFILE} FROM users WHERE id = $1 AND status <> 'deleted'");
        let row = self.pool.row(&sql, &[(&user_id, Type::UUID)]).await?;
        row.as_ref().map(profile).transpose()
    }
}

/// The columns that [`profile`] reads.
pub(crate) const PROFILE: &str = "id, email, name, role, status, created_at";

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
