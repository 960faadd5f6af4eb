//! The queues, as `definitions.json` has them. That is the broker's own format: `rabbitmqctl import_definitions` takes
//! the file too.
//!
//! A dead letter is moved at most once by default, and can be lost on the way: at-least-once needs reject-publish.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable};
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
    let mut limits = DEFINITIONS
        .queues
        .iter()
        .filter_map(|queue| queue.arguments.get(LIMIT));
    limits
        .find_map(Value::as_i64)
        .unwrap_or(i64::from(i32::MAX))
}

/// Declares `queue` and its dead letter queue; does nothing when they are there.
///
/// # Errors
/// When one is there with other properties, or the channel is gone.
pub async fn declare(channel: &Channel, queue: &str) -> lapin::Result<()> {
    for defined in &DEFINITIONS.queues {
        let mut arguments = FieldTable::default();
        for (name, value) in &defined.arguments {
            arguments.insert(name.as_str().into(), argument(value, queue));
        }
        let options = QueueDeclareOptions {
            durable: defined.durable,
            auto_delete: defined.auto_delete,
            ..QueueDeclareOptions::default()
        };
        let name = named(&defined.name, queue);
        channel
            .queue_declare(name.into(), options, arguments)
            .await?;
    }
    Ok(())
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
