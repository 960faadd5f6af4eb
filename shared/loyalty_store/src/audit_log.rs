//! The audit log, as staff read it.

use domain::StaffResource;
use jiff::Timestamp;
use pg::{PgError, Row, Value};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::get;

pg::statements! {
    /// A page of changes, the newest first. Each statement is planned for its values, so what is not asked for is not in
    /// the plan, and every filter has an index in this order.
    FIND_STAFF_CHANGES(UUID, UUID, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, BOOL, TIMESTAMPTZ, INT8, INT8) = "
        SELECT c.id, c.at, c.actor_id, c.resource, c.resource_id, c.action, c.user_id, c.reason, c.details
        FROM staff_changes c
        WHERE ($1 IS NULL OR c.actor_id = $1) AND ($2 IS NULL OR c.user_id = $2)
            AND ($3 IS NULL OR c.resource = $3) AND ($4 IS NULL OR c.resource_id = $4)
            AND ($5 IS NULL OR c.action = $5)
            AND ($6 IS NULL OR c.at >= $6) AND ($7 IS NULL OR c.at < $7)
            AND (NOT $8 OR c.user_id IS NOT NULL)
            AND ($9 IS NULL OR (c.at, c.id) < ($9, $10))
        ORDER BY c.at DESC, c.id DESC LIMIT $11";
}

/// Which changes are looked for: those that fit everything that is given.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Made by this member of staff.
    pub actor_id: Option<Uuid>,
    /// About this user.
    pub user_id: Option<Uuid>,
    /// Of resources of this kind.
    pub resource: Option<StaffResource>,
    /// Of the resource with this ID, as text.
    pub resource_id: Option<String>,
    /// This action, such as `create`.
    pub action: Option<String>,
    /// Made at this time or later.
    pub from: Option<Timestamp>,
    /// Made before this time.
    pub to: Option<Timestamp>,
    /// Only what is about a user, whoever it is.
    pub about_users: bool,
}

/// A change by staff, as it was recorded.
#[derive(Debug, Clone)]
pub struct StaffChange {
    /// Its ID.
    pub id: i64,
    /// When it was made, UTC.
    pub at: Timestamp,
    /// Who of the staff made it.
    pub actor_id: Uuid,
    /// The kind of what was changed: the name of a [`StaffResource`], or of a later one.
    pub resource: String,
    /// The ID of what was changed.
    pub resource_id: String,
    /// What was done.
    pub action: String,
    /// The user who is concerned.
    pub user_id: Option<Uuid>,
    /// Why, in the words of the member of staff.
    pub reason: Option<String>,
    /// Whatever else is recorded of this action.
    pub details: serde_json::Value,
}

impl StaffChange {
    /// Its place in the list.
    pub fn place(&self) -> (Timestamp, i64) {
        (self.at, self.id)
    }
}

impl LoyaltyStore {
    /// Up to `limit` changes by staff, the latest first, after `after`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_staff_changes(
        &self,
        filter: &AuditFilter,
        after: Option<(Timestamp, i64)>,
        limit: i64,
    ) -> Result<Vec<StaffChange>, PgError> {
        let resource = filter.resource.map(StaffResource::as_str);
        let (at, id) = after.unzip();
        let values: [Value<'_>; 11] = [
            &filter.actor_id,
            &filter.user_id,
            &resource,
            &filter.resource_id,
            &filter.action,
            &filter.from,
            &filter.to,
            &filter.about_users,
            &at,
            &id,
            &limit,
        ];
        let rows = self.pool.fetch(&FIND_STAFF_CHANGES, &values).await?;
        rows.iter().map(change).collect()
    }
}

fn change(row: &Row) -> Result<StaffChange, PgError> {
    let Json(details) = get(row, "details")?;
    Ok(StaffChange {
        id: get(row, "id")?,
        at: get(row, "at")?,
        actor_id: get(row, "actor_id")?,
        resource: get(row, "resource")?,
        resource_id: get(row, "resource_id")?,
        action: get(row, "action")?,
        user_id: get(row, "user_id")?,
        reason: get(row, "reason")?,
        details,
    })
}
