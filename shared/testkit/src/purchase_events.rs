//! Purchase events, as other systems receive them.

use events::rabbitmq::{PURCHASE_EVENTS, Queue, RabbitConnection};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{TIMEOUT, User, World};

/// One reader at a time: while it reads, it holds the messages that others look for.
static READING: Mutex<()> = Mutex::const_new(());

impl World {
    /// Reads the first `count` events of the user from the queue, and leaves everything there.
    pub async fn purchase_events(&self, user: &User, count: usize) -> Vec<Value> {
        let _reading = READING.lock().await;
        let queue = Queue::of_purchases(PURCHASE_EVENTS);
        let broker = RabbitConnection::connect(&self.settings.amqp_url, queue).await;
        let broker = broker.unwrap();
        // No prefetch limit. Unacknowledged messages return to the queue when the connection ends.
        let mut consumer = broker.consumer(0).await.unwrap();
        let mut own = vec![];
        while own.len() < count {
            let message = tokio::time::timeout(TIMEOUT, consumer.next()).await;
            let message = message.unwrap_or_else(|_| panic!("only {own:?} of {count} events"));
            let event: Value = serde_json::from_slice(message.unwrap().body()).unwrap();
            if event["user_id"] == json!(user.id) {
                own.push(event);
            }
        }
        broker.close().await;
        own
    }
}
