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
}

/// Why a purchase is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevocationRequest {
    /// For colleagues: 1 to 100 characters in one line, without personal data.
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
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoke_reason: Option<String>,
    /// Oldest first.
    refunds: Vec<RefundBody>,
}

impl PurchaseOfUser {
    pub(crate) fn of(purchase: Purchase, refunds: Vec<Refund>) -> PurchaseOfUser {
        PurchaseOfUser {
            user_id: purchase.user_id,
            payment_id: purchase.payment_id.clone(),
            revoke_reason: purchase.revoke_reason.clone(),
            purchase: purchase.into(),
            refunds: refunds.into_iter().map(RefundBody::from).collect(),
        }
    }
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
    /// Why it failed, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// When it was requested.
    created_at: Timestamp,
}

impl From<Refund> for RefundBody {
    fn from(refund: Refund) -> RefundBody {
        RefundBody {
            refund_id: refund.id,
            status: refund.status,
            amount: refund.amount.into(),
            cause: refund.cause,
            failure: refund.failure,
            created_at: refund.created_at,
        }
    }
}
