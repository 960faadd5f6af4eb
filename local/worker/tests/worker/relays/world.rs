//! The world of one test: an outbox in a schema of its own, so that no other relay takes its events, and a queue of its
//! own.

use std::collections::HashMap;
use std::time::Duration;

use auth_store::AuthStore;
use domain::{Clock, Random};
use events::rabbitmq::{Consumer, Queue, RabbitConnection, dead_letter_queue};
use events::{Event, PurchaseEvent, UserStatusChanged};
use jiff::Timestamp;
use lapin::options::QueueDeleteOptions;
use loyalty_store::LoyaltyStore;
use outbox::{Outbox, relay_batch};
use pg::{AdHoc, Param, Pool, Type};
use runtime::{OsRandom, SystemClock};
use serde_json::Value;
use testkit::{TIMEOUT, scratch};
use uuid::Uuid;

/// A clock that always shows the same time.
pub struct At(pub Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A clock that is a minute ahead: every claim has expired by then.
pub fn later() -> At {
    At(SystemClock.now() + Duration::from_secs(60))
}

/// Events that are relayed from an outbox.
pub trait RelayedEvent: Event + Sized + std::fmt::Debug + PartialEq + 'static {
    /// The number of an event among its user's: a column of the table and a member of the message.
    const ORDER: &str;
    /// The other columns that must be filled, and their values.
    const COLUMNS: (&str, &str);

    async fn database() -> Pool;

    fn outbox(pool: &Pool) -> Outbox<Self>;

    fn queue(name: &str) -> Queue;

    /// The position of the event among its user's, from 1.
    fn place(&self) -> i64;

    fn occurred_at(&self) -> Timestamp;
}

impl RelayedEvent for UserStatusChanged {
    const ORDER: &str = "version";
    const COLUMNS: (&str, &str) = ("status", "'active'");

    async fn database() -> Pool {
        scratch::auth_database().await
    }

    fn outbox(pool: &Pool) -> Outbox<UserStatusChanged> {
        AuthStore::new(pool.clone()).outbox()
    }

    fn queue(name: &str) -> Queue {
        Queue::from(name)
    }

    fn place(&self) -> i64 {
        self.version
    }

    fn occurred_at(&self) -> Timestamp {
        self.occurred_at
    }
}

impl RelayedEvent for PurchaseEvent {
    const ORDER: &str = "sequence";
    const COLUMNS: (&str, &str) = (
        "purchase_id, tariff_id, price_minor, total_minor, currency, starts_at, ends_at, paid_until, revoked",
        "gen_random_uuid(), 1, 2, 1, 'RUB', now(), now(), now(), false",
    );

    async fn database() -> Pool {
        scratch::loyalty_database().await
    }

    fn outbox(pool: &Pool) -> Outbox<PurchaseEvent> {
        LoyaltyStore::new(pool.clone()).outbox()
    }

    fn queue(name: &str) -> Queue {
        Queue::of_purchases(name)
    }

    fn place(&self) -> i64 {
        self.sequence
    }

    fn occurred_at(&self) -> Timestamp {
        self.occurred_at
    }
}

pub struct World<E: 'static> {
    pub pool: Pool,
    pub outbox: Outbox<E>,
    pub queue: String,
    pub broker: RabbitConnection,
    amqp_url: String,
}

impl<E: RelayedEvent> World<E> {
    pub async fn new() -> World<E> {
        let amqp_url = runtime::required("AMQP_URL", "run `cargo local test`").unwrap();
        let queue = format!("test-{}", OsRandom.uuid());
        let pool = E::database().await;
        World {
            outbox: E::outbox(&pool),
            pool,
            broker: connect::<E>(&amqp_url, &queue).await,
            amqp_url,
            queue,
        }
    }

    /// Another connection, which declares the queue.
    pub async fn connect(&self) -> RabbitConnection {
        connect::<E>(&self.amqp_url, &self.queue).await
    }

    /// Writes `each` events for each of `users` users, those of a user in a row.
    pub async fn write(&self, users: i32, each: i64) {
        let (order, (columns, values)) = (E::ORDER, E::COLUMNS);
        let sql = format!(
            "INSERT INTO outbox (event_id, user_id, {order}, occurred_at, {columns})
            SELECT gen_random_uuid(), lpad(n::text, 32, '0')::uuid, nth, $3, {values}
            FROM generate_series(1, $2) AS nth, generate_series(1, $1) AS n
            ORDER BY n, nth"
        );
        let params: [Param; 3] = [
            (&users, Type::INT4),
            (&each, Type::INT8),
            (&SystemClock.now(), Type::TIMESTAMPTZ),
        ];
        let written = self.pool.execute(&sql, &params).await.unwrap();
        assert_eq!(written, u64::try_from(i64::from(users) * each).unwrap());
    }

    /// A relay with a connection of its own that runs until the outbox is empty. Returns how many events it published.
    pub async fn relay(&self) -> impl Future<Output = usize> + Send + 'static + use<E> {
        let (broker, outbox) = (self.connect().await, self.outbox.clone());
        async move {
            let publisher = broker.publisher().await.unwrap();
            let mut total = 0;
            loop {
                let relayed = relay_batch(&outbox, &publisher, &SystemClock).await;
                let published = relayed.unwrap();
                total += published;
                if published == 0 && outbox.backlog().await.unwrap().depth == 0 {
                    return total;
                }
            }
        }
    }

    pub async fn unpublished(&self) -> u64 {
        self.outbox.backlog().await.unwrap().depth
    }

    /// The events received from the queue, by user and in order of arrival. There must be exactly `count` in all.
    pub async fn received(&self, count: usize) -> HashMap<Uuid, Vec<i64>> {
        let mut consumer = self.broker.consumer(1000).await.unwrap();
        let mut received: HashMap<Uuid, Vec<i64>> = HashMap::new();
        for _ in 0..count {
            let event = next(&mut consumer).await;
            let user = event["user_id"].as_str().unwrap().parse().unwrap();
            let place = event[E::ORDER].as_i64().unwrap();
            received.entry(user).or_default().push(place);
        }
        let more = tokio::time::timeout(Duration::ZERO, consumer.next()).await;
        assert!(more.is_err(), "more than {count} messages");
        received
    }

    pub async fn finish(self) {
        let channel = self.broker.channel().await.unwrap();
        // Deleting a queue that does not exist is no error.
        for queue in [&self.queue, &dead_letter_queue(&self.queue)] {
            let options = QueueDeleteOptions::default();
            let deleted = channel.queue_delete(queue.as_str().into(), options);
            deleted.await.unwrap();
        }
    }
}

async fn connect<E: RelayedEvent>(amqp_url: &str, queue: &str) -> RabbitConnection {
    let connected = RabbitConnection::connect(amqp_url, E::queue(queue)).await;
    connected.unwrap()
}

async fn next(consumer: &mut Consumer) -> Value {
    let message = tokio::time::timeout(TIMEOUT, consumer.next()).await;
    let message = message.expect("a message").unwrap();
    message.ack().await.unwrap();
    serde_json::from_slice(message.body()).unwrap()
}
