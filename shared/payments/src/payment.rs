//! A payment as we see it.

use domain::Money;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{PaymentId, ReceiptStatus};

/// An order to take money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// Makes a retry the same payment. Store it before the first attempt; the provider remembers it for 24 hours.
    pub idempotence_key: Uuid,
    /// Our purchase, echoed back in the payment.
    pub purchase_id: Uuid,
    /// What to take; more than zero.
    pub amount: Money,
    /// What the buyer reads on the provider's page, and on the receipt; cut at 128 characters, the provider's limit.
    pub description: String,
    /// When the buyer's money is taken.
    pub capture: CaptureMode,
}

/// When the buyer's money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMode {
    /// As soon as the buyer has paid.
    AtOnce,
    /// It is held first, and captured by [`crate::Provider::capture`] or released by [`crate::Provider::cancel`].
    OnDemand,
}

/// An order to take money that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Makes a retry the same capture.
    pub idempotence_key: Uuid,
    /// The payment, which waits for it.
    pub payment_id: PaymentId,
    /// How much of it.
    pub amount: CaptureAmount,
}

/// How much of the money that is held to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureAmount {
    /// All of it.
    Whole,
    /// A part; the rest goes back to the buyer.
    Part {
        /// More than zero, at most what is held.
        amount: Money,
        /// What the receipt then says was bought; cut at 128 characters.
        description: String,
    },
}

/// The status of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The buyer has not paid yet.
    Pending,
    /// The money is held and not taken yet.
    WaitingForCapture,
    /// Paid. Final, also when it is refunded later: see [`Payment::refunded`].
    Succeeded,
    /// Not paid. Final.
    Canceled {
        /// The provider's reason, such as `general_decline` or `expired_on_confirmation`.
        reason: String,
    },
}

impl PaymentStatus {
    /// True when the status will not change any more.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            PaymentStatus::Succeeded | PaymentStatus::Canceled { .. }
        )
    }
}

/// A payment, as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The provider's identifier.
    pub id: PaymentId,
    /// Its status.
    pub status: PaymentStatus,
    /// What it takes; after a capture in part, that part.
    pub amount: Money,
    /// How much of it has been refunded.
    pub refunded: Money,
    /// Our purchase, if the payment was made by [`crate::Provider::create`].
    pub purchase_id: Option<Uuid>,
    /// The page where the buyer pays; there while the payment is pending.
    pub confirmation_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the money was taken.
    pub captured_at: Option<Timestamp>,
    /// Until when the money is held; there while it waits for the capture.
    pub expires_at: Option<Timestamp>,
    /// How far the receipt is, if one was asked for.
    pub receipt: Option<ReceiptStatus>,
    /// True when no real money moves: a test shop or the sandbox.
    pub test: bool,
}
