//! A failing provider: what the client reports, what has actually happened, and what a repeated call does.

use payments::{NewRefund, PaymentError, PaymentStatus, Provider, Uncertainty};

use crate::support::{World, order, reason, refund, rubles, scripted};

fn cause(error: &PaymentError) -> Uncertainty {
    assert!(error.outcome_unknown(), "{error:?}");
    match error {
        PaymentError::Unknown { cause, .. } => *cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn call_that_failed_before_its_effect_succeeds_when_repeated() {
    let world = World::new().await;
    let client = world.client();
    let order = scripted("sandbox:500=2 sandbox:429");
    for expected in [
        Uncertainty::ServerError(500),
        Uncertainty::ServerError(500),
        Uncertainty::Throttled,
    ] {
        let error = client.create(&order).await.unwrap_err();
        assert_eq!(cause(&error), expected);
        assert_eq!(world.list().await.len(), 0);
    }
    client.create(&order).await.unwrap();
    assert_eq!(world.list().await.len(), 1);
}

#[tokio::test]
async fn call_that_failed_after_its_effect_is_not_repeated() {
    for (words, expected) in [
        ("sandbox:500-after", Uncertainty::ServerError(500)),
        ("sandbox:crash", Uncertainty::Broken),
    ] {
        let world = World::new().await;
        let client = world.client();
        let order = scripted(words);
        let error = client.create(&order).await.unwrap_err();
        assert_eq!(cause(&error), expected, "{words}");
        let made = world.list().await;
        assert_eq!(made.len(), 1, "{words}");
        // The buyer may pay meanwhile: a repeated call shows it.
        let found = client.create(&order).await.unwrap();
        assert_eq!(made[0]["id"], found.id.as_str(), "{words}");
        world.press("approve", &found.id).await;
        let found = client.create(&order).await.unwrap();
        assert_eq!(found.status, PaymentStatus::Succeeded, "{words}");
        assert_eq!(world.list().await.len(), 1, "{words}");
    }
}

#[tokio::test]
async fn slow_answer_is_unknown_and_payment_exists() {
    let world = World::new().await;
    let client = world.client();
    let seconds = payments::TOTAL_TIMEOUT.as_secs() + 20;
    let order = scripted(&format!("sandbox:slow={seconds}"));
    let error = client.create(&order).await.unwrap_err();
    assert_eq!(cause(&error), Uncertainty::Timeout);
    let found = client.create(&order).await.unwrap();
    assert_eq!(world.list().await[0]["id"], found.id.as_str());
}

#[tokio::test]
async fn refund_that_failed_after_its_effect_is_made_once() {
    for (words, refunded) in [
        ("sandbox:500", 0),
        ("sandbox:429", 0),
        ("sandbox:500-after", 100),
        ("sandbox:crash", 100),
    ] {
        let world = World::new().await;
        let client = world.client();
        let paid = world.paid(&order(200)).await;
        let new = NewRefund {
            reason: words.to_owned(),
            ..refund(&paid, 100)
        };
        cause(&client.refund(&new).await.unwrap_err());
        let read = async || client.get(&paid.id).await.unwrap().refunded;
        assert_eq!(read().await, rubles(refunded), "{words}");
        client.refund(&new).await.unwrap();
        client.refund(&new).await.unwrap();
        assert_eq!(read().await, rubles(100), "{words}");
    }
}

#[tokio::test]
async fn reads_can_fail() {
    let world = World::new().await;
    let client = world.client();
    let id = client.create(&scripted("sandbox:read-500=2")).await;
    let id = id.unwrap().id;
    for _ in 0..2 {
        let error = client.get(&id).await.unwrap_err();
        assert_eq!(cause(&error), Uncertainty::ServerError(500));
    }
    client.get(&id).await.unwrap();

    let paid = world.paid(&order(200)).await;
    let new = NewRefund {
        reason: "sandbox:read-500".to_owned(),
        ..refund(&paid, 100)
    };
    let made = client.refund(&new).await.unwrap();
    let error = client.get_refund(&made.id).await.unwrap_err();
    assert_eq!(cause(&error), Uncertainty::ServerError(500));
    assert_eq!(client.get_refund(&made.id).await.unwrap(), made);
}

#[tokio::test]
async fn scripted_buyer_decides_after_the_answer() {
    let world = World::new().await;
    let client = world.client();
    let create = async |words| client.create(&scripted(words)).await.unwrap();
    let pays = create("sandbox:pay").await;
    let declines = create("sandbox:decline=card_expired").await;
    let expires = create("sandbox:expire=60").await;
    for payment in [&pays, &declines, &expires] {
        assert_eq!(payment.status, PaymentStatus::Pending);
    }
    world.clock.forward(jiff::SignedDuration::from_secs(59));
    let read = async |id| client.get(id).await.unwrap().status;
    assert_eq!(read(&pays.id).await, PaymentStatus::Succeeded);
    assert_eq!(reason(read(&declines.id).await), "card_expired");
    assert_eq!(read(&expires.id).await, PaymentStatus::Pending);
    world.clock.forward(jiff::SignedDuration::from_secs(1));
    assert_eq!(reason(read(&expires.id).await), "expired_on_confirmation");
}

#[tokio::test]
async fn unknown_script_word_is_refused() {
    let world = World::new().await;
    let error = world.client().create(&scripted("sandbox:pya")).await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, PaymentError::Rejected { parameter: Some(p), .. } if p == "description"),
        "{error:?}"
    );
}
