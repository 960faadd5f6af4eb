//! A worker of the test's own, with a queue of its own, over the databases that all tests share.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::net::SocketAddr;
use std::time::Duration;

use auth_store::AuthStore;
use domain::{Clock, Random, UserStatus};
use events::{DeadLetter, UserStatusChanged};
use events::rabbitmq::{RabbitConnection, dead_letter_queue};
use lapin::options::{BasicGetOptions, BasicPublishOptions, QueueDeleteOptions};
use lapin::{BasicProperties, Channel};
use loyalty_store::LoyaltyStore;
use pg::{Param, Pool, Type};
use runtime::{OsRandom, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use worker::{Stopper, Worker, stopper};

/// Nothing here takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct World {
    auth: Pool,
    loyalty: Pool,
    amqp_url: String,
    pub queue: String,
    channel: Channel,
    pub broker: RabbitConnection,
}

/// A worker that runs.
pub struct Running {
    pub address: SocketAddr,
    stopper: Stopper,
    task: JoinHandle<std::io::Result<()>>,
}

pub fn event(user_id: Uuid, version: i64, status: UserStatus) -> UserStatusChanged {
    UserStatusChanged {
        event_id: OsRandom.uuid(),
        user_id,
        status,
        version,
        occurred_at: SystemClock.now(),
        first_account_id: None,
    }
}

impl World {
    pub async fn new() -> World {
        let setting = |name| runtime::required(name, "run `cargo local test`").unwrap();
        let amqp_url = setting("AMQP_URL");
        let queue = format!("test-{}", OsRandom.uuid());
        let broker = RabbitConnection::connect(&amqp_url, &queue).await.unwrap();
        World {
            auth: Pool::new(&setting("AUTH_DATABASE_URL"), 4).unwrap(),
            loyalty: Pool::new(&setting("LOYALTY_DATABASE_URL"), 4).unwrap(),
            channel: broker.channel().await.unwrap(),
            amqp_url,
            queue,
            broker,
        }
    }

    pub async fn start(&self) -> Running {
        let worker = Worker {
            checkout: checkout::Checkout::from_env().unwrap(),
            auth: AuthStore::new(self.auth.clone()),
            loyalty: LoyaltyStore::new(self.loyalty.clone()),
            amqp_url: self.amqp_url.clone(),
            queue: self.queue.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stopper, stop) = stopper();
        let task = tokio::spawn(worker::run(worker, listener, stop));
        Running {
            address,
            stopper,
            task,
        }
    }

    /// Changes a user's status the way the auth side does: the user and the event in one transaction.
    pub async fn change(&self, event: &UserStatusChanged) {
        let sql = "
            WITH change AS (
                INSERT INTO users (id, email, email_key, password_hash, status, version, created_at, updated_at)
                VALUES ($1, $1 || '@status.test', $1 || '@status.test', 'none', $2, $3, $4, $4)
                ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version
            )
            INSERT INTO outbox (event_id, user_id, status, version, occurred_at) VALUES ($5, $1, $2, $3, $4)";
        let params: [Param; 5] = [
            (&event.user_id, Type::UUID),
            (&event.status.as_str(), Type::TEXT),
            (&event.version, Type::INT8),
            (&event.occurred_at, Type::TIMESTAMPTZ),
            (&event.event_id, Type::UUID),
        ];
        assert_eq!(self.auth.execute(sql, &params).await.unwrap(), 1);
    }

    /// The version that loyalty knows, 0 for an unknown user, with the status.
    pub async fn known(&self, user: Uuid) -> (i64, String) {
        let sql = "SELECT version, status FROM users WHERE id = $1";
        let row = self.loyalty.row(sql, &[(&user, Type::UUID)]).await.unwrap();
        row.map_or((0, String::new()), |row| (row.get(0), row.get(1)))
    }

    /// Waits until loyalty knows `version`; what it knows never gets older meanwhile.
    pub async fn wait_for(&self, user: Uuid, version: i64) -> String {
        let (end, mut last) = (Instant::now() + PATIENCE, 0);
        loop {
            let (known, status) = self.known(user).await;
            assert!(known >= last, "version {last} was overwritten by {known}");
            last = known;
            if known >= version {
                return status;
            }
            assert!(Instant::now() < end, "loyalty knows {known}, not {version}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until all of the user's events are noted as published.
    pub async fn wait_until_published(&self, user: Uuid) {
        let sql = "SELECT FROM outbox WHERE user_id = $1 AND published_at IS NULL";
        self.wait_until_none(sql, user).await;
    }

    /// A session of the user that expired two months ago.
    pub async fn open_old_session(&self, user: Uuid) {
        let sql = "INSERT INTO sessions (id, user_id, refresh_hash, rotated_at, created_at, expires_at)
                   SELECT $1, $1, '', at, at, at FROM (SELECT now() - interval '60 days') AS t (at)";
        let opened = self.auth.execute(sql, &[(&user, Type::UUID)]).await;
        assert_eq!(opened.unwrap(), 1);
    }

    /// Waits until there is no session of the user.
    pub async fn wait_until_no_session(&self, user: Uuid) {
        let sql = "SELECT FROM sessions WHERE user_id = $1";
        self.wait_until_none(sql, user).await;
    }

    async fn wait_until_none(&self, sql: &str, user: Uuid) {
        let end = Instant::now() + PATIENCE;
        let params: [Param; 1] = [(&user, Type::UUID)];
        while !self.auth.rows(sql, &params).await.unwrap().is_empty() {
            assert!(Instant::now() < end, "there still are some: {sql}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn send(&self, body: &[u8]) {
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let queue = self.queue.as_str().into();
        let sent = self
            .channel
            .basic_publish("".into(), queue, options, body, properties);
        sent.await.unwrap().await.unwrap();
    }

    /// Puts a message among the dead letters.
    pub async fn bury(&self, body: &[u8]) {
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let queue = dead_letter_queue(&self.queue).into();
        let sent = self
            .channel
            .basic_publish("".into(), queue, options, body, properties);
        sent.await.unwrap().await.unwrap();
    }

    /// The dead letters, once there are `count`.
    pub async fn dead_letters(&self, count: u32) -> Vec<DeadLetter> {
        let letters = self.broker.dead_letters().await.unwrap();
        let end = Instant::now() + PATIENCE;
        while letters.count().await.unwrap() < count {
            assert!(Instant::now() < end, "not {count} dead letters");
            sleep(Duration::from_millis(20)).await;
        }
        let listed = letters.list(100).await.unwrap();
        assert_eq!(listed.len(), count as usize);
        listed
    }

    /// Removes the oldest dead letter.
    pub async fn take_dead_letter(&self) {
        let end = Instant::now() + PATIENCE;
        // Those that were listed take a moment to be back.
        while self.get(&dead_letter_queue(&self.queue)).await.is_none() {
            assert!(Instant::now() < end, "no dead letter");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn get(&self, queue: &str) -> Option<Vec<u8>> {
        let options = BasicGetOptions { no_ack: true };
        let message = self.channel.basic_get(queue.into(), options).await.unwrap();
        message.map(|message| message.delivery.data)
    }

    /// Stops the worker and takes down its queues. Its relay may have taken other tests' events: they get through.
    pub async fn finish(&self, running: Running) {
        running.stop().await;
        // The broker takes a moment to put back what the worker had been handed and had not begun.
        sleep(Duration::from_millis(100)).await;
        let store = LoyaltyStore::new(self.loyalty.clone());
        while let Some(body) = self.get(&self.queue).await {
            user_status_sync::handle(&store, &SystemClock, &body)
                .await
                .unwrap();
        }
        let left = self.get(&dead_letter_queue(&self.queue)).await;
        assert!(left.is_none(), "a dead letter that the test did not expect");
        self.delete(&self.queue).await;
        self.delete(&dead_letter_queue(&self.queue)).await;
    }

    pub async fn delete(&self, queue: &str) {
        let options = QueueDeleteOptions::default();
        let deleted = self.channel.queue_delete(queue.into(), options);
        deleted.await.unwrap();
    }
}

impl Running {
    pub async fn stop(self) {
        self.stopper.stop();
        let stopped = tokio::time::timeout(PATIENCE, self.task).await;
        stopped.expect("stops when told to").unwrap().unwrap();
    }

    /// The first line of what /healthz answers.
    pub async fn health(&self) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = b"GET /healthz HTTP/1.1\r\nhost: worker\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    pub async fn wait_until_healthy(&self) {
        let end = Instant::now() + PATIENCE;
        while self.health().await != "HTTP/1.1 200 OK" {
            assert!(Instant::now() < end, "{}", self.health().await);
            sleep(Duration::from_millis(50)).await;
        }
    }
}
