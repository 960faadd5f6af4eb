//! Publishing in batches.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use runtime::ConfigError;

use super::{BATCH, client_from_env, unavailable};
use crate::{Event, PublishError, Publisher};

/// A publisher to one SQS FIFO queue.
#[derive(Clone)]
pub struct Sqs {
    client: Client,
    queue_url: String,
}

impl Sqs {
    /// A publisher to the queue at `queue_url`.
    pub fn new(client: Client, queue_url: String) -> Sqs {
        Sqs { client, queue_url }
    }

    /// A publisher to the queue whose URL is in the variable `name`, over [`client_from_env`].
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn from_env(name: &'static str) -> Result<Sqs, ConfigError> {
        let queue_url = runtime::required(name, "the URL of an SQS FIFO queue")?;
        Ok(Sqs::new(client_from_env()?, queue_url))
    }

    async fn publish_batch(&self, events: &[impl Event]) -> Vec<Result<(), PublishError>> {
        let entries = events.iter().enumerate().map(|(index, event)| {
            SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_group_id(event.user_id().to_string())
                .message_deduplication_id(event.id().to_string())
                .message_body(event.message())
                .build()
        });
        let entries = match entries.collect::<Result<Vec<_>, _>>() {
            Ok(entries) => entries,
            Err(error) => return vec![Err(PublishError::Refused(error.to_string())); events.len()],
        };
        let sent = self
            .client
            .send_message_batch()
            .queue_url(&self.queue_url)
            .set_entries(Some(entries))
            .send()
            .await;
        let sent = match sent {
            Ok(sent) => sent,
            Err(error) => {
                return vec![Err(unavailable(&error)); events.len()];
            }
        };
        // Only what the answer names as taken is taken.
        let mut results =
            vec![Err(PublishError::Unavailable("SQS did not say".to_owned())); events.len()];
        for entry in sent.failed() {
            if let Some(result) = slot(&mut results, entry.id()) {
                *result = Err(PublishError::Refused(entry.code().to_owned()));
            }
        }
        for entry in sent.successful() {
            if let Some(result) = slot(&mut results, entry.id()) {
                *result = Ok(());
            }
        }
        results
    }
}

fn slot<'a, T>(results: &'a mut [T], id: &str) -> Option<&'a mut T> {
    results.get_mut(id.parse::<usize>().ok()?)
}

impl Publisher for Sqs {
    async fn publish<E: Event>(&self, events: &[E]) -> Vec<Result<(), PublishError>> {
        let mut results = Vec::with_capacity(events.len());
        for batch in events.chunks(BATCH) {
            results.extend(self.publish_batch(batch).await);
            // When SQS can't be reached there is no sense in waiting once for each batch.
            if let Some(Err(error @ PublishError::Unavailable(_))) = results.last().cloned() {
                results.resize(events.len(), Err(error));
                break;
            }
        }
        results
    }
}
