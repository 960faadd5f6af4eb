//! RabbitMQ, with the worker of `local/worker`.

use std::net::SocketAddr;

use auth_store::AuthStore;
use checkout::Checkout;
use domain::Random;
use events::DeadLetter;
use events::rabbitmq::{Queue, RabbitConnection, RabbitMq, dead_letter_queue};
use lapin::options::{BasicGetOptions, BasicPublishOptions, QueueDeleteOptions};
use lapin::{BasicProperties, Channel};
use loyalty_store::LoyaltyStore;
use runtime::OsRandom;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use uuid::Uuid;
use worker::{Worker, stopper};

use crate::brokers::broker::{Broker, Running};
use crate::brokers::world::{TIMEOUT, setting};
use crate::support::proxy::{Proxy, Watch, Way, server};
use crate::support::until;

/// The method basic.ack in an AMQP frame: class ID and method ID.
const ACK: &[u8] = &[0, 60, 0, 80];

pub struct Rabbit {
    queue: String,
    broker: RabbitConnection,
    purchases: RabbitConnection,
    channel: Channel,
    /// The broker, as the worker reaches it.
    _wire: Proxy,
    worker_url: String,
    acks: Watch,
}

impl Broker for Rabbit {
    type Publisher = RabbitMq;

    async fn new() -> Rabbit {
        let (url, queue) = (setting("AMQP_URL"), format!("test-{}", OsRandom.uuid()));
        let broker = RabbitConnection::connect(&url, &queue).await.unwrap();
        let purchases = Queue::of_purchases(&purchases_of(&queue));
        let wire = Proxy::to(server(&url)).await;
        Rabbit {
            channel: broker.channel().await.unwrap(),
            worker_url: wire.instead(&url),
            acks: wire.watch(Way::ToServer, ACK),
            queue,
            broker,
            purchases: RabbitConnection::connect(&url, purchases).await.unwrap(),
            _wire: wire,
        }
    }

    async fn publisher(&self) -> RabbitMq {
        self.broker.publisher().await.unwrap()
    }

    async fn purchase_publisher(&self) -> RabbitMq {
        self.purchases.publisher().await.unwrap()
    }

    async fn send(&self, _: Uuid, body: &str) {
        self.send_to(&self.queue, body).await;
    }

    async fn dead_letter(&self, _: Uuid, body: &str) {
        self.send_to(&dead_letter_queue(&self.queue), body).await;
    }

    async fn start(&self, auth: AuthStore, loyalty: LoyaltyStore) -> Running {
        let worker = Worker {
            checkout: Checkout::from_env().unwrap(),
            auth,
            loyalty,
            amqp_url: self.worker_url.clone(),
            queue: self.queue.clone(),
            purchase_queue: purchases_of(&self.queue),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stopper, stop) = stopper();
        let mut tasks = JoinSet::new();
        tasks.spawn(async { worker::run(worker, listener, stop).await.unwrap() });
        until("a healthy worker", TIMEOUT, async || {
            is_healthy(address).await
        })
        .await;
        Running { stopper, tasks }
    }

    async fn take(&self, count: usize) -> Vec<String> {
        self.take_from(&self.queue, count).await
    }

    async fn take_purchases(&self, count: usize) -> Vec<String> {
        self.take_from(&purchases_of(&self.queue), count).await
    }

    fn finished(&self) -> usize {
        self.acks.hits()
    }

    async fn dead_letters(&self) -> Vec<DeadLetter> {
        let letters = self.broker.dead_letters().await.unwrap();
        let listed = letters.list(100).await.unwrap();
        // They take a moment to return to the queue.
        until("the dead letters back", TIMEOUT, async || {
            letters.count().await.unwrap() as usize >= listed.len()
        })
        .await;
        listed
    }

    async fn replay(&self) -> u32 {
        let letters = self.broker.dead_letters().await.unwrap();
        letters.replay().await.unwrap()
    }

    async fn lose_queue(&self) {
        self.delete(&self.queue).await;
    }

    async fn lose_purchase_queue(&self) {
        self.delete(&purchases_of(&self.queue)).await;
    }

    async fn remove(&self) {
        self.lose_purchase_queue().await;
        self.delete(&self.queue).await;
        self.delete(&dead_letter_queue(&self.queue)).await;
    }
}

impl Rabbit {
    /// Looks at purchase events and leaves them in their queue.
    pub async fn look_at_purchases(&self, limit: u32) -> Vec<String> {
        let bodies = self.purchases.look(limit).await.unwrap().into_iter();
        bodies.map(|b| String::from_utf8(b).unwrap()).collect()
    }

    async fn send_to(&self, queue: &str, body: &str) {
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let body = body.as_bytes();
        let sent = self
            .channel
            .basic_publish("".into(), queue.into(), options, body, properties);
        sent.await.unwrap().await.unwrap();
    }

    async fn take_from(&self, queue: &str, count: usize) -> Vec<String> {
        let mut bodies = vec![];
        until("the messages in the queue", TIMEOUT, async || {
            let options = BasicGetOptions { no_ack: true };
            let message = self.channel.basic_get(queue.into(), options).await.unwrap();
            bodies.extend(message.map(|m| String::from_utf8(m.delivery.data).unwrap()));
            bodies.len() == count
        })
        .await;
        bodies
    }

    async fn delete(&self, queue: &str) {
        let options = QueueDeleteOptions::default();
        let deleted = self.channel.queue_delete(queue.into(), options);
        deleted.await.unwrap();
    }
}

fn purchases_of(queue: &str) -> String {
    format!("{queue}-purchases")
}

async fn is_healthy(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nhost: worker\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.starts_with("HTTP/1.1 200 OK")
}
