//! The list of groups, as staff sort and filter it.

use pg::{KeyedRows, Keyset, PgError, Value, keyset_page};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::groups::{Group, group};
use crate::rows::keyed_page;

/// Which groups are listed.
#[derive(Debug, Clone, Default)]
pub struct GroupFilter {
    /// Those that this user is in.
    pub user_id: Option<Uuid>,
    /// Those whose title contains this, in any case.
    pub title: Option<String>,
}

/// A page of groups. Members are counted for the groups on the page alone: they may be many.
macro_rules! page {
    ($order:literal, $compare:literal) => {
        keyset_page!(
            $order,
            $compare,
            rows = "SELECT g.id, g.title, g.version FROM user_groups g
                WHERE ($5 IS NULL OR strpos(lower(g.title), lower($5)) > 0) AND (
                    $6 IS NULL OR EXISTS (SELECT FROM group_members o WHERE o.group_id = g.id AND o.user_id = $6)
                )",
            key = "WHEN 'title' THEN r.title",
            columns = "m.id, m.title, m.version,
                (SELECT count(*) FROM group_members o WHERE o.group_id = m.id) AS members",
            join = ""
        )
    };
}

pg::statements! {
    LIST(TEXT, TEXT, INT8, INT8, TEXT, UUID) = page!("ASC", ">");
    LIST_DESCENDING(TEXT, TEXT, INT8, INT8, TEXT, UUID) = page!("DESC", "<");
}

impl LoyaltyStore {
    /// A page of groups. They can be sorted by `id` and `title`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn list_groups(
        &self,
        filter: &GroupFilter,
        page: &Keyset,
    ) -> Result<KeyedRows<Group>, PgError> {
        let statement = page.statement(&LIST, &LIST_DESCENDING);
        let values: [Value<'_>; 6] = [
            &page.sort,
            &page.after_key(),
            &page.after_id(),
            &page.limit,
            &filter.title,
            &filter.user_id,
        ];
        let rows = self.pool.fetch(statement, &values).await?;
        keyed_page(&rows, page, group)
    }
}
