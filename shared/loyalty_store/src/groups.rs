//! Groups of users, managed by staff. A rule reads them at each decision, so a change holds at once.

use domain::Title;
use jiff::Timestamp;
use pg::{PgError, Row};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::get;

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its ID.
    pub id: i64,
    /// What staff call it; no other group has this title.
    pub title: String,
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

/// Who of the staff changes something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// Who.
    pub actor_id: Uuid,
    /// When, UTC.
    pub at: Timestamp,
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
            "SELECT g.id, g.title, (SELECT count(*) FROM group_members m WHERE m.group_id = g.id) AS members ",
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
    CREATE(TEXT, TIMESTAMPTZ, UUID) = "
        WITH made AS (INSERT INTO user_groups (title) VALUES ($1) RETURNING id, title), noted AS (
            INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
            SELECT $2, $3, 'group', made.id, 'create', jsonb_build_object('title', made.title) FROM made
        )
        SELECT made.id, made.title, 0::bigint AS members FROM made";
    /// Renames the group $4.
    RENAME(TEXT, TIMESTAMPTZ, UUID, INT8) = concat!(
        "WITH before AS (SELECT o.id, o.title FROM user_groups o WHERE o.id = $4 FOR UPDATE), changed AS (
            UPDATE user_groups o SET title = $1 FROM before
            WHERE o.id = before.id AND before.title <> $1
            RETURNING o.id, before.title AS was
        ), noted AS (
            INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
            SELECT $2, $3, 'group', changed.id, 'rename', jsonb_build_object('before', changed.was, 'after', $1)
            FROM changed
        ) ",
        select_groups!("FROM before g")
    );
    /// Deletes a group.
    DELETE(INT8, UUID, TIMESTAMPTZ) = "SELECT delete_group(p_group_id => $1, p_actor_id => $2, p_now => $3)";
    /// The group $1.
    FIND(INT8) = select_groups!("FROM user_groups g WHERE g.id = $1");
    /// A page of the members of the group $1; one row of NULL if there are none.
    MEMBERS(INT8, UUID, INT8) = select_members!();
    /// Adds the users $2 to the group $1 and removes $3. The group's lock serialises the changes of one group, so that
    /// no two wait for each other. That of the users makes a deletion wait, and then see the memberships: it ends them.
    CHANGE_MEMBERS(INT8, UUID_ARRAY, UUID_ARRAY, TIMESTAMPTZ, UUID) = "
        WITH the_group AS (SELECT g.id FROM user_groups g WHERE g.id = $1 FOR NO KEY UPDATE), known AS MATERIALIZED (
            SELECT u.id FROM users u WHERE u.id = ANY ($2) AND u.status <> 'deleted' ORDER BY u.id FOR SHARE
        ), unknown AS MATERIALIZED (
            SELECT o.user_id FROM unnest($2) AS o (user_id)
            WHERE NOT EXISTS (SELECT FROM known WHERE known.id = o.user_id)
        ), added AS (
            INSERT INTO group_members (group_id, user_id, added_at)
            SELECT DISTINCT the_group.id, o.user_id, $4 FROM the_group, unnest($2) AS o (user_id)
            WHERE NOT EXISTS (SELECT FROM unknown)
            ON CONFLICT DO NOTHING RETURNING user_id
        ), removed AS (
            DELETE FROM group_members m USING the_group
            WHERE m.group_id = the_group.id AND m.user_id = ANY ($3) AND NOT EXISTS (SELECT FROM unknown)
            RETURNING m.user_id
        ), noted AS (
            INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
            SELECT $4, $5, 'group', the_group.id, 'change_members', jsonb_build_object(
                'added', ARRAY(SELECT added.user_id FROM added), 'removed', ARRAY(SELECT removed.user_id FROM removed))
            FROM the_group WHERE EXISTS (SELECT FROM added) OR EXISTS (SELECT FROM removed)
        )
        SELECT EXISTS (SELECT FROM the_group) AS found, ARRAY(SELECT unknown.user_id FROM unknown) AS unknown,
            (SELECT count(*) FROM added) AS added, (SELECT count(*) FROM removed) AS removed";
}

impl LoyaltyStore {
    /// A new, empty group.
    ///
    /// # Errors
    /// [`GroupError::TitleTaken`], or that of the database.
    pub async fn create_group(&self, title: &Title, change: Change) -> Result<Group, GroupError> {
        let values: [pg::Value; 3] = [&title.as_str(), &change.at, &change.actor_id];
        let row = self.pool.fetch_one(&CREATE, &values).await?;
        group(&row).map_err(GroupError::Pg)
    }

    /// Renames a group.
    ///
    /// # Errors
    /// [`GroupError::NotFound`], [`GroupError::TitleTaken`], or that of the database.
    pub async fn rename_group(
        &self,
        id: i64,
        title: &Title,
        change: Change,
    ) -> Result<Group, GroupError> {
        let values: [pg::Value; 4] = [&title.as_str(), &change.at, &change.actor_id, &id];
        let row = self.pool.fetch_optional(&RENAME, &values).await?;
        let before = group(&row.ok_or(GroupError::NotFound)?).map_err(GroupError::Pg)?;
        Ok(Group {
            title: title.as_str().to_owned(),
            ..before
        })
    }

    /// Deletes a group with its memberships. What was decided by them stays explained.
    ///
    /// # Errors
    /// [`GroupError::NotFound`], [`GroupError::InUse`], or that of the database.
    pub async fn delete_group(&self, id: i64, change: Change) -> Result<(), GroupError> {
        let values: [pg::Value; 3] = [&id, &change.actor_id, &change.at];
        let row = self.pool.fetch_one(&DELETE, &values).await?;
        match row.try_get(0).map_err(PgError::from)? {
            "deleted" => Ok(()),
            "in_use" => Err(GroupError::InUse),
            _ => Err(GroupError::NotFound),
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
        let values: [pg::Value; 3] = [&id, &after, &limit];
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
        let values: [pg::Value; 5] = [&id, &add, &remove, &change.at, &change.actor_id];
        let row = self.pool.fetch_one(&CHANGE_MEMBERS, &values).await?;
        let unknown: Vec<Uuid> = get(&row, "unknown")?;
        if !get::<bool>(&row, "found")? {
            Ok(MembershipOutcome::NoGroup)
        } else if !unknown.is_empty() {
            Ok(MembershipOutcome::Unknown(unknown))
        } else {
            let (added, removed) = (get(&row, "added")?, get(&row, "removed")?);
            Ok(MembershipOutcome::Done { added, removed })
        }
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
        members: get(row, "members")?,
    })
}
