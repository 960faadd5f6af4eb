//! Everybody's status, for comparing it with what the loyalty side knows. No personal data.

use domain::KnownStatus;
use jiff::Timestamp;
use pg::{PgError, Row};
use uuid::Uuid;

use crate::AuthStore;

/// The columns that [`own_status`] reads.
macro_rules! status_columns {
    () => {
        "id, status, version, first_account_id, updated_at"
    };
}

pg::statements! {
    /// Up to $2 users after the user $1, by their ids.
    PAGE(UUID, INT8) = concat!("SELECT ", status_columns!(), " FROM users WHERE id > $1 ORDER BY id LIMIT $2");
    /// Those of the users $1 that there are.
    BY_IDS(UUID_ARRAY) = concat!("SELECT ", status_columns!(), " FROM users WHERE id = ANY ($1)");
}

/// A user's status on the side that decides on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnStatus {
    /// The status.
    pub known: KnownStatus,
    /// When the account was last changed, UTC: its status not later than that.
    pub changed_at: Timestamp,
}

impl AuthStore {
    /// The status of up to `limit` users by their ids, after the user `after`; the nil UUID comes before all. Deleted
    /// users are among them: the id, the status and the version are what stays of them beside the tombstone.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn statuses(&self, after: Uuid, limit: i64) -> Result<Vec<OwnStatus>, PgError> {
        let rows = self.pool.fetch(&PAGE, &[&after, &limit]).await?;
        rows.iter().map(own_status).collect()
    }

    /// The status of those of these users that there are, in no order.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn statuses_of(&self, users: &[Uuid]) -> Result<Vec<OwnStatus>, PgError> {
        let rows = self.pool.fetch(&BY_IDS, &[&users]).await?;
        rows.iter().map(own_status).collect()
    }
}

fn own_status(row: &Row) -> Result<OwnStatus, PgError> {
    Ok(OwnStatus {
        known: KnownStatus {
            user_id: row.try_get(0)?,
            status: crate::named(row, 1)?,
            version: row.try_get(2)?,
            first_account_id: row.try_get(3)?,
        },
        changed_at: row.try_get(4)?,
    })
}
