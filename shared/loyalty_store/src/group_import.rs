//! Files of group members: a whole file is one statement.

use pg::{PgError, Record, Value};
use uuid::Uuid;

use crate::groups::{Member, members};
use crate::rows::bug;
use crate::staff_change::staff_request;
use crate::{Change, LoyaltyStore};

/// What a file of users does to the members of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// The users become members.
    Add,
    /// The users are members no longer.
    Remove,
    /// The users become the only members.
    Replace,
}

/// The outcome of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// The members are as asked, or would be.
    Done {
        /// Users who were not in the group before.
        added: i64,
        /// Users who are in it no longer.
        removed: i64,
    },
    /// Nothing changed: some users are not known, or their accounts are deleted.
    Unknown {
        /// The positions of the first 100 of them, from 0 on.
        first: Vec<usize>,
        /// How many they are.
        count: usize,
    },
    /// There is no such group.
    NoGroup,
    /// The Idempotency-Key came with another request before.
    KeyReused,
}

pg::statements! {
    /// Changes the members of a group, or tells what that would change.
    IMPORT(INT8, TEXT, UUID_ARRAY, BOOL, JSONB) = concat!(
        "SELECT import_members(p_group_id => $1, p_mode => $2, p_user_ids => $3, p_dry_run => $4, p_staff => ",
        staff_request!("$5"),
        ")"
    );
    /// The members of the group $1 after the user $2; one row of NULL if there are none.
    EXPORT(INT8, UUID, INT8) = crate::groups::select_members!();
}

impl LoyaltyStore {
    /// Adds users to a group, removes them, or makes them its only members: all of them or none. Each is named once. With
    /// `dry_run` nothing changes.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn import_members(
        &self,
        id: i64,
        mode: ImportMode,
        users: &[Uuid],
        dry_run: bool,
        change: Change,
    ) -> Result<ImportOutcome, PgError> {
        let mode = mode.as_str();
        let values: [Value<'_>; 5] = [&id, &mode, &users, &dry_run, &change.as_json()];
        let rows = self.pool.fetch_bulk(&IMPORT, &values).await?;
        let row = rows.first();
        let row = row.ok_or_else(|| PgError::Internal("IMPORT returned no row".to_owned()))?;
        let mut record: Record<'_> = row.try_get(0)?;
        let outcome: &str = record.field()?;
        let count: Option<i64> = record.field()?;
        let first: Option<Vec<i64>> = record.field()?;
        Ok(match outcome {
            "done" => ImportOutcome::Done {
                added: record.field()?,
                removed: record.field()?,
            },
            "unknown" => {
                let first = first.unwrap_or_default().into_iter();
                ImportOutcome::Unknown {
                    first: first.filter_map(|n| usize::try_from(n - 1).ok()).collect(),
                    count: usize::try_from(count.unwrap_or_default()).unwrap_or(usize::MAX),
                }
            }
            "no_group" => ImportOutcome::NoGroup,
            "key_reused" => ImportOutcome::KeyReused,
            _ => return Err(bug("an unknown answer")),
        })
    }

    /// Like [`LoyaltyStore::group_members`], for as many as a file holds.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn export_members(
        &self,
        id: i64,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Option<Vec<Member>>, PgError> {
        let values: [Value; 3] = [&id, &after, &limit];
        members(&self.pool.fetch_bulk(&EXPORT, &values).await?)
    }
}

impl ImportMode {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            ImportMode::Add => "add",
            ImportMode::Remove => "remove",
            ImportMode::Replace => "replace",
        }
    }
}

impl std::str::FromStr for ImportMode {
    type Err = ();

    fn from_str(text: &str) -> Result<ImportMode, ()> {
        let all = [ImportMode::Add, ImportMode::Remove, ImportMode::Replace];
        all.into_iter().find(|mode| mode.as_str() == text).ok_or(())
    }
}
