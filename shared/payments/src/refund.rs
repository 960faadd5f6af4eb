//! Refunds to the buyer.

use domain::Money;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{PaymentId, ReceiptStatus, RefundId};

/// A request for a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// Makes a retry the same refund. Store it before the first attempt; the provider remembers it for 24 hours.
    pub idempotence_key: Uuid,
    /// The payment to refund; it has succeeded.
    pub payment_id: PaymentId,
    /// Our purchase, echoed back in the refund.
    pub purchase_id: Uuid,
    /// How much: more than zero, at most what the payment has left.
    pub amount: Money,
    /// Why, for the buyer and the provider's dashboard; cut at 250 characters, the provider's limit.
    pub reason: String,
    /// What the receipt says the money was for: the payment's own description; cut at 128 characters.
    pub description: String,
}

/// The status of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// On its way.
    Pending,
    /// The buyer has, or will have, the money. Final.
    Succeeded,
    /// Nothing was refunded. Final.
    Canceled {
        /// The provider's reason, such as `insufficient_funds` or `rejected_by_payee`.
        reason: String,
    },
}

/// A refund, as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The provider's identifier.
    pub id: RefundId,
    /// The payment it is from.
    pub payment_id: PaymentId,
    /// Our purchase, if the refund was made by [`crate::Provider::refund`].
    pub purchase_id: Option<Uuid>,
    /// Its status.
    pub status: RefundStatus,
    /// The amount of the refund.
    pub amount: Money,
    /// When it was made.
    pub created_at: Timestamp,
    /// How far the receipt is, if one was asked for.
    pub receipt: Option<ReceiptStatus>,
}
