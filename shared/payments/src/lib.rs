//! Payment providers: what is asked of one ([`Provider`]), and the client of the YooKassa v3 API ([`YooKassa`]):
//! create, read, capture and cancel payments, make and read refunds, with receipts, and read what a notification is
//! about.
//!
//! The local sandbox speaks the same protocol, so the same client serves both; only `PAYMENT_API_URL` differs.
//! Three rules hold it together:
//! - an answer that did not come is [`PaymentError::Unknown`]: ask again with the *same* idempotence key, or read
//!   the payment; never guess;
//! - a notification is not signed, so only the identifier is taken from it and the rest is read with
//!   [`Provider::get`] or [`Provider::get_refund`];
//! - the secret key never appears in `Debug`, `Display` or an error.

mod client;
mod config;
mod error;
mod exchange;
mod id;
mod networks;
mod notification;
mod payment;
mod provider;
mod receipt;
mod refund;
mod wire;

pub use client::YooKassa;
pub use config::Config;
pub use error::{PaymentError, Uncertainty};
pub use exchange::{CONNECT_TIMEOUT, TOTAL_TIMEOUT};
pub use id::{InvalidId, PaymentId, RefundId};
pub use networks::WebhookNetworks;
pub use notification::{Notification, NotificationError, PaymentEvent};
pub use payment::{Capture, CaptureAmount, CaptureMode, NewPayment, Payment, PaymentStatus};
pub use provider::{Provider, Reply};
pub use receipt::{ReceiptStatus, Receipts};
pub use refund::{NewRefund, Refund, RefundStatus};
