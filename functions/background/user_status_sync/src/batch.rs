//! A batch from SQS.

use std::collections::HashSet;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::Clock;
use loyalty_store::{LoyaltyStore, StatusChange, lag_metric};
use pg::PgError;
use runtime::metrics;

use crate::{SyncError, take_in};

/// Takes in a batch and names the messages that SQS is to give again. A failure stops its group: were a later message
/// of the group deleted, the order of the group would be lost. SQS moves what fails too often to the dead letters.
/// How late the changes came is told to CloudWatch.
pub async fn handle_batch(
    store: &LoyaltyStore,
    clock: &dyn Clock,
    batch: SqsEvent,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let mut stopped = HashSet::new();
    let mut database_down = false;
    let mut lags = Vec::new();
    for message in batch.records {
        let message_id = message.message_id.unwrap_or_default();
        let group = message.attributes.get("MessageGroupId").cloned();
        if !database_down && !stopped.contains(&group) {
            let body = message.body.unwrap_or_default();
            let error = match take_in(store, clock, body.as_bytes()).await {
                Ok((event, StatusChange::Applied)) => {
                    let lag = clock.now().duration_since(event.occurred_at);
                    lags.push(lag.as_secs_f64());
                    continue;
                }
                // A replay is no measure of lateness.
                Ok(_) => continue,
                Err(error) => error,
            };
            tracing::error!(%message_id, %error, "a message was not handled");
            // Each further message would wait for the database in vain until the function runs out of time.
            database_down = matches!(error, SyncError::Store(PgError::Unavailable(_)));
            stopped.insert(group);
        }
        response.add_failure(message_id);
    }
    metrics::emit(&[lag_metric(lags)], clock.now());
    response
}
