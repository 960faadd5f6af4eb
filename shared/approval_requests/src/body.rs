//! An approval in answers: the same in every call.

use domain::{ApprovalKind, ApprovalState};
use jiff::Timestamp;
use loyalty_store::Approval;
use serde::Serialize;
use service_http::MoneyBody;
use utoipa::ToSchema;
use uuid::Uuid;

/// A change that a member of staff has asked for and that somebody else has to approve.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalBody {
    /// Its ID.
    approval_id: Uuid,
    /// What is changed: `promotion` or `refund`.
    #[schema(value_type = String, example = "promotion")]
    kind: ApprovalKind,
    /// `pending` while it waits, `approved` once the change is made, `rejected`, `withdrawn`, or `expired`.
    #[schema(value_type = String, example = "pending")]
    state: ApprovalState,
    /// The ID of the promotion; of a new one, absent until it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 5)]
    promotion_id: Option<i64>,
    /// The title of the promotion.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Месяц в подарок")]
    title: Option<String>,
    /// The version of the promotion that is changed; absent for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7)]
    base_version: Option<i32>,
    /// The ID of the purchase that is refunded.
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_id: Option<Uuid>,
    /// The ID of its buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    /// The amount to refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyBody>,
    /// The ID of the refund that was made; its status is in the list of refunds.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_id: Option<Uuid>,
    /// Why it was asked for, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The ID of the member of staff who asked for it.
    requested_by: Uuid,
    /// When, in UTC.
    requested_at: Timestamp,
    /// From when on it can't be approved, in UTC.
    expires_at: Timestamp,
    /// The ID of the member of staff who approved, rejected or withdrew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<Uuid>,
    /// When, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_reason: Option<String>,
}

impl ApprovalBody {
    /// Where it can be read.
    pub fn path(&self) -> String {
        format!("/admin/approvals/{}", self.approval_id)
    }
}

impl From<Approval> for ApprovalBody {
    fn from(approval: Approval) -> ApprovalBody {
        let title = approval
            .shown
            .as_ref()
            .map(|shown| &shown["after"]["title"]);
        let is_refunded =
            (approval.kind, approval.state) == (ApprovalKind::Refund, ApprovalState::Approved);
        ApprovalBody {
            approval_id: approval.id,
            kind: approval.kind,
            state: approval.state,
            promotion_id: approval.promotion_id.map(|id| id.0),
            title: title.and_then(|title| title.as_str()).map(str::to_owned),
            base_version: approval.base_version,
            purchase_id: approval.purchase_id,
            user_id: approval.user_id,
            amount: approval.amount.map(MoneyBody::from),
            refund_id: is_refunded.then_some(approval.id),
            reason: approval.reason,
            requested_by: approval.requested_by,
            requested_at: approval.requested_at,
            expires_at: approval.expires_at,
            decided_by: approval.decided_by,
            decided_at: approval.decided_at,
            decision_reason: approval.decision_reason,
        }
    }
}
