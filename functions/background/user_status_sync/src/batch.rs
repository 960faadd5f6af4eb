//! A batch from SQS.

use std::collections::HashSet;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::Clock;
use events::sqs::{Failed, SqsDeadLetters};
use loyalty_store::{LoyaltyStore, StatusChange, lag_metric};
use pg::PgError;
use runtime::metrics;

use crate::{SyncError, take_in};

/// How often a message that the database refuses is tried.
const TRIES: u32 = 20;

/// Processes a batch and names the messages that SQS has to redeliver. What can't be processed goes to the dead letters
/// with its reason: SQS, which moves what fails too often, knows none. A failure stops its group: were a later message
/// of the group deleted, the order of the group would be lost. The lag of the changes is reported to
/// CloudWatch.
pub async fn handle_batch(
    store: &LoyaltyStore,
    dead_letters: &SqsDeadLetters,
    clock: &dyn Clock,
    batch: SqsEvent,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let mut stopped = HashSet::new();
    let mut database_down = false;
    let mut lags = Vec::new();
    for message in batch.records {
        let group = message.attributes.get("MessageGroupId").cloned();
        if !database_down && !stopped.contains(&group) {
            let body = message.body.as_deref().unwrap_or_default();
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
            let message_id = message.message_id.as_deref().unwrap_or_default();
            tracing::error!(%message_id, %error, "a message was not handled");
            if is_poison(&error, &message) && dead_letter(dead_letters, &message, &error).await {
                continue;
            }
            // Each further message would wait for the database in vain until the function runs out of time.
            database_down = matches!(error, SyncError::Store(PgError::Unavailable(_)));
            stopped.insert(group);
        }
        response.add_failure(message.message_id.unwrap_or_default());
    }
    metrics::emit(&[lag_metric(lags)], clock.now());
    response
}

fn is_poison(error: &SyncError, message: &SqsMessage) -> bool {
    match error {
        SyncError::Malformed(_) => true,
        SyncError::Store(PgError::Unavailable(_)) => false,
        SyncError::Store(_) => {
            let received = message.attributes.get("ApproximateReceiveCount");
            received.is_some_and(|times| times.parse::<u32>().is_ok_and(|times| times >= TRIES))
        }
    }
}

/// Whether the dead letters have it now. If not, it comes again.
async fn dead_letter(
    dead_letters: &SqsDeadLetters,
    message: &SqsMessage,
    error: &SyncError,
) -> bool {
    let message_id = message.message_id.as_deref().unwrap_or_default();
    let failed = Failed {
        message_id,
        group: message.attributes.get("MessageGroupId").map(String::as_str),
        body: message.body.as_deref().unwrap_or_default(),
    };
    match dead_letters.dead_letter(failed, &error.to_string()).await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%message_id, %error, "the dead letters did not take the message");
            false
        }
    }
}
