//! A worker that is killed at each step of the way from the outbox to loyalty.

use uuid::Uuid;

use crate::faults::traffic;
use crate::faults::world::{ACK, TIMEOUT, World};
use crate::support::holds::Promo;
use crate::support::proxy::{Watch, Way};
use crate::support::until;

/// A user with a hold, who is about to be blocked.
struct Scene {
    world: World,
    user: Uuid,
    promo: Promo,
}

impl Scene {
    async fn new() -> Scene {
        let mut world = World::new().await;
        world.start_worker().await;
        let promo = world.promo().await;
        let user = traffic::holders(&world, &promo, 1).await[0];
        // The administrator's registration and the user's.
        world.until_acked(2).await;
        Scene { world, user, promo }
    }

    /// The user's ID, as it is encoded in a statement.
    fn binary(&self) -> Vec<u8> {
        self.user.as_bytes().to_vec()
    }

    /// The user's ID, as it is encoded in a message.
    fn text(&self) -> Vec<u8> {
        self.user.to_string().into_bytes()
    }

    async fn block(&self) {
        self.world.people.block(self.user).await;
    }

    async fn is_published(&self) -> bool {
        self.world.people.unpublished().await == 0
    }

    async fn is_known(&self) -> bool {
        self.world.version(self.user).await == Some(2)
    }

    /// Kills the worker at the step that is held back; a new worker finishes everything.
    async fn crash(mut self, held: Watch) {
        self.world.kill_worker().await;
        drop(held);
        self.world.start_worker().await;
        self.world.finish(&[]).await;
        let cancelled = ("cancelled".to_owned(), Some("user_blocked".to_owned()));
        assert_eq!(self.promo.of(self.user).await, [cancelled]);
        self.promo.adds_up(0).await;
    }
}

async fn until_held(what: &str, held: &Watch) {
    until(what, TIMEOUT, async || held.hits() > 0).await;
}

#[tokio::test]
async fn killed_after_commit_of_the_change() {
    let scene = Scene::new().await;
    // The relay reads the outbox, and does not get the answer.
    let held = scene.world.auth_wire.hold(Way::ToClient, &scene.binary());
    scene.block().await;
    until_held("the event on its way to the relay", &held).await;
    assert!(!scene.is_published().await && !scene.is_known().await);
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_before_broker_has_the_event() {
    let scene = Scene::new().await;
    let held = scene.world.broker_wire.hold(Way::ToServer, &scene.text());
    scene.block().await;
    until_held("the event on its way to the broker", &held).await;
    assert!(!scene.is_published().await && !scene.is_known().await);
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_before_confirm() {
    let scene = Scene::new().await;
    let held = scene.world.broker_wire.hold(Way::ToClient, ACK);
    scene.block().await;
    until_held("a confirm", &held).await;
    assert!(!scene.is_published().await);
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_between_confirm_and_mark() {
    let scene = Scene::new().await;
    let confirm = scene.world.broker_wire.hold(Way::ToClient, ACK);
    scene.block().await;
    until_held("a confirm", &confirm).await;
    let held = scene.world.auth_wire.hold(Way::ToServer, b"");
    drop(confirm);
    until_held("a mark on its way to the database", &held).await;
    assert!(!scene.is_published().await);
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_after_mark() {
    let scene = Scene::new().await;
    let confirm = scene.world.broker_wire.hold(Way::ToClient, ACK);
    scene.block().await;
    until_held("a confirm", &confirm).await;
    let held = scene.world.auth_wire.hold_answers(b"");
    drop(confirm);
    until("the mark", TIMEOUT, async || scene.is_published().await).await;
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_before_consumer_has_the_event() {
    let scene = Scene::new().await;
    let held = scene.world.broker_wire.hold(Way::ToClient, &scene.text());
    scene.block().await;
    until_held("the event on its way to the consumer", &held).await;
    assert!(!scene.is_known().await);
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_before_consumer_writes() {
    let scene = Scene::new().await;
    let held = scene
        .world
        .loyalty_wire
        .hold(Way::ToServer, &scene.binary());
    scene.block().await;
    until_held("the event on its way to the database", &held).await;
    assert!(!scene.is_known().await);
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_before_consumer_learns_of_its_write() {
    let scene = Scene::new().await;
    let held = scene.world.loyalty_wire.hold_answers(&scene.binary());
    scene.block().await;
    until("the commit", TIMEOUT, async || scene.is_known().await).await;
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_before_ack() {
    let scene = Scene::new().await;
    let held = scene.world.broker_wire.hold(Way::ToServer, ACK);
    scene.block().await;
    until_held("an ack", &held).await;
    assert!(scene.is_known().await);
    scene.crash(held).await;
}

#[tokio::test]
async fn killed_before_poison_is_dead_lettered() {
    let mut world = World::new().await;
    world.start_worker().await;
    world.until_settled().await;
    let held = world.broker_wire.hold(Way::ToServer, b"poison");
    world.send("poison").await;
    until_held("a dead letter on its way to the broker", &held).await;
    world.kill_worker().await;
    drop(held);
    assert!(world.dead_letters().await.is_empty());
    let user = world.people.register().await;
    world.start_worker().await;
    world.until_settled().await;
    assert_eq!(world.version(user).await, Some(1));
    world.finish(&["poison"]).await;
}

#[tokio::test]
async fn killed_between_dead_letter_and_ack() {
    let mut world = World::new().await;
    world.start_worker().await;
    world.until_settled().await;
    world.until_acked(1).await;
    let held = world.broker_wire.hold(Way::ToServer, ACK);
    world.send("poison").await;
    until_held("an ack", &held).await;
    assert_eq!(world.dead_letters().await, ["poison"]);
    world.kill_worker().await;
    drop(held);
    let user = world.people.register().await;
    world.start_worker().await;
    world.until_settled().await;
    assert_eq!(world.version(user).await, Some(1));
    // It is redelivered and dead-lettered twice, which is better than not at all.
    world.finish(&["poison", "poison"]).await;
}
