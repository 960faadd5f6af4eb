//! A batch from SQS.

use std::collections::HashSet;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::Clock;
use loyalty_store::LoyaltyStore;

use crate::handle;

/// Takes in a batch and names the messages that SQS is to give again. A failure stops its group: were a later message
/// of the group deleted, the order of the group would be lost. SQS moves what fails too often to the dead letters.
pub async fn handle_batch(
    store: &LoyaltyStore,
    clock: &dyn Clock,
    batch: SqsEvent,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let mut stopped = HashSet::new();
    for message in batch.records {
        let message_id = message.message_id.unwrap_or_default();
        let group = message.attributes.get("MessageGroupId").cloned();
        if !stopped.contains(&group) {
            let body = message.body.unwrap_or_default();
            let Err(error) = handle(store, clock, body.as_bytes()).await else {
                continue;
            };
            tracing::error!(%message_id, %error, "a message was not handled");
            stopped.insert(group);
        }
        response.add_failure(message_id);
    }
    response
}
