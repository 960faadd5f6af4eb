//! The interface of a payment provider.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use uuid::Uuid;

use crate::{Capture, NewPayment, NewRefund, Payment, PaymentError, PaymentId, Refund, RefundId};

/// An answer on its way.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, PaymentError>> + Send + 'a>>;

/// A payment provider. Every call can end in [`PaymentError`]; whether it may have had its effect all the same is
/// [`PaymentError::outcome_unknown`], and then the same call with the same idempotence key, or reading, tells.
pub trait Provider: Debug + Send + Sync {
    /// Creates a payment, or gives the one created earlier under the same idempotence key.
    fn create<'a>(&'a self, new: &'a NewPayment) -> Reply<'a, Payment>;

    /// Reads a payment; an unknown one is [`PaymentError::is_not_found`].
    fn get<'a>(&'a self, id: &'a PaymentId) -> Reply<'a, Payment>;

    /// Takes money that is held ([`crate::PaymentStatus::WaitingForCapture`]); a payment in another status is
    /// [`PaymentError::Rejected`].
    fn capture<'a>(&'a self, capture: &'a Capture) -> Reply<'a, Payment>;

    /// Releases money that is held. Nothing else can be cancelled: a pending payment can only be left to expire, and
    /// a paid one is refunded. A payment in another status is [`PaymentError::Rejected`].
    fn cancel<'a>(&'a self, id: &'a PaymentId, idempotence_key: Uuid) -> Reply<'a, Payment>;

    /// Refunds all or a part of a payment that has succeeded, or gives the refund made earlier under the same
    /// idempotence key. More than the payment has left is [`PaymentError::Rejected`].
    fn refund<'a>(&'a self, new: &'a NewRefund) -> Reply<'a, Refund>;

    /// Reads a refund; an unknown one is [`PaymentError::is_not_found`].
    fn get_refund<'a>(&'a self, id: &'a RefundId) -> Reply<'a, Refund>;
}
