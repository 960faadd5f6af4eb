//! What the auth side tells the loyalty side, and the brokers that carry it.

mod event;
mod publisher;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(feature = "sqs")]
pub mod sqs;

pub use event::{Malformed, UserStatusChanged};
pub use publisher::{PublishError, Publisher};
