//! A user as this side knows them: no personal data, but IDs and a status.

use domain::UserStatus;
use jiff::Timestamp;
use pg::PgError;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::{get, name};

pg::statements! {
    /// The user $1.
    FIND_USER(UUID) = "
        SELECT u.status, u.updated_at, u.version,
            ARRAY(
                SELECT o.id FROM users o
                WHERE o.id <> u.id AND (
                    o.first_account_id = coalesce(u.first_account_id, u.id) OR o.id = u.first_account_id
                )
                ORDER BY o.id
            ) AS other_accounts,
            ARRAY(
                SELECT g.id FROM group_members m JOIN user_groups g ON g.id = m.group_id
                WHERE m.user_id = u.id ORDER BY g.id
            ) AS group_ids,
            ARRAY(
                SELECT g.title FROM group_members m JOIN user_groups g ON g.id = m.group_id
                WHERE m.user_id = u.id ORDER BY g.id
            ) AS group_titles
        FROM users u WHERE u.id = $1";
}

/// A user as this side knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoyaltyUser {
    /// The user's ID.
    pub id: Uuid,
    /// The status, as auth has told it.
    pub status: UserStatus,
    /// Since when this side knows that, UTC.
    pub since: Timestamp,
    /// The version of the status: the highest one wins.
    pub version: i64,
    /// Other accounts of the same person, by ID: deleted ones, or a later one.
    pub other_accounts: Vec<Uuid>,
    /// The groups that the user is in, by ID, with their titles.
    pub groups: Vec<(i64, String)>,
}

impl LoyaltyStore {
    /// A user.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_user(&self, id: Uuid) -> Result<Option<LoyaltyUser>, PgError> {
        let Some(row) = self.pool.fetch_optional(&FIND_USER, &[&id]).await? else {
            return Ok(None);
        };
        let ids: Vec<i64> = get(&row, "group_ids")?;
        let titles: Vec<String> = get(&row, "group_titles")?;
        Ok(Some(LoyaltyUser {
            id,
            status: name(get(&row, "status")?)?,
            since: get(&row, "updated_at")?,
            version: get(&row, "version")?,
            other_accounts: get(&row, "other_accounts")?,
            groups: ids.into_iter().zip(titles).collect(),
        }))
    }
}
