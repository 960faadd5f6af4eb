//! SQS, for AWS: a FIFO queue in which each user is a group.

use std::error::Error;
use std::time::Duration;

use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{Credentials, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use aws_sdk_sqs::{Client, Config};
use runtime::ConfigError;

use crate::{PublishError, Publisher, UserStatusChanged};

/// What SQS takes in one call.
const BATCH: usize = 10;
/// One call with its retries.
const PATIENCE: Duration = Duration::from_secs(10);

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

    /// A publisher to `USER_STATUS_QUEUE_URL`, with the region and the credentials that Lambda sets in the environment
    /// (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`). `AWS_ENDPOINT_URL_SQS` names
    /// another server.
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn from_env() -> Result<Sqs, ConfigError> {
        let queue_url = runtime::required("USER_STATUS_QUEUE_URL", "the URL of an SQS FIFO queue")?;
        Ok(Sqs::new(client_from_env()?, queue_url))
    }

    async fn publish_batch(&self, events: &[UserStatusChanged]) -> Vec<Result<(), PublishError>> {
        let entries = events.iter().enumerate().map(|(index, event)| {
            SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_group_id(event.user_id.to_string())
                .message_deduplication_id(event.event_id.to_string())
                .message_body(event.to_message())
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
                return vec![Err(PublishError::Unavailable(reason(&error))); events.len()];
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

/// A client as the environment describes it: see [`Sqs::from_env`].
fn client_from_env() -> Result<Client, ConfigError> {
    let credentials = Credentials::new(
        runtime::required("AWS_ACCESS_KEY_ID", "set by Lambda")?,
        runtime::required("AWS_SECRET_ACCESS_KEY", "set by Lambda")?,
        runtime::optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let mut config = Config::builder()
        .region(Region::new(runtime::required(
            "AWS_REGION",
            "set by Lambda",
        )?))
        .credentials_provider(credentials)
        .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build());
    config.set_endpoint_url(runtime::optional("AWS_ENDPOINT_URL_SQS"));
    Ok(Client::from_conf(config.build()))
}

/// SQS's own code; without an answer, the innermost cause. The whole error would fill a page.
fn reason(error: &(impl Error + ProvideErrorMetadata)) -> String {
    if let Some(code) = error.code() {
        return code.to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The queue of dead letters, to be watched.
#[derive(Clone)]
pub struct SqsDeadLetters {
    client: Client,
    queue_url: String,
}

impl SqsDeadLetters {
    /// The queue at `USER_STATUS_DEAD_LETTERS_URL`, with what [`Sqs::from_env`] reads; none when that is not set.
    ///
    /// # Errors
    /// When another variable is missing.
    pub fn from_env() -> Result<Option<SqsDeadLetters>, ConfigError> {
        let Some(queue_url) = runtime::optional("USER_STATUS_DEAD_LETTERS_URL") else {
            return Ok(None);
        };
        let client = client_from_env()?;
        Ok(Some(SqsDeadLetters { client, queue_url }))
    }

    /// About how many there are.
    ///
    /// # Errors
    /// When SQS can't be reached or refuses.
    pub async fn count(&self) -> Result<u64, PublishError> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let asked = self
            .client
            .get_queue_attributes()
            .queue_url(&self.queue_url)
            .attribute_names(name.clone())
            .send()
            .await
            .map_err(|error| PublishError::Unavailable(reason(&error)))?;
        let count = asked.attributes().and_then(|all| all.get(&name));
        count
            .and_then(|count| count.parse().ok())
            .ok_or_else(|| PublishError::Unavailable("SQS did not say".to_owned()))
    }
}

fn slot<'a, T>(results: &'a mut [T], id: &str) -> Option<&'a mut T> {
    results.get_mut(id.parse::<usize>().ok()?)
}

impl Publisher for Sqs {
    async fn publish(&self, events: &[UserStatusChanged]) -> Vec<Result<(), PublishError>> {
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
