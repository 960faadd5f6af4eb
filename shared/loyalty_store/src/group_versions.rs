//! What groups were called, and how many members staff added and removed meanwhile.

use pg::{PgError, Row};
use serde::Deserialize;

use crate::rows::get;
use crate::version_history::version_history;
use crate::{LoyaltyStore, PastVersion};

pg::statements! {
    /// All versions of the group $1, the newest first. Changes of members count in the version that the group had.
    GROUP_VERSIONS(INT8) = concat!(
        "WITH changes AS (
            SELECT s.action, s.details -> 'added' AS added, s.details -> 'removed' AS removed,
                coalesce(max((s.details ->> 'version')::integer) OVER (ORDER BY s.id), 1) AS version
            FROM staff_changes s WHERE s.resource = 'group' AND s.resource_id = $1::text
        ), members AS (
            -- A file has too many to name them: they are counted already.
            SELECT c.version,
                sum(CASE jsonb_typeof(c.added) WHEN 'array' THEN jsonb_array_length(c.added) ELSE c.added::bigint END)
                    AS added,
                sum(CASE jsonb_typeof(c.removed) WHEN 'array' THEN jsonb_array_length(c.removed)
                    ELSE c.removed::bigint END) AS removed
            FROM changes c WHERE c.action IN ('change_members', 'import_members') GROUP BY c.version
        )
        SELECT h.version, h.snapshot, h.at, h.actor_id, coalesce(m.added, 0)::bigint AS added,
            coalesce(m.removed, 0)::bigint AS removed
        FROM (",
        version_history!("group", "user_groups"),
        ") AS h LEFT JOIN members m ON m.version = h.version ORDER BY h.version DESC"
    );
}

/// A version of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupVersion {
    /// What staff called it.
    pub title: String,
    /// How many members staff added while it had this version.
    pub members_added: i64,
    /// How many they removed.
    pub members_removed: i64,
}

/// A row of `user_groups`.
#[derive(Debug, Deserialize)]
struct GroupRow {
    title: String,
}

impl TryFrom<GroupRow> for String {
    type Error = PgError;

    fn try_from(row: GroupRow) -> Result<String, PgError> {
        Ok(row.title)
    }
}

impl LoyaltyStore {
    /// All versions of a group, the newest first; also of one that is deleted.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn group_versions(&self, id: i64) -> Result<Vec<PastVersion<GroupVersion>>, PgError> {
        let rows = self.pool.fetch(&GROUP_VERSIONS, &[&id]).await?;
        rows.iter().map(version).collect()
    }
}

fn version(row: &Row) -> Result<PastVersion<GroupVersion>, PgError> {
    let past: PastVersion<String> = PastVersion::read::<GroupRow>(row)?;
    Ok(PastVersion {
        version: past.version,
        at: past.at,
        actor_id: past.actor_id,
        value: GroupVersion {
            title: past.value,
            members_added: get(row, "added")?,
            members_removed: get(row, "removed")?,
        },
    })
}
