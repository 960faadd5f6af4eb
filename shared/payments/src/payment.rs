//! A payment as we see it.

use std::fmt;
use std::str::FromStr;

use domain::Money;
use jiff::Timestamp;
use uuid::Uuid;

/// The provider's identifier of a payment: up to 64 letters, digits, `-` and `_`, so it is safe in a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PaymentId(String);

/// A text that cannot be a payment's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment's identifier is 1 to 64 letters, digits, hyphens and underscores")]
pub struct InvalidPaymentId;

impl PaymentId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PaymentId {
    type Err = InvalidPaymentId;

    fn from_str(text: &str) -> Result<Self, InvalidPaymentId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(PaymentId(text.to_owned()))
        } else {
            Err(InvalidPaymentId)
        }
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An order to take money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// Makes a retry the same payment. Store it before the first attempt; the provider remembers it for 24 hours.
    pub idempotence_key: Uuid,
    /// Our purchase, echoed back in the payment.
    pub purchase_id: Uuid,
    /// What to take; more than zero.
    pub amount: Money,
    /// What the buyer reads on the provider's page; cut at 128 characters, the provider's limit.
    pub description: String,
}

/// Where a payment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStatus {
    /// The buyer has not paid yet.
    Pending,
    /// The money is held and not taken yet. We ask for immediate capture, so this is an exception.
    WaitingForCapture,
    /// Paid. Final.
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
    /// Where it stands.
    pub status: PaymentStatus,
    /// What it takes.
    pub amount: Money,
    /// Our purchase, if the payment was made by [`crate::YooKassa::create`].
    pub purchase_id: Option<Uuid>,
    /// The page where the buyer pays; there while the payment is pending.
    pub confirmation_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the money was taken.
    pub captured_at: Option<Timestamp>,
    /// True when no real money moves: a test shop or the sandbox.
    pub test: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_cannot_leave_its_path_segment() {
        assert!(
            "22e12f66-000f-5000-8000-18db351245c7"
                .parse::<PaymentId>()
                .is_ok()
        );
        for text in ["", "..", "a/b", "a?b", "a%2fb", "a b", &"a".repeat(65)] {
            assert_eq!(text.parse::<PaymentId>(), Err(InvalidPaymentId), "{text}");
        }
    }
}
