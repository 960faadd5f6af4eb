//! Links to the calls that would let a code pass.

use domain::{Campaign, IssuedCode, Promotion, Tariff};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// A call that makes the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Action {
    /// What it does, in the language of Accept-Language.
    #[schema(example = "Raise the limit to 101")]
    pub(crate) title: String,
    /// The HTTP method.
    #[schema(example = "PATCH")]
    pub(crate) method: &'static str,
    /// The path.
    #[schema(example = "/admin/promotions/5")]
    pub(crate) path: String,
    /// The JSON body; absent when the call takes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, example = json!({ "total_limit": 101 }))]
    pub(crate) body: Option<Value>,
    /// The version that the change was worked out for, to be sent as `If-Match`, so that a later change is not undone;
    /// absent where the resource has no versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "\"7\"")]
    pub(crate) if_match: Option<String>,
    /// The role that is needed: `support`, `marketer`, who may do what support may, or `admin`, who may do everything.
    #[schema(example = "marketer")]
    pub(crate) role: &'static str,
}

impl Action {
    fn patch(title: String, path: String, body: Value, version: Option<i32>) -> Action {
        Action {
            title,
            method: "PATCH",
            path,
            body: Some(body),
            if_match: version.map(|version| format!("\"{version}\"")),
            role: "marketer",
        }
    }

    /// Changes members of a promotion.
    pub(crate) fn promotion(title: String, promotion: &Promotion, body: Value) -> Action {
        let path = format!("/admin/promotions/{}", promotion.id.0);
        Action::patch(title, path, body, Some(promotion.version))
    }

    /// Changes members of a promo code.
    pub(crate) fn code(title: String, code: &IssuedCode, body: Value) -> Action {
        let path = format!("/admin/promocodes/{}", code.id.0);
        Action::patch(title, path, body, Some(code.version))
    }

    /// Changes members of a campaign.
    pub(crate) fn campaign(title: String, campaign: &Campaign, body: Value) -> Action {
        let path = format!("/admin/campaigns/{}", campaign.id);
        Action::patch(title, path, body, Some(campaign.version))
    }

    /// Changes members of a tariff.
    pub(crate) fn tariff(title: String, tariff: &Tariff, body: Value) -> Action {
        let path = format!("/admin/tariffs/{}", tariff.id.0);
        Action::patch(title, path, body, Some(tariff.version))
    }

    /// Adds the user to a group.
    pub(crate) fn membership(title: String, group_id: i64, user_id: Uuid) -> Action {
        let path = format!("/admin/groups/{group_id}/members");
        Action::patch(title, path, json!({ "add": [user_id] }), None)
    }

    /// Cancels an application of the user.
    pub(crate) fn cancellation(title: String, application_id: Uuid, reason: &str) -> Action {
        Action {
            title,
            method: "POST",
            path: format!("/admin/applications/{application_id}/cancel"),
            body: Some(json!({ "reason": reason })),
            if_match: None,
            role: "support",
        }
    }

    /// Unblocks the user.
    pub(crate) fn unblock(title: String, user_id: Uuid) -> Action {
        Action {
            title,
            method: "POST",
            path: format!("/admin/users/{user_id}/unblock"),
            body: None,
            if_match: None,
            role: "admin",
        }
    }
}
