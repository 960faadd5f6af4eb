//! Messages that can't be handled.

use domain::{Random, UserStatus};
use runtime::OsRandom;

use crate::brokers::broker::{Broker, dead_letters, until_finished};
use crate::brokers::over_both_brokers;
use crate::brokers::world::{World, event};

over_both_brokers! {
    poison_is_put_aside_with_its_reason_and_stops_nobody,
    dead_letters_are_replayed_once,
}

async fn poison_is_put_aside_with_its_reason_and_stops_nobody<B: Broker>(world: World<B>) {
    let poison = r#"{"schema":"something else"}"#;
    let (user, other) = (OsRandom.uuid(), OsRandom.uuid());
    world.send(&event(user, 1, UserStatus::Active)).await;
    world.broker.send(user, poison).await;
    world.send(&event(user, 2, UserStatus::Blocked)).await;
    world.send(&event(other, 1, UserStatus::Active)).await;
    let running = world.start().await;
    // Not even changes of the same user are held up.
    assert_eq!(world.until_version(user, 2).await, "blocked");
    assert_eq!(world.until_version(other, 1).await, "active");
    // Listing dead letters does not remove them.
    for _ in 0..2 {
        let letters = dead_letters(&world.broker, 1).await;
        assert_eq!(letters[0].body, poison.as_bytes());
        assert_eq!(letters[0].reason, "not a known event (line 1, column 26)");
        assert_eq!(letters[0].event, None);
    }
    world.finish(Some(running), &[poison]).await;
}

async fn dead_letters_are_replayed_once<B: Broker>(world: World<B>) {
    let poison = "no event";
    let running = world.start().await;
    world.broker.send(OsRandom.uuid(), poison).await;
    dead_letters(&world.broker, 1).await;
    // Twice, since the second replay must not be taken for a repetition of the first.
    for time in 1..=2 {
        assert_eq!(world.broker.replay().await, 1);
        // The other two are the event of the administrator and the first delivery of the poison message.
        until_finished(&world.broker, 2 + time).await;
        let letters = dead_letters(&world.broker, 1).await;
        assert!(letters[0].reason.starts_with("not a known event"));
    }
    running.stop().await;

    // One that can be handled by now, as after a fix.
    let user = OsRandom.uuid();
    let late = event(user, 1, UserStatus::Active);
    world.broker.dead_letter(user, &late.to_message()).await;
    let letters = dead_letters(&world.broker, 2).await;
    assert!(
        letters
            .iter()
            .any(|letter| letter.event.as_ref() == Some(&late))
    );
    let running = world.start().await;
    assert_eq!(world.broker.replay().await, 2);
    assert_eq!(world.until_version(user, 1).await, "active");
    dead_letters(&world.broker, 1).await;
    world.finish(Some(running), &[poison]).await;
}
