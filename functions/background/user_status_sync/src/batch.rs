//! A batch from SQS.

use std::collections::HashSet;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::Clock;
use loyalty_store::LoyaltyStore;
use pg::PgError;

use crate::{SyncError, handle};

/// Takes in a batch and names the messages that SQS is to give again. A failure stops its group: were a later message
/// of the group deleted, the order of the group would be lost. SQS moves what fails too often to the dead letters.
pub async fn handle_batch(
    store: &LoyaltyStore,
    clock: &dyn Clock,
    batch: SqsEvent,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let mut stopped = HashSet::new();
    let mut database_down = false;
    for message in batch.records {
        let message_id = message.message_id.unwrap_or_default();
        let group = message.attributes.get("MessageGroupId").cloned();
        if !database_down && !stopped.contains(&group) {
            let body = message.body.unwrap_or_default();
            let Err(error) = handle(store, clock, body.as_bytes()).await else {
                continue;
            };
            tracing::error!(%message_id, %error, "a message was not handled");
            // Each further message would wait for the database in vain until the function runs out of time.
            database_down = matches!(error, SyncError::Store(PgError::Unavailable(_)));
            stopped.insert(group);
        }
        response.add_failure(message_id);
    }
    response
}
