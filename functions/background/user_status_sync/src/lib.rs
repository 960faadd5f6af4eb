//! Applies users' status changes to the loyalty database.

#[cfg(feature = "lambda")]
mod batch;

use domain::Clock;
use events::{Malformed, UserStatusChanged};
use loyalty_store::{LoyaltyStore, StatusChange};
use pg::PgError;

#[cfg(feature = "lambda")]
pub use batch::handle_batch;

/// Why a message was not processed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// It is not an event and never will be processed: a dead letter.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The loyalty database failed: the message has to be redelivered.
    #[error(transparent)]
    Store(#[from] PgError),
}

/// Processes one message. Order, repetition and replay don't matter.
///
/// # Errors
/// [`SyncError`], which says what to do with the message.
pub async fn handle(
    store: &LoyaltyStore,
    clock: &dyn Clock,
    body: &[u8],
) -> Result<StatusChange, SyncError> {
    take_in(store, clock, body).await.map(|(_, change)| change)
}

async fn take_in(
    store: &LoyaltyStore,
    clock: &dyn Clock,
    body: &[u8],
) -> Result<(UserStatusChanged, StatusChange), SyncError> {
    let event = UserStatusChanged::from_message(body)?;
    let change = store.apply_user_status(&event, clock.now()).await?;
    tracing::debug!(event_id = %event.event_id, user_id = %event.user_id, version = event.version, ?change, "user status");
    Ok((event, change))
}
