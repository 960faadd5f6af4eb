//! The queues, as `definitions.json` has them. That is the broker's own format: `rabbitmqctl import_definitions` takes
//! the file too.
//!
//! A dead letter is moved at most once by default, and can be lost on the way: at-least-once needs reject-publish.
//! Dead letters go back to their queue each time they are listed, and RabbitMQ 4 drops what comes back twenty times
//! by default. No limit at all is `-1` there, which RabbitMQ 3 refuses: hence the large number.
//!
//! Events of purchases are for others, who may not be there: they are dropped after two weeks, as SQS drops them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection};
use serde::Deserialize;
use serde_json::Value;

use super::{PURCHASE_EVENTS, QUEUE};

const LIMIT: &str = "x-delivery-limit";

#[derive(Deserialize)]
struct Definitions {
    queues: Vec<Defined>,
}

#[derive(Deserialize)]
struct Defined {
    name: String,
    durable: bool,
    auto_delete: bool,
    arguments: BTreeMap<String, Value>,
}

#[expect(clippy::expect_used, reason = "a test reads the file")]
static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(|| {
    serde_json::from_str(include_str!("definitions.json")).expect("definitions of queues")
});

/// A queue like one in `definitions.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    like: &'static str,
    pub(super) name: String,
}

impl Queue {
    /// The queue of events of purchases: [`PURCHASE_EVENTS`], or one like it with another name.
    pub fn of_purchases(name: &str) -> Queue {
        Queue {
            like: PURCHASE_EVENTS,
            name: name.to_owned(),
        }
    }

    /// What a name in the file is for this queue; `None` when it is about another one.
    fn named(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(self.like)?;
        Some(format!("{}{rest}", self.name))
    }
}

/// A queue of changes of status with this name: [`QUEUE`], or one like it.
impl<T: AsRef<str>> From<T> for Queue {
    fn from(name: T) -> Queue {
        Queue {
            like: QUEUE,
            name: name.as_ref().to_owned(),
        }
    }
}

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

/// Declares `queue` and, if there is to be one, its dead letter queue; does nothing when they are there.
///
/// A dead letter queue that an earlier version has made is taken as it is: it can't be changed, and may hold something.
///
/// # Errors
/// When `queue` is there with other properties, or the connection is gone.
pub(super) async fn declare(connection: &Connection, queue: &Queue) -> lapin::Result<()> {
    for defined in &DEFINITIONS.queues {
        let Some(name) = queue.named(&defined.name) else {
            continue;
        };
        // A refusal closes the channel.
        let channel = connection.create_channel().await?;
        match defined.declare(&channel, queue, &name).await {
            Err(error) if name != queue.name && error.is_amqp_soft_error() => tracing::warn!(
                %error,
                "{name} is of an earlier version; once it is empty, delete it, and it is created again"
            ),
            declared => declared?,
        }
        if channel.status().connected() {
            channel.close(200, "done".into()).await?;
        }
    }
    Ok(())
}

impl Defined {
    async fn declare(&self, channel: &Channel, queue: &Queue, name: &str) -> lapin::Result<()> {
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

fn argument(value: &Value, queue: &Queue) -> AMQPValue {
    match value {
        Value::String(text) => {
            let text = queue.named(text).unwrap_or_else(|| text.clone());
            AMQPValue::LongString(text.into())
        }
        Value::Bool(flag) => AMQPValue::Boolean(*flag),
        _ => AMQPValue::LongLongInt(value.as_i64().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_durable() {
        assert_eq!(delivery_limit(), 20);
        // As often as anyone may look at dead letters.
        assert!(limit_of(&dead_letter_queue(QUEUE)).unwrap() >= 1_000_000_000);
        let names: Vec<&str> = DEFINITIONS.queues.iter().map(|q| q.name.as_str()).collect();
        // The target first: a letter without one would be kept back in the source queue until it is there.
        assert_eq!(
            names,
            [dead_letter_queue(QUEUE).as_str(), QUEUE, PURCHASE_EVENTS]
        );
        for queue in &DEFINITIONS.queues {
            assert_eq!(queue.arguments["x-queue-type"], "quorum");
            assert!(queue.durable && !queue.auto_delete);
        }
        let arguments = &DEFINITIONS.queues[1].arguments;
        assert_eq!(arguments["x-dead-letter-strategy"], "at-least-once");
        assert_eq!(arguments["x-overflow"], "reject-publish");
        assert_eq!(arguments["x-dead-letter-routing-key"], names[0]);
    }

    #[test]
    fn unconsumed_events_are_kept_for_two_weeks() {
        let arguments = &DEFINITIONS.queues[2].arguments;
        assert_eq!(arguments["x-message-ttl"], 14 * 24 * 3600 * 1000);
        // However often somebody can't handle one.
        assert!(limit_of(PURCHASE_EVENTS).unwrap() >= 1_000_000_000);
    }

    #[test]
    fn renamed_queue_has_its_own_topology() {
        let (status, purchases) = (Queue::from("test"), Queue::of_purchases("other"));
        let named = |queue: &Queue| {
            let names = DEFINITIONS.queues.iter();
            let names = names.filter_map(|defined| queue.named(&defined.name));
            names.collect::<Vec<_>>()
        };
        assert_eq!(named(&status), ["test.dead", "test"]);
        assert_eq!(named(&purchases), ["other"]);
    }
}
