//! Approvals in requests and answers.

use std::collections::BTreeSet;

use approval_requests::ApprovalBody;
use checkout::PurchaseBody;
use loyalty_store::{Approval, Purchase};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The approval of a change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveRequest {
    /// Why: 1 to 200 characters in one line, without personal data.
    #[schema(example = "Agreed with the head of marketing")]
    pub(crate) reason: Option<String>,
}

/// Why a change is not to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefuseRequest {
    /// For colleagues: 1 to 200 characters in one line, without personal data.
    #[schema(example = "Limit it to 100 uses")]
    pub(crate) reason: String,
}

/// An approval, with what a person needs to judge it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApprovalDetails {
    #[serde(flatten)]
    approval: ApprovalBody,
    /// Whether the promotion has changed since, so that this can't be approved any more.
    is_outdated: bool,
    /// The version of the promotion now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7)]
    current_version: Option<i32>,
    /// The members of the promotion that would change; all of a new one.
    changes: Vec<FieldChange>,
    /// The promotion as it is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    proposal: Option<Value>,
    /// The first promo codes of a new promotion, without their texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    promocodes: Option<Value>,
    /// The purchase that is to be refunded, as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase: Option<PurchaseBody>,
}

/// A member that would change.
#[derive(Serialize, ToSchema)]
struct FieldChange {
    /// Its name.
    #[schema(example = "total_limit")]
    field: String,
    /// Its value before; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    before: Option<Value>,
    /// Its value after; absent if it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    after: Option<Value>,
}

impl ApprovalDetails {
    pub(crate) fn of(approval: Approval, purchase: Option<Purchase>) -> ApprovalDetails {
        let shown = approval.shown.clone().unwrap_or_default();
        let (before, after) = (&shown["before"], &shown["after"]);
        ApprovalDetails {
            is_outdated: approval.is_outdated(),
            current_version: approval.current_version,
            changes: changes(before.as_object(), after.as_object()),
            proposal: Some(after.clone()).filter(Value::is_object),
            promocodes: Some(shown["promocodes"].clone()).filter(Value::is_array),
            purchase: purchase.map(PurchaseBody::from),
            approval: approval.into(),
        }
    }
}

fn changes(
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Vec<FieldChange> {
    let value =
        |of: Option<&Map<String, Value>>, name: &str| of.and_then(|of| of.get(name)).cloned();
    let names: BTreeSet<&String> = [before, after]
        .into_iter()
        .flatten()
        .flat_map(Map::keys)
        .collect();
    let change = |name: &String| FieldChange {
        field: name.clone(),
        before: value(before, name),
        after: value(after, name),
    };
    let changes = names.into_iter().map(change);
    changes
        .filter(|change| change.before != change.after)
        .collect()
}
