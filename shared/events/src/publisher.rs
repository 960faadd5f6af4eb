//! What a broker does for the outbox.

use uuid::Uuid;

/// What a broker has to know of an event.
pub trait Event: Send + Sync {
    /// Names the event: the same in every repetition of it.
    fn id(&self) -> Uuid;

    /// Whose event it is. The events of one user keep their order.
    fn user_id(&self) -> Uuid;

    /// What goes over the wire: JSON with a `schema` tag.
    fn message(&self) -> String;
}

/// Why an event was not published. It stays in the outbox and is tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The broker can't be reached or did not answer in time; it may have taken the event all the same.
    #[error("the broker is unavailable: {0}")]
    Unavailable(String),
    /// The broker took the event and has no queue for it.
    #[error("the broker has no queue for the event")]
    Unroutable,
    /// The broker rejected the event.
    #[error("the broker refused the event: {0}")]
    Refused(String),
}

/// A broker that takes events.
pub trait Publisher: Send + Sync {
    /// Publishes `events` and waits until the broker has them for good. One result for each event, in their order.
    ///
    /// Events of one call may arrive in any order, so one call holds at most one event of a user.
    fn publish<E: Event>(
        &self,
        events: &[E],
    ) -> impl Future<Output = Vec<Result<(), PublishError>>> + Send;
}
