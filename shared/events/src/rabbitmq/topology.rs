//! The queues, as `definitions.json` has them. That is the broker's own format: `rabbitmqctl import_definitions` takes
//! the file too.
//!
//! A dead letter is moved at most once by default, and can be lost on the way: at-least-once needs reject-publish.
//! Dead letters go back to their queue each time they are listed, and RabbitMQ 4 drops what comes back twenty times
//! unless told otherwise. No limit at all is `-1` there, which RabbitMQ 3 refuses: hence the large number.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection};
use serde::Deserialize;
use serde_json::Value;

use super::QUEUE;

const LIMIT: &str = "x-delivery-limit";

#[derive(Deserialize)]
struct Definitions {
    queues: Vec<Queue>,
}

#[derive(Deserialize)]
struct Queue {
    name: String,
    durable: bool,
    auto_delete: bool,
    arguments: BTreeMap<String, Value>,
}

#[expect(clippy::expect_used, reason = "a test reads the file")]
static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(|| {
    serde_json::from_str(include_str!("definitions.json")).expect("definitions of queues")
});

/// The name of the queue that takes the dead letters of `queue`.
pub fn dead_letter_queue(queue: &str) -> String {
    format!("{queue}.dead")
}

/// How often the broker takes a message back before it makes a dead letter of it.
pub(super) fn delivery_limit() -> i64 {
    limit_of(QUEUE).unwrap_or(i64::from(i32::MAX))
}

fn limit_of(name: &str) -> Option<i64> {
    let mut queues = DEFINITIONS.queues.iter();
    let queue = queues.find(|queue| queue.name == name)?;
    queue.arguments.get(LIMIT)?.as_i64()
}

/// Declares `queue` and its dead letter queue; does nothing when they are there.
///
/// A dead letter queue that an earlier version has made is taken as it is: it can't be changed, and may hold something.
///
/// # Errors
/// When `queue` is there with other properties, or the connection is gone.
pub(super) async fn declare(connection: &Connection, queue: &str) -> lapin::Result<()> {
    for defined in &DEFINITIONS.queues {
        let name = named(&defined.name, queue);
        // A refusal closes the channel.
        let channel = connection.create_channel().await?;
        match defined.declare(&channel, queue, &name).await {
            Err(error) if name != queue && error.is_amqp_soft_error() => tracing::warn!(
                %error,
                "{name} is of an earlier version; once it is empty, delete it, and it is made anew"
            ),
            declared => declared?,
        }
        if channel.status().connected() {
            channel.close(200, "done".into()).await?;
        }
    }
    Ok(())
}

impl Queue {
    async fn declare(&self, channel: &Channel, queue: &str, name: &str) -> lapin::Result<()> {
        let mut arguments = FieldTable::default();
        for (name, value) in &self.arguments {
            arguments.insert(name.as_str().into(), argument(value, queue));
        }
        let options = QueueDeclareOptions {
            durable: self.durable,
            auto_delete: self.auto_delete,
            ..QueueDeclareOptions::default()
        };
        let declared = channel.queue_declare(name.into(), options, arguments);
        declared.await.map(drop)
    }
}

/// A queue's name in the file, for another queue than the usual one.
fn named(name: &str, queue: &str) -> String {
    match name.strip_prefix(QUEUE) {
        Some(rest) => format!("{queue}{rest}"),
        None => name.to_owned(),
    }
}

fn argument(value: &Value, queue: &str) -> AMQPValue {
    match value {
        Value::String(text) => AMQPValue::LongString(named(text, queue).into()),
        Value::Bool(flag) => AMQPValue::Boolean(*flag),
        _ => AMQPValue::LongLongInt(value.as_i64().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queues_lose_nothing() {
        assert_eq!(delivery_limit(), 20);
        // As often as anyone may look at dead letters.
        assert!(limit_of(&dead_letter_queue(QUEUE)).unwrap() >= 1_000_000_000);
        let names: Vec<&str> = DEFINITIONS.queues.iter().map(|q| q.name.as_str()).collect();
        // The target first: a letter without one would be kept back in the source queue until it is there.
        assert_eq!(names, [dead_letter_queue(QUEUE).as_str(), QUEUE]);
        for queue in &DEFINITIONS.queues {
            assert_eq!(queue.arguments["x-queue-type"], "quorum");
            assert!(queue.durable && !queue.auto_delete);
        }
        let arguments = &DEFINITIONS.queues[1].arguments;
        assert_eq!(arguments["x-dead-letter-strategy"], "at-least-once");
        assert_eq!(arguments["x-overflow"], "reject-publish");
        assert_eq!(arguments["x-dead-letter-routing-key"], names[0]);
    }
}
