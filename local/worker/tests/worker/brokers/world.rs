//! The world of one test: accounts in a schema of its own, so that no other relay takes its events; the loyalty database
//! that all tests share, behind a proxy; and a queue of its own.

use std::time::Duration;

use auth_store::AuthStore;
use domain::{Clock, Random, UserStatus};
use events::UserStatusChanged;
use loyalty_store::LoyaltyStore;
use pg::Pool;
use runtime::{OsRandom, SystemClock};
use testkit::scratch;
use uuid::Uuid;

use crate::brokers::broker::{Broker, Running};
use crate::support::holds::Promo;
use crate::support::people::{People, known};
use crate::support::proxy::{Proxy, server};
use crate::support::until;

/// More than ten times as long as anything here takes.
pub const TIMEOUT: Duration = Duration::from_secs(20);

pub struct World<B> {
    pub broker: B,
    pub people: People,
    /// The auth database, as the relay reaches it.
    pub auth_wire: Proxy,
    /// The loyalty database, as the consumer reaches it; the connection can be cut.
    pub wire: Proxy,
    /// The loyalty database, reached directly.
    pub loyalty: Pool,
    relays: AuthStore,
    consumers: LoyaltyStore,
}

pub fn setting(name: &'static str) -> String {
    runtime::required(name, "run `cargo local test`").unwrap()
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

impl<B: Broker> World<B> {
    pub async fn new() -> World<B> {
        let loyalty_url = setting("LOYALTY_DATABASE_URL");
        let wire = Proxy::to(server(&loyalty_url)).await;
        let consumers = Pool::new(&wire.instead(&loyalty_url), 4).unwrap();
        let auth_url = scratch::auth_url().await;
        let auth_wire = Proxy::to(server(&auth_url)).await;
        let relays = Pool::new(&auth_wire.instead(&auth_url), 4).unwrap();
        World {
            broker: B::new().await,
            people: People::new(Pool::new(&auth_url, 4).unwrap()).await,
            auth_wire,
            wire,
            loyalty: Pool::new(&loyalty_url, 4).unwrap(),
            relays: AuthStore::new(relays),
            consumers: LoyaltyStore::new(consumers),
        }
    }

    /// Starts the relays and the consumer.
    pub async fn start(&self) -> Running {
        self.start_over(&self.broker).await
    }

    /// The same, with this route to the broker.
    pub async fn start_over(&self, broker: &B) -> Running {
        let (auth, loyalty) = (self.relays.clone(), self.consumers.clone());
        broker.start(auth, loyalty).await
    }

    pub async fn promo(&self) -> Promo {
        Promo::new(&self.loyalty).await
    }

    pub async fn send(&self, event: &UserStatusChanged) {
        let body = event.to_message();
        self.broker.send(event.user_id, &body).await;
    }

    /// The user's status and its version, as loyalty knows them.
    pub async fn known(&self, user: Uuid) -> Option<(String, i64)> {
        known(&self.loyalty, &[user]).await.remove(&user)
    }

    /// Waits until loyalty knows `version`, and checks that the version never goes back. Returns the status.
    pub async fn until_version(&self, user: Uuid, version: i64) -> String {
        let (mut last, mut status) = (0, String::new());
        until(
            &format!("version {version} in loyalty"),
            TIMEOUT,
            async || {
                let Some((its, newer)) = self.known(user).await else {
                    assert_eq!(last, 0, "the user has disappeared");
                    return false;
                };
                assert!(newer >= last, "version {last} was overwritten by {newer}");
                (status, last) = (its, newer);
                last >= version
            },
        )
        .await;
        status
    }

    /// Waits until loyalty and auth agree on every user, and the outbox is empty.
    pub async fn until_both_agree(&self) {
        let auth = self.people.known().await;
        let users: Vec<Uuid> = auth.keys().copied().collect();
        until("both databases agree", TIMEOUT, async || {
            known(&self.loyalty, &users).await == auth
        })
        .await;
        until("an empty outbox", TIMEOUT, async || {
            self.people.unpublished().await == 0
        })
        .await;
    }

    /// Stops what is running and removes the test's queues. `poison` is what the dead letters must hold.
    pub async fn finish(self, running: Option<Running>, poison: &[&str]) {
        if let Some(running) = running {
            running.stop().await;
        }
        let letters = crate::brokers::broker::dead_letters(&self.broker, poison.len()).await;
        let bodies: Vec<_> = letters
            .iter()
            .map(|l| String::from_utf8_lossy(&l.body))
            .collect();
        assert_eq!(bodies, poison);
        self.broker.remove().await;
    }
}
