//! The queues.

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable};

/// How often a message may come back before it is a dead letter.
const DELIVERY_LIMIT: i32 = 20;

/// The name of the queue that takes the dead letters of `queue`.
pub fn dead_letter_queue(queue: &str) -> String {
    format!("{queue}.dead")
}

/// Declares `queue` and its dead letter queue; does nothing when they are there.
///
/// # Errors
/// When one is there with other properties, or the channel is gone.
pub async fn declare(channel: &Channel, queue: &str) -> lapin::Result<()> {
    let dead = dead_letter_queue(queue);
    // The target first: a letter without one would be kept back in the source queue until it is there.
    declare_quorum(channel, &dead, FieldTable::default()).await?;

    let mut arguments = FieldTable::default();
    arguments.insert("x-dead-letter-exchange".into(), text(""));
    arguments.insert("x-dead-letter-routing-key".into(), text(&dead));
    // By default a dead letter is moved at most once and can be lost on the way. At-least-once needs reject-publish.
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    let limit = AMQPValue::LongInt(DELIVERY_LIMIT);
    arguments.insert("x-delivery-limit".into(), limit);
    declare_quorum(channel, queue, arguments).await
}

async fn declare_quorum(
    channel: &Channel,
    queue: &str,
    mut arguments: FieldTable,
) -> lapin::Result<()> {
    arguments.insert("x-queue-type".into(), text("quorum"));
    channel
        .queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments)
        .await
        .map(drop)
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
