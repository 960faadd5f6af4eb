//! A worker, with proxies between it and its servers.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use events::rabbitmq::{QUEUE, RabbitConnection, dead_letter_queue};
use lapin::BasicProperties;
use lapin::options::{BasicPublishOptions, QueuePurgeOptions};
use pg::{AdHoc, Pool};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::sync::MutexGuard;
use uuid::Uuid;

use crate::faults::site::{self, Site};
use crate::support::holds::Promo;
use crate::support::people::{People, known};
use crate::support::proxy::{Proxy, Watch, Way, server};
use crate::support::until;

/// Longer than a broker takes to start, and than anything waits for an answer, on a busy machine.
pub const TIMEOUT: Duration = Duration::from_secs(90);

/// The method basic.ack in an AMQP frame: class ID and method ID. From the broker it is a confirm.
pub const ACK: &[u8] = &[0, 60, 0, 80];

pub struct World {
    pub people: People,
    /// The loyalty database, reached directly.
    pub loyalty: Pool,
    /// The auth database, as the worker reaches it.
    pub auth_wire: Proxy,
    /// The loyalty database, as the worker reaches it.
    pub loyalty_wire: Proxy,
    /// The broker, as the worker reaches it.
    pub broker_wire: Proxy,
    acks: Watch,
    worker: Option<Child>,
    site: MutexGuard<'static, Option<Site>>,
}

impl World {
    /// Empty databases and queues, and no worker. Must end with [`World::finish`].
    pub async fn new() -> World {
        let guard = site::take().await;
        let site = guard.as_ref().unwrap();
        let direct = |name: &str| Pool::new(&site.env[name], 4).unwrap();
        let (auth, loyalty) = (
            direct("AUTH_MIGRATION_URL"),
            direct("LOYALTY_MIGRATION_URL"),
        );
        let empty = "TRUNCATE users, outbox CASCADE";
        auth.execute(empty, &[]).await.unwrap();
        let empty = "WITH holds AS (DELETE FROM applications), events AS (DELETE FROM inbox) DELETE FROM users";
        loyalty.execute(empty, &[]).await.unwrap();
        let broker = RabbitConnection::connect(&site.env["AMQP_URL"], QUEUE).await;
        let channel = broker.unwrap().channel().await.unwrap();
        for queue in [QUEUE.to_owned(), dead_letter_queue(QUEUE)] {
            let purged = channel.queue_purge(queue.into(), QueuePurgeOptions::default());
            purged.await.unwrap();
        }
        let wire = async |name: &str| Proxy::to(server(&site.env[name])).await;
        let broker_wire = wire("AMQP_URL").await;
        World {
            people: People::new(auth).await,
            loyalty,
            auth_wire: wire("AUTH_DATABASE_URL").await,
            loyalty_wire: wire("LOYALTY_DATABASE_URL").await,
            acks: broker_wire.watch(Way::ToServer, ACK),
            broker_wire,
            worker: None,
            site: guard,
        }
    }

    pub fn site(&self) -> &Site {
        self.site.as_ref().unwrap()
    }

    /// Starts the worker and waits until it reports that it is connected to everything.
    pub async fn start_worker(&mut self) {
        let env = self.site().env.clone();
        let log = self.site().folder.join("logs/worker.log");
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        command
            .envs(&env)
            .env("PG_POOL_SIZE", "8")
            .env("RUST_LOG", "info");
        for (name, wire) in [
            ("AUTH_DATABASE_URL", &self.auth_wire),
            ("LOYALTY_DATABASE_URL", &self.loyalty_wire),
            ("AMQP_URL", &self.broker_wire),
        ] {
            command.env(name, wire.instead(&env[name]));
        }
        command.stdin(Stdio::null()).stdout(log).kill_on_drop(true);
        self.worker = Some(command.spawn().unwrap());
        let url = format!("http://{}/healthz", env["WORKER_ADDR"]);
        let client = local::http::client().unwrap();
        until("a healthy worker", TIMEOUT, async || {
            local::http::healthy(&client, &url).await.is_ok()
        })
        .await;
    }

    /// Kills the worker with SIGKILL. What the proxies hold back is lost, like what the worker had not sent yet.
    pub async fn kill_worker(&mut self) {
        let mut worker = self.worker.take().unwrap();
        worker.kill().await.unwrap();
        for wire in [&self.auth_wire, &self.loyalty_wire, &self.broker_wire] {
            wire.drop_connections();
        }
    }

    pub async fn promo(&self) -> Promo {
        Promo::new(&self.loyalty).await
    }

    /// The version of the user's status that loyalty knows.
    pub async fn version(&self, user: Uuid) -> Option<i64> {
        let known = known(&self.loyalty, &[user]).await;
        known.get(&user).map(|(_, version)| *version)
    }

    /// Sends any body to the queue.
    pub async fn send(&self, body: &str) {
        let broker = self.broker().await;
        let channel = broker.channel().await.unwrap();
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let body = body.as_bytes();
        let sent = channel.basic_publish("".into(), QUEUE.into(), options, body, properties);
        sent.await.unwrap().await.unwrap();
        broker.close().await;
    }

    /// The bodies of the dead letters.
    pub async fn dead_letters(&self) -> Vec<String> {
        let broker = self.broker().await;
        let letters = broker
            .dead_letters()
            .await
            .unwrap()
            .list(1000)
            .await
            .unwrap();
        broker.close().await;
        let bodies = letters.into_iter().map(|letter| letter.body);
        bodies
            .map(|body| String::from_utf8(body).unwrap())
            .collect()
    }

    async fn broker(&self) -> RabbitConnection {
        let url = &self.site().env["AMQP_URL"];
        RabbitConnection::connect(url, QUEUE).await.unwrap()
    }

    /// Waits until loyalty and auth agree on every user, and the outbox is drained.
    pub async fn until_settled(&self) {
        let auth = self.people.known().await;
        let users: Vec<Uuid> = auth.keys().copied().collect();
        until("both databases agree", TIMEOUT, async || {
            known(&self.loyalty, &users).await == auth
        })
        .await;
        until("a drained outbox", TIMEOUT, async || {
            self.people.unpublished().await == 0
        })
        .await;
    }

    /// Waits until all is well again: both databases agree, the outbox is drained, only active users hold uses, and the
    /// dead letters are only the poison messages. Then stops the worker gracefully, which must change none of this.
    pub async fn finish(&mut self, poison: &[&str]) {
        self.until_settled().await;
        let sql = "SELECT count(*) FROM applications a JOIN users u ON u.id = a.user_id
            WHERE a.state = 'applied' AND u.status <> 'active'";
        let row = self.loyalty.row(sql, &[]).await.unwrap();
        assert_eq!(row.unwrap().get::<_, i64>(0), 0, "holds of inactive users");
        self.until_dead_letters(poison).await;
        self.stop_worker().await;
        self.until_dead_letters(poison).await;
    }

    /// Waits until the consumer has acknowledged this many messages. It does so a moment after it has written them, and
    /// a test that holds an ack back must not catch an earlier one.
    pub async fn until_acked(&self, messages: usize) {
        until("the acks", TIMEOUT, async || self.acks.hits() >= messages).await;
    }

    async fn until_dead_letters(&self, expected: &[&str]) {
        let mut dead = vec![];
        let what = format!("{expected:?} as the dead letters");
        until(&what, TIMEOUT, async || {
            dead = self.dead_letters().await;
            // Listed dead letters take a moment to return to their queue.
            assert!(dead.len() <= expected.len(), "{dead:?}");
            dead == expected
        })
        .await;
    }

    /// Stops the worker gracefully: it finishes the messages in hand.
    async fn stop_worker(&mut self) {
        let mut worker = self.worker.take().unwrap();
        let id = Pid::from_raw(worker.id().unwrap().try_into().unwrap());
        kill_process(id.unwrap(), Signal::TERM).unwrap();
        let stopped = tokio::time::timeout(TIMEOUT, worker.wait()).await;
        assert!(
            stopped
                .expect("the worker stops on SIGTERM")
                .unwrap()
                .success()
        );
    }
}
