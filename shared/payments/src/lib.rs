//! A client of the YooKassa v3 API: create a payment, read it, cancel it, and read what a notification is about.
//!
//! The local sandbox speaks the same protocol, so the same client serves both; only `PAYMENT_API_URL` differs.
//! Three rules hold it together:
//! - an answer that did not come is [`PaymentError::Unknown`]: ask again with the *same* idempotence key, or read
//!   the payment; never guess;
//! - a notification is not signed, so only the payment's id is taken from it and the rest is read with
//!   [`YooKassa::get`];
//! - the secret key never appears in `Debug`, `Display` or an error.

mod client;
mod config;
mod error;
mod notification;
mod payment;
mod wire;

pub use client::{CONNECT_TIMEOUT, TOTAL_TIMEOUT, YooKassa};
pub use config::Config;
pub use error::{PaymentError, Uncertainty};
pub use notification::{Notification, NotificationError, PaymentEvent};
pub use payment::{InvalidPaymentId, NewPayment, Payment, PaymentId, PaymentStatus};
