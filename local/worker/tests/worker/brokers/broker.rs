//! What the tests need from a broker.

use auth_store::AuthStore;
use events::{DeadLetter, Publisher};
use loyalty_store::LoyaltyStore;
use tokio::task::JoinSet;
use uuid::Uuid;
use worker::Stopper;

use crate::brokers::world::TIMEOUT;
use crate::support::until;

/// A test's own queue with its dead letters, and one for purchase events.
pub trait Broker: Sized {
    type Publisher: Publisher;

    async fn new() -> Self;

    /// The publisher of the relay.
    async fn publisher(&self) -> Self::Publisher;

    /// Sends any body, as a faulty program might. If it is a repetition, the broker can't recognise it as one.
    async fn send(&self, user: Uuid, body: &str);

    /// Puts a message among the dead letters.
    async fn dead_letter(&self, user: Uuid, body: &str);

    /// The publisher of the relay of purchase events.
    async fn purchase_publisher(&self) -> Self::Publisher;

    /// Starts the relays and the consumer, and returns when they are running.
    async fn start(&self, auth: AuthStore, loyalty: LoyaltyStore) -> Running;

    /// Takes the next messages off the queue. Nothing else may be consuming.
    async fn take(&self, count: usize) -> Vec<String>;

    /// Takes the next purchase events off their queue.
    async fn take_purchases(&self, count: usize) -> Vec<String>;

    /// The number of messages that a consumer has finished: handled or dead-lettered.
    fn finished(&self) -> usize;

    async fn dead_letters(&self) -> Vec<DeadLetter>;

    async fn replay(&self) -> u32;

    /// Deletes the queue, but not its dead letters.
    async fn lose_queue(&self);

    /// Deletes the queue of purchase events.
    async fn lose_purchase_queue(&self);

    /// Deletes all the queues, including the dead letters.
    async fn remove(&self);
}

/// Running relays and a running consumer.
pub struct Running {
    pub stopper: Stopper,
    pub tasks: JoinSet<()>,
}

impl Running {
    /// Stops them all, once they have finished what they have begun.
    pub async fn stop(self) {
        self.stopper.stop();
        let stopped = tokio::time::timeout(TIMEOUT, self.tasks.join_all()).await;
        stopped.expect("the tasks stop when asked to");
    }
}

/// Waits until consumers have finished `count` messages in all.
pub async fn until_finished(broker: &impl Broker, count: usize) {
    until(&format!("{count} messages finished"), TIMEOUT, async || {
        broker.finished() >= count
    })
    .await;
}

/// The dead letters, once there are `count`.
pub async fn dead_letters(broker: &impl Broker, count: usize) -> Vec<DeadLetter> {
    let mut letters = vec![];
    until(&format!("{count} dead letters"), TIMEOUT, async || {
        letters = broker.dead_letters().await;
        letters.len() >= count
    })
    .await;
    assert_eq!(letters.len(), count, "{letters:?}");
    letters
}
