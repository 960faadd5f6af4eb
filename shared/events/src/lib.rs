//! The events of the services, and the brokers that carry them.

#[cfg(any(feature = "rabbitmq", feature = "sqs"))]
mod dead_letter;
mod publisher;
mod purchase;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(feature = "sqs")]
pub mod sqs;
mod user_status;

#[cfg(any(feature = "rabbitmq", feature = "sqs"))]
pub use dead_letter::{DeadLetter, dead_letters_metric};
pub use publisher::{Event, PublishError, Publisher};
pub use purchase::{Period, PurchaseEvent, Refunded};
pub use user_status::{Malformed, UserStatusChanged};
