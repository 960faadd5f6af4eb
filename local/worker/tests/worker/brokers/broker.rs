//! What the tests ask of a broker.

use auth_store::AuthStore;
use events::{DeadLetter, Publisher};
use loyalty_store::LoyaltyStore;
use tokio::task::JoinSet;
use uuid::Uuid;
use worker::Stopper;

use crate::brokers::world::TIMEOUT;
use crate::support::until;

/// A queue of the test's own with its dead letters, and one for events of purchases.
pub trait Broker: Sized {
    type Publisher: Publisher;

    async fn new() -> Self;

    /// What the relay publishes with.
    async fn publisher(&self) -> Self::Publisher;

    /// Sends anything, as a program at fault might, and as a repetition that the broker can't know for one.
    async fn send(&self, user: Uuid, body: &str);

    /// Puts a message among the dead letters.
    async fn dead_letter(&self, user: Uuid, body: &str);

    /// What the relay of events of purchases publishes with.
    async fn purchase_publisher(&self) -> Self::Publisher;

    /// Starts relays and consumer, and returns when they work.
    async fn start(&self, auth: AuthStore, loyalty: LoyaltyStore) -> Running;

    /// Takes the next messages out of the queue. Nobody else may be consuming.
    async fn take(&self, count: usize) -> Vec<String>;

    /// Takes the next events of purchases out of their queue.
    async fn take_purchases(&self, count: usize) -> Vec<String>;

    /// Messages that a consumer has finished: handled or put aside.
    fn finished(&self) -> usize;

    async fn dead_letters(&self) -> Vec<DeadLetter>;

    async fn replay(&self) -> u32;

    /// Deletes the queue alone.
    async fn lose_queue(&self);

    /// Deletes the queue of events of purchases.
    async fn lose_purchase_queue(&self);

    /// Deletes queues and dead letters.
    async fn remove(&self);
}

/// Relays and a consumer that run.
pub struct Running {
    pub stopper: Stopper,
    pub tasks: JoinSet<()>,
}

impl Running {
    /// Stops all, after what they have begun.
    pub async fn stop(self) {
        self.stopper.stop();
        let stopped = tokio::time::timeout(TIMEOUT, self.tasks.join_all()).await;
        stopped.expect("stops when told to");
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
