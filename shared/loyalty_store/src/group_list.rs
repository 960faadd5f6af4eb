//! The list of groups, as staff sort and filter it.

use pg::{PgError, Statement, Value};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::groups::{Group, group};
use crate::rows::get;

/// Which groups are listed.
#[derive(Debug, Clone, Default)]
pub struct GroupFilter {
    /// Those that this user is in.
    pub user_id: Option<Uuid>,
    /// Those whose title contains this, in whatever case.
    pub title: Option<String>,
}

/// In what order, and after which group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupOrder {
    /// By ID, which is the order in which they were created.
    Id {
        /// The latest first.
        descending: bool,
        /// The ID of the last group of the page before.
        after: Option<i64>,
    },
    /// By title, as a dictionary has it.
    Title {
        /// Backwards.
        descending: bool,
        /// The title of the last group of the page before.
        after: Option<String>,
    },
}

/// A page of groups.
#[derive(Debug)]
pub struct GroupPage {
    /// The groups.
    pub groups: Vec<Group>,
    /// How many there are on all pages.
    pub total: i64,
}

/// A page of the groups that the user $1 is in and whose titles contain $2, if they are given: up to $4 groups, those after
/// $3, and on each row how many there are on all pages. One row of NULL if the page is empty.
macro_rules! select_page {
    ($column:literal, $after:literal, $direction:literal) => {
        concat!(
            "WITH found AS (
                SELECT g.id, g.title COLLATE \"und-x-icu\" AS title FROM user_groups g
                WHERE ($1 IS NULL OR EXISTS (SELECT FROM group_members m WHERE m.group_id = g.id AND m.user_id = $1))
                    AND ($2 IS NULL OR strpos(lower(g.title COLLATE \"und-x-icu\"), lower($2 COLLATE \"und-x-icu\")) > 0)
            ), page AS (
                SELECT g.id, g.title FROM found g WHERE $3 IS NULL OR g.",
            $column, $after, "$3 ORDER BY g.", $column, $direction, " LIMIT $4
            )
            SELECT counted.total, g.id, g.title, (SELECT count(*) FROM group_members m WHERE m.group_id = g.id) AS members
            FROM (SELECT count(*) AS total FROM found) AS counted LEFT JOIN page g ON true
            ORDER BY g.", $column, $direction
        )
    };
}

pg::statements! {
    /// By ID.
    BY_ID(UUID, TEXT, INT8, INT8) = select_page!("id", " > ", " ASC");
    /// By ID, the latest first.
    BY_ID_DESC(UUID, TEXT, INT8, INT8) = select_page!("id", " < ", " DESC");
    /// By title; no two groups have the same.
    BY_TITLE(UUID, TEXT, TEXT, INT8) = select_page!("title", " > ", " ASC");
    /// By title, backwards.
    BY_TITLE_DESC(UUID, TEXT, TEXT, INT8) = select_page!("title", " < ", " DESC");
}

impl LoyaltyStore {
    /// A page of up to `limit` groups.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn list_groups(
        &self,
        filter: &GroupFilter,
        order: &GroupOrder,
        limit: i64,
    ) -> Result<GroupPage, PgError> {
        let (statement, after): (&Statement, Value) = match order {
            GroupOrder::Id { descending, after } => match descending {
                false => (&BY_ID, after),
                true => (&BY_ID_DESC, after),
            },
            GroupOrder::Title { descending, after } => match descending {
                false => (&BY_TITLE, after),
                true => (&BY_TITLE_DESC, after),
            },
        };
        let values: [Value; 4] = [&filter.user_id, &filter.title, after, &limit];
        let rows = self.pool.fetch(statement, &values).await?;
        let mut page = GroupPage {
            groups: vec![],
            total: 0,
        };
        for row in &rows {
            page.total = get(row, "total")?;
            if get::<Option<i64>>(row, "id")?.is_some() {
                page.groups.push(group(row)?);
            }
        }
        Ok(page)
    }
}
