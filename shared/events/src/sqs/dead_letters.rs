//! Messages that could not be handled: stored with the reason, listed and replayed.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageAttributeValue,
    MessageSystemAttributeName, QueueAttributeName,
};
use domain::Clock;
use runtime::{ConfigError, metrics};

use super::{BATCH, client_from_env, unavailable};
use crate::dead_letter::REASON;
use crate::{DeadLetter, PublishError, UserStatusChanged, dead_letters_metric};

/// What SQS has moved here by itself has no reason of ours.
const MOVED_BY_SQS: &str = "received too often";
/// Seconds for which a message that is looked at or replayed is nobody else's.
const IN_HAND: i32 = 30;

/// The dead letters of a queue, in an SQS FIFO queue of their own.
#[derive(Clone)]
pub struct SqsDeadLetters {
    client: Client,
    url: String,
}

/// A message that can't be handled.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// SQS's id of the message.
    pub message_id: &'a str,
    /// Its group, if it has one.
    pub group: Option<&'a str>,
    /// What it says.
    pub body: &'a str,
}

impl SqsDeadLetters {
    /// The dead letters in the queue at `url`.
    pub fn new(client: Client, url: String) -> SqsDeadLetters {
        SqsDeadLetters { client, url }
    }

    /// Those in `USER_STATUS_DEAD_LETTERS_URL`, over [`client_from_env`].
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn from_env() -> Result<SqsDeadLetters, ConfigError> {
        let url = runtime::required(
            "USER_STATUS_DEAD_LETTERS_URL",
            "the URL of the SQS FIFO queue of dead letters",
        )?;
        Ok(SqsDeadLetters::new(client_from_env()?, url))
    }

    /// The same; none when `USER_STATUS_DEAD_LETTERS_URL` is not set.
    ///
    /// # Errors
    /// When another variable is missing.
    pub fn if_in_env() -> Result<Option<SqsDeadLetters>, ConfigError> {
        let url = runtime::optional("USER_STATUS_DEAD_LETTERS_URL");
        url.map(|_| SqsDeadLetters::from_env()).transpose()
    }

    /// Puts a message here with the reason; then it can be deleted where it was. A second call for it within five
    /// minutes does nothing.
    ///
    /// # Errors
    /// When SQS did not take it.
    pub async fn dead_letter(&self, message: Failed<'_>, reason: &str) -> Result<(), PublishError> {
        let reason = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(reason)
            .build()
            .map_err(|error| PublishError::Refused(error.to_string()))?;
        // By the id of the message, not of the event: after a replay it has to be possible again.
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_group_id(message.group.unwrap_or(message.message_id))
            .message_deduplication_id(message.message_id)
            .message_attributes(REASON, reason)
            .message_body(message.body)
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(())
    }

    /// How many there are, as far as SQS knows: about.
    ///
    /// # Errors
    /// When SQS can't be reached.
    pub async fn count(&self) -> Result<u32, PublishError> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(name.clone())
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        let count = answer.attributes().and_then(|all| all.get(&name));
        Ok(count
            .and_then(|count| count.parse().ok())
            .unwrap_or_default())
    }

    /// Writes how many there are to the log of a Lambda for CloudWatch. What can't be counted is left out.
    pub async fn watch(&self, clock: &dyn Clock) {
        match self.count().await {
            Ok(count) => metrics::emit(&[dead_letters_metric(count.into())], clock.now()),
            Err(error) => tracing::warn!(%error, "the dead letters were not counted"),
        }
    }

    /// About `limit` of them, each user's in their order. They stay where they are.
    ///
    /// # Errors
    /// When SQS can't be reached; those that were looked at are hidden for half a minute then.
    pub async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>, PublishError> {
        let mut taken = Vec::new();
        while taken.len() < limit {
            let some = self.receive().await?;
            if some.is_empty() {
                break;
            }
            taken.extend(some);
        }
        for some in taken.chunks(BATCH) {
            self.put_back(some).await?;
        }
        Ok(taken.iter().map(letter).collect())
    }

    /// Sends all back to the queue at `queue_url`, and returns how many. Each is removed here when SQS has it there: an
    /// interrupted replay loses none, and one that goes on within five minutes sends none twice. What fails again comes
    /// back here.
    ///
    /// # Errors
    /// When SQS can't be reached; what was sent back before stays so.
    pub async fn replay(&self, queue_url: &str) -> Result<u32, PublishError> {
        let there = self.count().await?;
        let mut replayed = 0;
        while replayed < there {
            let some = self.receive().await?;
            if some.is_empty() {
                break;
            }
            for message in &some {
                self.send_back(message, queue_url).await?;
                replayed += 1;
            }
        }
        Ok(replayed)
    }

    async fn receive(&self) -> Result<Vec<Message>, PublishError> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(BATCH as i32)
            .visibility_timeout(IN_HAND)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names(REASON)
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    async fn put_back(&self, messages: &[Message]) -> Result<(), PublishError> {
        let entries = messages.iter().enumerate().map(|(index, message)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(message.receipt_handle().unwrap_or_default())
                .visibility_timeout(0)
                .build()
                .map_err(|error| PublishError::Refused(error.to_string()))
        });
        self.client
            .change_message_visibility_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries.collect::<Result<_, _>>()?))
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(())
    }

    async fn send_back(&self, message: &Message, queue_url: &str) -> Result<(), PublishError> {
        let id = message.message_id().unwrap_or_default();
        let group = attribute(message, &MessageSystemAttributeName::MessageGroupId);
        // Its first id is not taken a second time within five minutes.
        self.client
            .send_message()
            .queue_url(queue_url)
            .message_group_id(group.unwrap_or(id))
            .message_deduplication_id(id)
            .message_body(message.body().unwrap_or_default())
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        self.client
            .delete_message()
            .queue_url(&self.url)
            .receipt_handle(message.receipt_handle().unwrap_or_default())
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(())
    }
}

fn attribute<'a>(message: &'a Message, name: &MessageSystemAttributeName) -> Option<&'a str> {
    message.attributes()?.get(name).map(String::as_str)
}

fn letter(message: &Message) -> DeadLetter {
    let body = message.body().unwrap_or_default().as_bytes();
    let reason = message.message_attributes().and_then(|all| all.get(REASON));
    let name = MessageSystemAttributeName::MessageDeduplicationId;
    DeadLetter {
        message_id: attribute(message, &name).map(str::to_owned),
        reason: reason
            .and_then(MessageAttributeValue::string_value)
            .unwrap_or(MOVED_BY_SQS)
            .to_owned(),
        event: UserStatusChanged::from_message(body).ok(),
        body: body.to_vec(),
    }
}
