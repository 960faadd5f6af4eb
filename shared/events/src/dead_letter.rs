//! A message that could not be handled.

use runtime::Metric;

use crate::UserStatusChanged;

/// The header (RabbitMQ) or attribute (SQS) that says why a message is a dead letter.
pub(crate) const REASON: &str = "reason";

/// A message that could not be handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// What names it: the id of the event if the publisher gave one, or that of the message in the consumer's log.
    pub message_id: Option<String>,
    /// Why it is here.
    pub reason: String,
    /// The event, if it can be read now.
    pub event: Option<UserStatusChanged>,
    /// What it says. May be anything.
    pub body: Vec<u8>,
}

/// `user_status_dead_letters`.
pub fn dead_letters_metric(count: u64) -> Metric {
    Metric::count(
        "user_status_dead_letters",
        "Changes of status that could not be taken in and wait for somebody.",
        count,
    )
}
