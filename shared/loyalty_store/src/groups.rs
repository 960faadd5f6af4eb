//! Groups of users, managed by staff. A rule reads them at each decision, so a change holds at once.

use domain::Title;
use jiff::Timestamp;
use pg::{PgError, Record, Row, Statement, Value};
use uuid::Uuid;

use crate::rows::{bug, get};
use crate::staff_change::staff_request;
use crate::{Change, LoyaltyStore};

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its ID.
    pub id: i64,
    /// What staff call it; no other group has this title.
    pub title: String,
    /// Grows when it is renamed.
    pub version: i32,
    /// How many users are in it.
    pub members: i64,
}

/// A membership of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user_id: Uuid,
    /// Since when, UTC.
    pub added_at: Timestamp,
}

/// The outcome of a change of a group's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembershipOutcome {
    /// The members are as asked.
    Done {
        /// Users who were not in it before.
        added: i64,
        /// Users who are in it no longer.
        removed: i64,
    },
    /// Nothing changed: these users to be added are not known, or their accounts are deleted.
    Unknown(Vec<Uuid>),
    /// There is no such group.
    NoGroup,
    /// The Idempotency-Key came with another request before.
    KeyReused,
}

/// Why a group was not written.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// There is no such group.
    #[error("there is no such group")]
    NotFound,
    /// Another group has this title.
    #[error("another group has this title")]
    TitleTaken,
    /// Somebody renamed it in the meantime: its version is this by now.
    #[error("it has another version by now")]
    Changed(i32),
    /// The Idempotency-Key came with another request before.
    #[error("the key was used for another request")]
    KeyReused,
    /// A promotion is for this group.
    #[error("a promotion is for this group")]
    InUse,
    /// The database failed.
    #[error(transparent)]
    Pg(PgError),
}

impl From<PgError> for GroupError {
    fn from(error: PgError) -> GroupError {
        match error.unique_violation() {
            Some("user_groups_title_key") => GroupError::TitleTaken,
            _ => GroupError::Pg(error),
        }
    }
}

/// A statement that reads groups, `g`: `$from` says from where, which, and in what order.
macro_rules! select_groups {
    ($from:literal) => {
        concat!(
            "SELECT g.id, g.title, g.version, (SELECT count(*) FROM group_members m WHERE m.group_id = g.id) AS members ",
            $from
        )
    };
}

/// The members of the group $1 after the user $2, at most $3; one row of NULL if there are none.
macro_rules! select_members {
    () => {
        "SELECT m.user_id, m.added_at FROM user_groups g
        LEFT JOIN group_members m ON m.group_id = g.id AND ($2 IS NULL OR m.user_id > $2)
        WHERE g.id = $1 ORDER BY m.user_id LIMIT $3"
    };
}
pub(crate) use select_members;

pg::statements! {
    /// Creates a group.
    CREATE(TEXT, JSONB) = concat!("SELECT create_group(p_title => $1, p_staff => ", staff_request!("$2"), ")");
    /// Renames the group $1.
    RENAME(INT8, INT4, TEXT, JSONB) = concat!(
        "SELECT rename_group(p_group_id => $1, p_version => $2, p_title => $3, p_staff => ", staff_request!("$4"), ")"
    );
    /// Deletes the group $1.
    DELETE(INT8, INT4, JSONB) =
        concat!("SELECT delete_group(p_group_id => $1, p_version => $2, p_staff => ", staff_request!("$3"), ")");
    /// The group $1.
    FIND(INT8) = select_groups!("FROM user_groups g WHERE g.id = $1");
    /// A page of the members of the group $1; one row of NULL if there are none.
    MEMBERS(INT8, UUID, INT8) = select_members!();
    /// Adds the users $2 to the group $1 and removes $3.
    CHANGE_MEMBERS(INT8, UUID_ARRAY, UUID_ARRAY, JSONB) = concat!(
        "SELECT change_members(p_group_id => $1, p_add => $2, p_remove => $3, p_staff => ", staff_request!("$4"), ")"
    );
}

impl LoyaltyStore {
    /// A new, empty group. Returns its ID.
    ///
    /// # Errors
    /// [`GroupError::TitleTaken`], [`GroupError::KeyReused`], or that of the database.
    pub async fn create_group(&self, title: &Title, change: Change) -> Result<i64, GroupError> {
        let values: [Value<'_>; 2] = [&title.as_str(), &change.as_json()];
        let row = self.pool.fetch_one(&CREATE, &values).await?;
        let mut record: Record<'_> = row.try_get(0).map_err(PgError::from)?;
        match record.field()? {
            "created" => Ok(record.field()?),
            _ => Err(GroupError::KeyReused),
        }
    }

    /// Renames a group, if it has the version `version`, or whatever version.
    ///
    /// # Errors
    /// [`GroupError`], except [`GroupError::InUse`].
    pub async fn rename_group(
        &self,
        id: i64,
        version: Option<i32>,
        title: &Title,
        change: Change,
    ) -> Result<(), GroupError> {
        let values: [Value<'_>; 4] = [&id, &version, &title.as_str(), &change.as_json()];
        self.written(&RENAME, &values, "renamed").await
    }

    /// Deletes a group with its memberships, if it has the version `version`, or whatever version. What was decided by
    /// them stays explained.
    ///
    /// # Errors
    /// [`GroupError`], except [`GroupError::TitleTaken`].
    pub async fn delete_group(
        &self,
        id: i64,
        version: Option<i32>,
        change: Change,
    ) -> Result<(), GroupError> {
        let values: [Value<'_>; 3] = [&id, &version, &change.as_json()];
        self.written(&DELETE, &values, "deleted").await
    }

    async fn written(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
        done: &str,
    ) -> Result<(), GroupError> {
        let row = self.pool.fetch_one(statement, values).await?;
        let mut record: Record<'_> = row.try_get(0).map_err(PgError::from)?;
        match record.field::<&str>()? {
            outcome if outcome == done => Ok(()),
            "no_group" => Err(GroupError::NotFound),
            "changed" => Err(GroupError::Changed(record.field()?)),
            "in_use" => Err(GroupError::InUse),
            "key_reused" => Err(GroupError::KeyReused),
            _ => Err(bug("an unknown answer").into()),
        }
    }

    /// A group.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_group(&self, id: i64) -> Result<Option<Group>, PgError> {
        let row = self.pool.fetch_optional(&FIND, &[&id]).await?;
        row.as_ref().map(group).transpose()
    }

    /// Up to `limit` members of a group by their ids, after the user `after`; `None` when there is no such group.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn group_members(
        &self,
        id: i64,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Option<Vec<Member>>, PgError> {
        let values: [Value<'_>; 3] = [&id, &after, &limit];
        members(&self.pool.fetch(&MEMBERS, &values).await?)
    }

    /// Adds users to a group and removes others, all of it or nothing. To add a member or to remove a
    /// user who is none changes nothing.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn change_members(
        &self,
        id: i64,
        add: &[Uuid],
        remove: &[Uuid],
        change: Change,
    ) -> Result<MembershipOutcome, PgError> {
        let values: [Value<'_>; 4] = [&id, &add, &remove, &change.as_json()];
        let row = self.pool.fetch_one(&CHANGE_MEMBERS, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        let outcome: &str = record.field()?;
        let unknown: Option<Vec<Uuid>> = record.field()?;
        Ok(match outcome {
            "done" => MembershipOutcome::Done {
                added: record.field()?,
                removed: record.field()?,
            },
            "unknown" => MembershipOutcome::Unknown(unknown.unwrap_or_default()),
            "no_group" => MembershipOutcome::NoGroup,
            "key_reused" => MembershipOutcome::KeyReused,
            _ => return Err(bug("an unknown answer")),
        })
    }
}

/// The members of a group; `None` when there is no such group.
pub(crate) fn members(rows: &[Row]) -> Result<Option<Vec<Member>>, PgError> {
    let member = |row: &Row| {
        let user_id: Option<Uuid> = get(row, "user_id")?;
        let member = |user_id| get(row, "added_at").map(|added_at| Member { user_id, added_at });
        user_id.map(member).transpose()
    };
    if rows.is_empty() {
        return Ok(None);
    }
    rows.iter()
        .filter_map(|row| member(row).transpose())
        .collect::<Result<_, _>>()
        .map(Some)
}

pub(crate) fn group(row: &Row) -> Result<Group, PgError> {
    Ok(Group {
        id: get(row, "id")?,
        title: get(row, "title")?,
        version: get(row, "version")?,
        members: get(row, "members")?,
    })
}
