//! What the services tell, and the brokers that carry it.

#[cfg(any(feature = "rabbitmq", feature = "sqs"))]
mod dead_letter;
mod event;
mod publisher;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(feature = "sqs")]
pub mod sqs;

#[cfg(any(feature = "rabbitmq", feature = "sqs"))]
pub use dead_letter::{DeadLetter, dead_letters_metric};
pub use event::{Malformed, UserStatusChanged};
pub use publisher::{Event, PublishError, Publisher};
