//! Dead letters: listed and replayed.

use lapin::message::BasicGetMessage;
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicNackOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection};

use super::publisher::{outcome, send};
use super::{dead_letter_queue, in_time};
use crate::dead_letter::REASON;
use crate::{DeadLetter, PublishError, UserStatusChanged};

/// Why a message is a dead letter in the broker's words, when the broker made it one.
const BROKERS_REASON: &str = "x-first-death-reason";

/// The dead letters of a queue.
pub struct DeadLetters {
    channel: Channel,
    queue: String,
}

impl DeadLetters {
    pub(super) async fn open(connection: &Connection, queue: &str) -> lapin::Result<DeadLetters> {
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        let queue = queue.to_owned();
        Ok(DeadLetters { channel, queue })
    }

    /// How many there are.
    ///
    /// # Errors
    /// When the connection is gone, or the queue.
    pub async fn count(&self) -> Result<u32, PublishError> {
        let options = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let dead = dead_letter_queue(&self.queue);
        let queue = self
            .channel
            .queue_declare(dead.into(), options, FieldTable::default());
        in_time(queue).await.map(|queue| queue.message_count())
    }

    /// At most `limit` of them, the oldest first. They stay where they are.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn list(&self, limit: u32) -> Result<Vec<DeadLetter>, PublishError> {
        let dead = dead_letter_queue(&self.queue);
        let messages = look(&self.channel, &dead, limit).await?;
        Ok(messages.iter().map(letter).collect())
    }

    /// Sends those that are there now back to the queue, and returns how many. Each is removed here when the broker
    /// has it there: an interrupted replay sends one twice and loses none. What fails again comes back here.
    ///
    /// # Errors
    /// When the connection is gone; what was sent back before stays so.
    pub async fn replay(&self) -> Result<u32, PublishError> {
        let there = self.count().await?;
        let mut replayed = 0;
        while replayed < there {
            let dead = dead_letter_queue(&self.queue);
            let Some(message) = get(&self.channel, &dead).await? else {
                break;
            };
            // Without its headers: they describe the failure and count the attempts.
            let properties = message
                .properties
                .clone()
                .with_headers(FieldTable::default());
            let (queue, body) = (&self.queue, &message.data);
            republish(&self.channel, queue, properties, body).await?;
            in_time(message.ack(BasicAckOptions::default())).await?;
            replayed += 1;
        }
        Ok(replayed)
    }
}

/// At most `limit` messages of a queue, the oldest first. They stay where they are.
pub(super) async fn look(
    channel: &Channel,
    queue: &str,
    limit: u32,
) -> Result<Vec<BasicGetMessage>, PublishError> {
    let mut taken = Vec::new();
    for _ in 0..limit {
        let Some(message) = get(channel, queue).await? else {
            break;
        };
        taken.push(message);
    }
    // A quorum queue hands out what came back first, in the order in which it came.
    for message in &taken {
        let options = BasicNackOptions {
            requeue: true,
            ..BasicNackOptions::default()
        };
        in_time(message.nack(options)).await?;
    }
    Ok(taken)
}

async fn get(channel: &Channel, queue: &str) -> Result<Option<BasicGetMessage>, PublishError> {
    in_time(channel.basic_get(queue.into(), BasicGetOptions::default())).await
}

/// Puts a copy of a message among the dead letters of `queue` and waits until the broker has it.
pub(super) async fn dead_letter(
    channel: &Channel,
    queue: &str,
    message: &lapin::message::Delivery,
    reason: &str,
) -> Result<(), PublishError> {
    let mut headers = FieldTable::default();
    let text = AMQPValue::LongString(reason.into());
    headers.insert(REASON.into(), text);
    let properties = message.properties.clone().with_headers(headers);
    let dead = dead_letter_queue(queue);
    republish(channel, &dead, properties, &message.data).await
}

async fn republish(
    channel: &Channel,
    queue: &str,
    properties: BasicProperties,
    body: &[u8],
) -> Result<(), PublishError> {
    in_time(async { send(channel, queue, properties, body).await?.await })
        .await
        .and_then(outcome)
}

fn letter(message: &BasicGetMessage) -> DeadLetter {
    let headers = message.properties.headers().as_ref();
    let header = |name: &str| match headers?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        _ => None,
    };
    DeadLetter {
        message_id: message
            .properties
            .message_id()
            .as_ref()
            .map(ToString::to_string),
        reason: header(REASON)
            .or_else(|| header(BROKERS_REASON))
            .unwrap_or_else(|| "unknown".to_owned()),
        event: UserStatusChanged::from_message(&message.data).ok(),
        body: message.data.clone(),
    }
}
