//! What staff changed, in answers.

use domain::StaffResource;
use jiff::Timestamp;
use loyalty_store::StaffChange;
use serde::Serialize;
use serde_json::Value;
use service_http::{PageSize, TimeCursor};
use utoipa::ToSchema;
use uuid::Uuid;

/// Changes by staff, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditLog {
    /// The changes.
    items: Vec<AuditItem>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A change by staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditItem {
    /// The ID of this item.
    #[schema(example = 1042)]
    id: i64,
    /// When the change was made, in UTC.
    at: Timestamp,
    /// The ID of the member of staff who made it.
    actor_id: Uuid,
    /// The kind of what was changed: a value of the parameter `resource`.
    #[schema(example = "promotion")]
    resource: String,
    /// The ID of what was changed; of a subscription, that of its purchase.
    #[schema(example = "5")]
    resource_id: String,
    /// What was done to it.
    #[schema(example = "change")]
    action: String,
    /// The ID of the user who is concerned; absent if it is nobody in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    /// Why, in the words of the member of staff; absent where no reason is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "The bank charged twice")]
    reason: Option<String>,
    /// What else is recorded of this action, such as the version that it made.
    #[schema(value_type = Value, example = json!({ "version": 7 }))]
    details: Value,
    /// The path at which the resource can be read; absent if there is no such call, or the resource was deleted. A resource
    /// that was deleted later is not found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/admin/promotions/5")]
    path: Option<String>,
}

impl AuditLog {
    pub(crate) fn page(mut changes: Vec<StaffChange>, size: PageSize) -> AuditLog {
        AuditLog {
            next_cursor: size.cut(&mut changes, |last| TimeCursor(last.place()).to_string()),
            items: changes.into_iter().map(AuditItem::from).collect(),
        }
    }
}

impl From<StaffChange> for AuditItem {
    fn from(change: StaffChange) -> AuditItem {
        AuditItem {
            path: path(&change),
            id: change.id,
            at: change.at,
            actor_id: change.actor_id,
            resource: change.resource,
            resource_id: change.resource_id,
            action: change.action,
            user_id: change.user_id,
            reason: change.reason,
            details: change.details,
        }
    }
}

/// Where staff read what was changed.
fn path(change: &StaffChange) -> Option<String> {
    if change.action == "delete" {
        return None;
    }
    let list = match change.resource.parse().ok()? {
        StaffResource::Tariff => "tariffs",
        StaffResource::Campaign => "campaigns",
        StaffResource::Promotion => "promotions",
        StaffResource::PromoCode => "promocodes",
        StaffResource::Group => "groups",
        StaffResource::Application => "applications",
        StaffResource::Purchase | StaffResource::Subscription => "purchases",
        StaffResource::Approval => "approvals",
        StaffResource::User | StaffResource::Refund => return None,
    };
    Some(format!("/admin/{list}/{}", change.resource_id))
}
