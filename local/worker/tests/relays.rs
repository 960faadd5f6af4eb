//! Several relays at once, over a real outbox and a real broker of the test's own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::collections::HashMap;
use std::time::Duration;

use auth_store::AuthStore;
use domain::{Clock, Random};
use events::rabbitmq::{Consumer, RabbitConnection, dead_letter_queue};
use events::{PublishError, Publisher, UserStatusChanged};
use jiff::Timestamp;
use lapin::options::QueueDeleteOptions;
use outbox::{Outbox, relay_batch};
use pg::{Param, Pool, Type};
use runtime::metrics::Measured;
use runtime::{OsRandom, SystemClock};
use testkit::{PATIENCE, scratch, until};
use tokio::task::JoinSet;
use uuid::Uuid;

/// A time that somebody set.
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A minute later than now: every claim has run out by then.
fn later() -> At {
    At(SystemClock.now() + Duration::from_secs(60))
}

struct World {
    auth: Pool,
    outbox: Outbox<UserStatusChanged>,
    amqp_url: String,
    queue: String,
    broker: RabbitConnection,
}

impl World {
    async fn new() -> World {
        let amqp_url = runtime::required("AMQP_URL", "run `cargo local test`").unwrap();
        let queue = format!("test-{}", OsRandom.uuid());
        let auth = scratch::auth_database().await;
        World {
            outbox: AuthStore::new(auth.clone()).outbox(),
            auth,
            broker: RabbitConnection::connect(&amqp_url, &queue).await.unwrap(),
            amqp_url,
            queue,
        }
    }

    /// Writes events of `users` users, `each` of one, right after one another.
    async fn write(&self, users: i32, each: i64) {
        let sql = "INSERT INTO outbox (event_id, user_id, status, version, occurred_at)
            SELECT gen_random_uuid(), lpad(n::text, 32, '0')::uuid, 'active', version, $3
            FROM generate_series(1, $2) AS version, generate_series(1, $1) AS n
            ORDER BY n, version";
        let params: [Param; 3] = [
            (&users, Type::INT4),
            (&each, Type::INT8),
            (&SystemClock.now(), Type::TIMESTAMPTZ),
        ];
        let written = self.auth.execute(sql, &params).await.unwrap();
        assert_eq!(written, u64::try_from(i64::from(users) * each).unwrap());
    }

    /// A relay of its own connection that runs until nothing is left in the outbox. Returns how many it published.
    async fn relay(&self) -> impl Future<Output = usize> + Send + 'static {
        let broker = RabbitConnection::connect(&self.amqp_url, &self.queue).await;
        let (broker, outbox) = (broker.unwrap(), self.outbox.clone());
        let auth = self.auth.clone();
        async move {
            let publisher = broker.publisher().await.unwrap();
            let mut total = 0;
            loop {
                let published = relay_batch(&outbox, &publisher, &SystemClock)
                    .await
                    .unwrap();
                total += published;
                if published == 0 && unpublished(&auth).await == 0 {
                    return total;
                }
            }
        }
    }

    /// The versions that came over the queue, by user in the order of their coming. There must be `count` in all, and
    /// no more.
    async fn received(&self, count: usize) -> HashMap<Uuid, Vec<i64>> {
        let mut consumer = self.broker.consumer(1000).await.unwrap();
        let mut received: HashMap<Uuid, Vec<i64>> = HashMap::new();
        for _ in 0..count {
            let event = next(&mut consumer).await;
            received
                .entry(event.user_id)
                .or_default()
                .push(event.version);
        }
        let more = tokio::time::timeout(Duration::ZERO, consumer.next()).await;
        assert!(more.is_err(), "more than {count} messages");
        received
    }

    async fn finish(self) {
        let channel = self.broker.channel().await.unwrap();
        for queue in [&self.queue, &dead_letter_queue(&self.queue)] {
            let options = QueueDeleteOptions::default();
            channel
                .queue_delete(queue.as_str().into(), options)
                .await
                .unwrap();
        }
    }
}

async fn next(consumer: &mut Consumer) -> UserStatusChanged {
    let message = tokio::time::timeout(PATIENCE, consumer.next()).await;
    let message = message.expect("a message").unwrap();
    message.ack().await.unwrap();
    UserStatusChanged::from_message(message.body()).unwrap()
}

async fn unpublished(auth: &Pool) -> i64 {
    let sql = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
    auth.row(sql, &[]).await.unwrap().unwrap().get(0)
}

async fn many_relays(relays: usize) {
    const USERS: i32 = 1000;
    const EACH: i64 = 4;
    let world = World::new().await;
    world.write(USERS, EACH).await;
    let mut running = JoinSet::new();
    for _ in 0..relays {
        running.spawn(world.relay().await);
    }
    let published = running.join_all().await;
    // Each took a part: it is several relays that this is about.
    assert!(published.iter().all(|one| *one > 0), "{published:?}");
    assert_eq!(published.iter().sum::<usize>(), 4000);
    let received = world.received(4000).await;
    assert_eq!(received.len(), 1000);
    for (user, versions) in received {
        assert_eq!(versions, [1, 2, 3, 4], "the order of {user}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_publish_each_event_once_and_in_order() {
    many_relays(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_relays_publish_each_event_once_and_in_order() {
    many_relays(4).await;
}

#[tokio::test]
async fn what_a_relay_died_with_is_published_by_another_when_its_claim_has_run_out() {
    let world = World::new().await;
    world.write(3, 2).await;
    let now = SystemClock.now();
    let until = now + Duration::from_secs(15);
    // A relay that claims two users' events, publishes one of them, and is never heard of again.
    let claimed = world.outbox.claim(2, now, until).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let backlog = world.outbox.backlog().await.unwrap();
    assert_eq!(backlog.depth, 6, "what is claimed waits, too");
    let oldest = backlog.oldest.unwrap();
    assert_eq!(oldest, claimed[0].occurred_at);
    let metrics = world.outbox.metrics(oldest + Duration::from_secs(90)).await;
    let [_, age] = metrics.unwrap();
    assert_eq!(age.measured, Measured::State(90.0));
    let publisher = world.broker.publisher().await.unwrap();
    assert_eq!(publisher.publish(&claimed[..1]).await, [Ok(())]);

    // Until its claim has run out, others publish the third user's events alone.
    let alone = outbox::relay_once(&world.outbox, &publisher, &SystemClock).await;
    assert_eq!(alone.unwrap(), 2);
    let rest = outbox::relay_once(&world.outbox, &publisher, &later()).await;
    assert_eq!(rest.unwrap(), 4);
    let backlog = world.outbox.backlog().await.unwrap();
    assert_eq!((backlog.depth, backlog.oldest), (0, None));

    let received = world.received(7).await;
    for (user, versions) in received {
        let expected: &[i64] = match user == claimed[0].user_id {
            true => &[1, 1, 2],
            false => &[1, 2],
        };
        assert_eq!(versions, expected, "the order of {user}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_relay_that_comes_back_late_takes_nothing_from_the_one_that_took_over() {
    let world = World::new().await;
    world.write(1, 2).await;
    let now = SystemClock.now();
    let (first, second) = (now + Duration::from_secs(15), now + Duration::from_secs(90));
    let claimed = world.outbox.claim(10, now, first).await.unwrap();
    let taken_over = world.outbox.claim(10, later().now(), second).await;
    assert_eq!(taken_over.unwrap(), claimed);

    // The late one failed and gives back: the claim is no longer its own.
    let ids = [claimed[0].event_id];
    let given_back = world.outbox.give_back(&ids, first, now).await;
    assert_eq!(given_back.unwrap(), 0);
    assert_eq!(world.outbox.claim(10, now, first).await.unwrap(), []);
    // Or it had published: that is true whoever says so, and the next event is free.
    assert_eq!(world.outbox.mark_published(&ids, now).await.unwrap(), 1);
    assert_eq!(world.outbox.mark_published(&ids, now).await.unwrap(), 0);
    let next = world.outbox.claim(10, now, first).await.unwrap();
    assert_eq!(next[0].version, 2);
    world.finish().await;
}

#[tokio::test]
async fn what_the_broker_has_no_queue_for_is_tried_again_and_others_go_first() {
    let world = World::new().await;
    world.write(150, 1).await;
    let publisher = world.broker.publisher().await.unwrap();
    let channel = world.broker.channel().await.unwrap();
    let deleted = channel.queue_delete(world.queue.as_str().into(), QueueDeleteOptions::default());
    deleted.await.unwrap();
    let now = At(SystemClock.now());
    for _ in 0..2 {
        // A hundred at a time: the second time those that were not tried the first time.
        let relayed = relay_batch(&world.outbox, &publisher, &now).await;
        let unroutable = PublishError::Unroutable.to_string();
        assert_eq!(relayed.unwrap_err().to_string(), unroutable);
    }
    assert_eq!(
        relay_batch(&world.outbox, &publisher, &now).await.unwrap(),
        0
    );
    assert_eq!(unpublished(&world.auth).await, 150);

    // Who connects declares it.
    let again = RabbitConnection::connect(&world.amqp_url, &world.queue).await;
    again.unwrap().close().await;
    // A second later they may be tried again, all of them.
    until("published", PATIENCE, async || {
        let relayed = outbox::relay_once(&world.outbox, &publisher, &SystemClock).await;
        relayed.unwrap();
        (unpublished(&world.auth).await == 0).then_some(())
    })
    .await;
    assert_eq!(world.received(150).await.len(), 150);
    world.finish().await;
}
