//! Purchases and refunds as staff are told of them.

use buying::PurchaseBody;
use domain::{RefundCause, RefundStatus};
use jiff::Timestamp;
use loyalty_store::{Purchase, Refund};
use serde::{Deserialize, Serialize};
use service_http::MoneyBody;
use utoipa::ToSchema;
use uuid::Uuid;

/// How much is to be given back.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RefundRequest {
    /// Decimal, two places, in the currency of the purchase; all that is left if absent.
    #[schema(example = "99.00")]
    pub(crate) amount: Option<String>,
}

/// A user's purchases, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Purchases {
    purchases: Vec<PurchaseBody>,
}

impl Purchases {
    pub(crate) fn of(purchases: Vec<Purchase>) -> Purchases {
        Purchases {
            purchases: purchases.into_iter().map(PurchaseBody::from).collect(),
        }
    }
}

/// A purchase, with what staff alone are told.
#[derive(Serialize, ToSchema)]
pub(crate) struct PurchaseOfUser {
    #[serde(flatten)]
    purchase: PurchaseBody,
    /// Who buys.
    user_id: Uuid,
    /// The provider's number of the payment, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<String>,
    /// The first ordered first.
    refunds: Vec<RefundBody>,
}

impl PurchaseOfUser {
    pub(crate) fn of(purchase: Purchase, refunds: Vec<Refund>) -> PurchaseOfUser {
        PurchaseOfUser {
            user_id: purchase.user_id,
            payment_id: purchase.payment_id.clone(),
            purchase: purchase.into(),
            refunds: refunds.into_iter().map(RefundBody::from).collect(),
        }
    }
}

/// Money that goes back.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefundBody {
    /// Its number.
    refund_id: Uuid,
    /// `pending` while the provider has not said, `succeeded`, or `failed`.
    #[schema(value_type = String, example = "succeeded")]
    status: RefundStatus,
    /// How much.
    amount: MoneyBody,
    /// `staff`; `late_payment`: it had come too late; `provider`: somebody made it there.
    #[schema(value_type = String, example = "staff")]
    cause: RefundCause,
    /// Why it failed, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// When it was ordered.
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
