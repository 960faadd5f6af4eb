//! Groups of users, which staff make and fill. A rule asks for them at each decision, so a change holds at once.

use domain::Title;
use jiff::Timestamp;
use pg::{AdHoc, PgError, Row, Type};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::get;

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its number.
    pub id: i64,
    /// What staff call it; no other group has this title.
    pub title: String,
    /// How many users are in it.
    pub members: i64,
}

/// A user's place in a group.
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

/// What became of a change of a group's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Regrouped {
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
    /// A promo code is for this group.
    #[error("a promo code is for this group")]
    InUse,
    /// The database failed.
    #[error(transparent)]
    Pg(PgError),
}

impl From<PgError> for GroupError {
    fn from(error: PgError) -> GroupError {
        match error.taken() {
            Some("user_groups_title_key") => GroupError::TitleTaken,
            _ => GroupError::Pg(error),
        }
    }
}

const COLUMNS: &str =
    "g.id, g.title, (SELECT count(*) FROM group_members m WHERE m.group_id = g.id) AS members";

impl LoyaltyStore {
    /// A new, empty group.
    ///
    /// # Errors
    /// [`GroupError::TitleTaken`], or that of the database.
    pub async fn create_group(&self, title: &Title, change: Change) -> Result<Group, GroupError> {
        let sql = "WITH made AS (INSERT INTO user_groups (title) VALUES ($1) RETURNING id, title), noted AS (
                INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
                SELECT $2, $3, 'group', id, 'create', jsonb_build_object('title', title) FROM made
            )
            SELECT id, title, 0::bigint AS members FROM made";
        let params: [pg::Param; 3] = [
            (&title.as_str(), Type::TEXT),
            (&change.at, Type::TIMESTAMPTZ),
            (&change.actor_id, Type::UUID),
        ];
        let row = self.pool.row(sql, &params).await?;
        group(&row.ok_or(GroupError::NotFound)?).map_err(GroupError::Pg)
    }

    /// Gives a group another title.
    ///
    /// # Errors
    /// [`GroupError::NotFound`], [`GroupError::TitleTaken`], or that of the database.
    pub async fn rename_group(
        &self,
        id: i64,
        title: &Title,
        change: Change,
    ) -> Result<Group, GroupError> {
        let sql = format!(
            "WITH before AS (SELECT id, title FROM user_groups WHERE id = $4 FOR UPDATE), changed AS (
                UPDATE user_groups g SET title = $1 FROM before
                WHERE g.id = before.id AND before.title <> $1
                RETURNING g.id, before.title AS was
            ), noted AS (
                INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
                SELECT $2, $3, 'group', id, 'rename', jsonb_build_object('before', was, 'after', $1) FROM changed
            )
            SELECT {COLUMNS} FROM before g"
        );
        let params: [pg::Param; 4] = [
            (&title.as_str(), Type::TEXT),
            (&change.at, Type::TIMESTAMPTZ),
            (&change.actor_id, Type::UUID),
            (&id, Type::INT8),
        ];
        let row = self.pool.row(&sql, &params).await?;
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
        let params: [pg::Param; 3] = [
            (&id, Type::INT8),
            (&change.actor_id, Type::UUID),
            (&change.at, Type::TIMESTAMPTZ),
        ];
        let row = self.pool.row("SELECT delete_group($1, $2, $3)", &params);
        let row = row.await?.ok_or(GroupError::NotFound)?;
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
        let sql = format!("SELECT {COLUMNS} FROM user_groups g WHERE g.id = $1");
        let row = self.pool.row(&sql, &[(&id, Type::INT8)]).await?;
        row.as_ref().map(group).transpose()
    }

    /// Up to `limit` groups by their numbers, after the number `after`; all, or those that a user is in.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_groups(
        &self,
        member: Option<Uuid>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Group>, PgError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM user_groups g
             WHERE g.id > $1
                AND ($2 IS NULL OR EXISTS (SELECT FROM group_members m WHERE m.group_id = g.id AND m.user_id = $2))
             ORDER BY g.id LIMIT $3"
        );
        let params: [pg::Param; 3] = [
            (&after, Type::INT8),
            (&member, Type::UUID),
            (&limit, Type::INT8),
        ];
        let rows = self.pool.rows(&sql, &params).await?;
        rows.iter().map(group).collect()
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
        let sql = "SELECT m.user_id, m.added_at FROM user_groups g
            LEFT JOIN group_members m ON m.group_id = g.id AND ($2 IS NULL OR m.user_id > $2)
            WHERE g.id = $1 ORDER BY m.user_id LIMIT $3";
        let params: [pg::Param; 3] = [
            (&id, Type::INT8),
            (&after, Type::UUID),
            (&limit, Type::INT8),
        ];
        let rows = self.pool.rows(sql, &params).await?;
        let member = |row: &Row| {
            let user_id: Option<Uuid> = get(row, "user_id")?;
            let member =
                |user_id| get(row, "added_at").map(|added_at| Member { user_id, added_at });
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

    /// Puts users into a group and takes others out, all of it or nothing. Who is in it already, or is not in it, stays so.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn change_members(
        &self,
        id: i64,
        add: &[Uuid],
        remove: &[Uuid],
        change: Change,
    ) -> Result<Regrouped, PgError> {
        // The group's lock puts changes of one group in a line, so that no two wait for each other. That of the users makes
        // a deletion wait, and then see the memberships: it ends them.
        let sql = "WITH the_group AS (SELECT id FROM user_groups WHERE id = $1 FOR NO KEY UPDATE), known AS MATERIALIZED (
                SELECT id FROM users WHERE id = ANY ($2) AND status <> 'deleted' ORDER BY id FOR SHARE
            ), stranger AS MATERIALIZED (
                SELECT user_id FROM unnest($2) AS user_id WHERE NOT EXISTS (SELECT FROM known WHERE id = user_id)
            ), added AS (
                INSERT INTO group_members (group_id, user_id, added_at)
                SELECT DISTINCT id, user_id, $4 FROM the_group, unnest($2) AS user_id
                WHERE NOT EXISTS (SELECT FROM stranger)
                ON CONFLICT DO NOTHING RETURNING user_id
            ), removed AS (
                DELETE FROM group_members m USING the_group
                WHERE m.group_id = the_group.id AND m.user_id = ANY ($3) AND NOT EXISTS (SELECT FROM stranger)
                RETURNING m.user_id
            ), noted AS (
                INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
                SELECT $4, $5, 'group', id, 'change_members', jsonb_build_object(
                    'added', ARRAY(SELECT user_id FROM added), 'removed', ARRAY(SELECT user_id FROM removed))
                FROM the_group WHERE EXISTS (SELECT FROM added) OR EXISTS (SELECT FROM removed)
            )
            SELECT EXISTS (SELECT FROM the_group), ARRAY(SELECT user_id FROM stranger),
                (SELECT count(*) FROM added), (SELECT count(*) FROM removed)";
        let params: [pg::Param; 5] = [
            (&id, Type::INT8),
            (&add, Type::UUID_ARRAY),
            (&remove, Type::UUID_ARRAY),
            (&change.at, Type::TIMESTAMPTZ),
            (&change.actor_id, Type::UUID),
        ];
        let row = self.pool.row(sql, &params).await?;
        let row = row.ok_or_else(|| PgError::Bug("no row where one is always due".to_owned()))?;
        let strangers: Vec<Uuid> = row.try_get(1)?;
        if !row.try_get::<_, bool>(0)? {
            Ok(Regrouped::NoGroup)
        } else if !strangers.is_empty() {
            Ok(Regrouped::Unknown(strangers))
        } else {
            let (added, removed) = (row.try_get(2)?, row.try_get(3)?);
            Ok(Regrouped::Done { added, removed })
        }
    }
}

fn group(row: &Row) -> Result<Group, PgError> {
    Ok(Group {
        id: get(row, "id")?,
        title: get(row, "title")?,
        members: get(row, "members")?,
    })
}
