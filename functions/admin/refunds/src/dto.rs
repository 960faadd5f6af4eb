//! Purchases and refunds in requests and answers of staff.

use checkout::PurchaseBody;
use domain::{RefundCause, RefundStatus};
use jiff::Timestamp;
use loyalty_store::{Purchase, Refund};
use serde::{Deserialize, Serialize};
use service_http::MoneyBody;
use utoipa::ToSchema;
use uuid::Uuid;

/// The refund to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundRequest {
    /// The amount, decimal with two places, in the currency of the purchase; everything that is left if absent.
    #[schema(example = "99.00")]
    pub(crate) amount: Option<String>,
    /// For colleagues: 1 to 200 characters in one line, without personal data.
    #[schema(example = "Paid twice")]
    pub(crate) reason: String,
}

/// Why a purchase is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevocationRequest {
    /// For colleagues: 1 to 200 characters in one line, without personal data.
    #[schema(example = "Granted by mistake")]
    pub(crate) reason: String,
}

/// A purchase as staff see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PurchaseOfUser {
    #[serde(flatten)]
    purchase: PurchaseBody,
    /// The ID of the buyer.
    user_id: Uuid,
    /// The provider's ID of the payment, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<String>,
    /// Who of the staff gave it, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_by: Option<Uuid>,
    /// Why it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    give_reason: Option<String>,
    /// Who of the staff revoked it, if it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<Uuid>,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoke_reason: Option<String>,
}

/// A purchase with its refunds.
#[derive(Serialize, ToSchema)]
pub(crate) struct PurchaseDetails {
    #[serde(flatten)]
    purchase: PurchaseOfUser,
    /// Oldest first.
    refunds: Vec<RefundBody>,
}

/// A refund.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefundBody {
    /// Its ID.
    refund_id: Uuid,
    /// `pending` until the provider decides, `succeeded` or `failed`.
    #[schema(value_type = String, example = "succeeded")]
    status: RefundStatus,
    /// The amount.
    amount: MoneyBody,
    /// `staff`; `late_payment`: the payment came too late; `provider`: created at the provider.
    #[schema(value_type = String, example = "staff")]
    cause: RefundCause,
    /// Who of the staff ordered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered_by: Option<Uuid>,
    /// Who of the staff approved it, if it was so large that somebody had to.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<Uuid>,
    /// Why it was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Why it failed, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// When it was requested.
    created_at: Timestamp,
}

/// A refund in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedRefund {
    #[serde(flatten)]
    refund: RefundBody,
    /// The ID of the purchase.
    purchase_id: Uuid,
    /// The ID of the buyer.
    user_id: Uuid,
}

impl From<Purchase> for PurchaseOfUser {
    fn from(mut purchase: Purchase) -> PurchaseOfUser {
        let acts = [purchase.given.clone(), purchase.revoked.take()];
        let [given, revoked] = acts.map(|act| act.map(|act| (act.actor_id, act.reason)).unzip());
        PurchaseOfUser {
            user_id: purchase.user_id,
            payment_id: purchase.payment_id.clone(),
            given_by: given.0,
            give_reason: given.1,
            revoked_by: revoked.0,
            revoke_reason: revoked.1,
            purchase: purchase.into(),
        }
    }
}

impl PurchaseDetails {
    pub(crate) fn of(purchase: Purchase, refunds: Vec<Refund>) -> PurchaseDetails {
        PurchaseDetails {
            purchase: purchase.into(),
            refunds: refunds.into_iter().map(RefundBody::from).collect(),
        }
    }
}

impl From<Refund> for RefundBody {
    fn from(refund: Refund) -> RefundBody {
        RefundBody {
            refund_id: refund.id,
            status: refund.status,
            amount: refund.amount.into(),
            cause: refund.cause,
            ordered_by: refund.actor_id,
            approved_by: refund.approved_by,
            reason: refund.reason,
            failure: refund.failure,
            created_at: refund.created_at,
        }
    }
}

impl From<Refund> for ListedRefund {
    fn from(refund: Refund) -> ListedRefund {
        ListedRefund {
            purchase_id: refund.purchase_id,
            user_id: refund.user_id,
            refund: refund.into(),
        }
    }
}
