//! Webhooks: delivered, repeated, late, lost and out of order.

use jiff::SignedDuration;
use payments::{
    Capture, CaptureAmount, CaptureMode, NewPayment, NewRefund, Notification, PaymentEvent,
    PaymentId, PaymentStatus, Provider,
};
use serde_json::Value;

use crate::support::{Receiver, World, order, random_key, refund, scripted};

async fn world(receiver: &Receiver) -> World {
    World::with(Some(receiver.url.clone()), None).await
}

fn parse(body: &Value) -> Notification {
    Notification::parse(body.to_string().as_bytes()).unwrap()
}

fn of_payment(event: PaymentEvent, id: &PaymentId) -> Notification {
    Notification::Payment {
        event,
        id: id.clone(),
    }
}

fn held(words: &str) -> NewPayment {
    NewPayment {
        capture: CaptureMode::OnDemand,
        ..scripted(words)
    }
}

fn whole(id: &PaymentId) -> Capture {
    Capture {
        idempotence_key: random_key(),
        payment_id: id.clone(),
        amount: CaptureAmount::Whole,
    }
}

#[tokio::test]
async fn every_change_is_announced() {
    let mut receiver = Receiver::new(0).await;
    let world = world(&receiver).await;
    let client = world.client();
    let paid = world.paid(&held("")).await;
    let body = receiver.next().await;
    let waits = of_payment(PaymentEvent::WaitingForCapture, &paid.id);
    assert_eq!(parse(&body), waits);
    assert_eq!(body["object"]["status"], "waiting_for_capture");
    let paid = client.capture(&whole(&paid.id)).await.unwrap();
    let body = receiver.next().await;
    assert_eq!(parse(&body), of_payment(PaymentEvent::Succeeded, &paid.id));
    assert_eq!(body["object"]["status"], "succeeded");
    assert_eq!(body["object"]["amount"]["value"], "100.00");
    let made = client.refund(&refund(&paid, 100)).await.unwrap();
    let body = receiver.next().await;
    assert_eq!(parse(&body), Notification::Refund { id: made.id });
    assert_eq!(body["object"]["payment_id"], paid.id.as_str());
    assert_eq!(body["object"]["amount"]["value"], "1.00");

    let declined = client.create(&order(100)).await.unwrap().id;
    world.press("decline", &declined).await;
    let body = receiver.next().await;
    assert_eq!(parse(&body), of_payment(PaymentEvent::Canceled, &declined));
    assert!(receiver.is_quiet().await);
}

#[tokio::test]
async fn webhook_is_repeated_until_confirmed() {
    let mut receiver = Receiver::new(2).await;
    let world = world(&receiver).await;
    let id = world.paid(&order(100)).await.id;
    for _ in 0..3 {
        let body = receiver.next().await;
        assert_eq!(parse(&body), of_payment(PaymentEvent::Succeeded, &id));
    }
    assert!(receiver.is_quiet().await);
}

#[tokio::test]
async fn webhook_can_be_repeated() {
    let mut receiver = Receiver::new(0).await;
    let world = world(&receiver).await;
    let id = world.paid(&scripted("sandbox:webhook-twice=5")).await.id;
    for _ in 0..5 {
        let body = receiver.next().await;
        assert_eq!(parse(&body), of_payment(PaymentEvent::Succeeded, &id));
    }
    assert!(receiver.is_quiet().await);
}

#[tokio::test]
async fn webhook_can_be_late() {
    let mut receiver = Receiver::new(0).await;
    let world = world(&receiver).await;
    let id = world.paid(&scripted("sandbox:webhook-late=600")).await.id;
    // Polling shows it before the webhook does.
    let payment = world.client().get(&id).await.unwrap();
    assert_eq!(payment.status, PaymentStatus::Succeeded);
    world.clock.forward(SignedDuration::from_secs(599));
    assert!(receiver.is_quiet().await);
    world.clock.forward(SignedDuration::from_secs(1));
    let body = receiver.next().await;
    assert_eq!(parse(&body), of_payment(PaymentEvent::Succeeded, &id));
}

#[tokio::test]
async fn webhook_can_be_lost() {
    let mut receiver = Receiver::new(0).await;
    let world = world(&receiver).await;
    let lost = world.paid(&scripted("sandbox:webhook-lost")).await;
    assert_eq!(lost.status, PaymentStatus::Succeeded);
    let client = world.client();
    client.refund(&refund(&lost, 100)).await.unwrap();
    let other = world.paid(&order(100)).await.id;
    let body = receiver.next().await;
    assert_eq!(parse(&body), of_payment(PaymentEvent::Succeeded, &other));
    assert!(receiver.is_quiet().await);
}

#[tokio::test]
async fn webhooks_can_be_reordered() {
    let mut receiver = Receiver::new(0).await;
    let world = world(&receiver).await;
    let id = world.paid(&held("sandbox:webhook-swapped=600")).await.id;
    world.client().capture(&whole(&id)).await.unwrap();
    for event in [PaymentEvent::Succeeded, PaymentEvent::WaitingForCapture] {
        assert_eq!(parse(&receiver.next().await), of_payment(event, &id));
    }
    // Without another webhook to follow, it is only late.
    let id = world
        .paid(&scripted("sandbox:webhook-swapped=600"))
        .await
        .id;
    world.clock.forward(SignedDuration::from_secs(600));
    let body = receiver.next().await;
    assert_eq!(parse(&body), of_payment(PaymentEvent::Succeeded, &id));
}

#[tokio::test]
async fn refund_has_script_words_of_its_own() {
    let mut receiver = Receiver::new(0).await;
    let world = world(&receiver).await;
    let paid = world.paid(&order(100)).await;
    receiver.next().await;
    let new = NewRefund {
        reason: "sandbox:refund-pending=60 sandbox:webhook-twice".to_owned(),
        ..refund(&paid, 100)
    };
    let made = world.client().refund(&new).await.unwrap();
    // The refund completes, and its webhook is sent, without anyone polling.
    world.clock.forward(SignedDuration::from_secs(60));
    for _ in 0..2 {
        let body = receiver.next().await;
        let id = made.id.clone();
        assert_eq!(parse(&body), Notification::Refund { id });
        assert_eq!(body["object"]["status"], "succeeded");
    }
}

#[tokio::test]
async fn expired_payment_is_announced() {
    let mut receiver = Receiver::new(0).await;
    let world = world(&receiver).await;
    let id = world.client().create(&scripted("sandbox:expire=60")).await;
    let id = id.unwrap().id;
    world.clock.forward(SignedDuration::from_secs(60));
    let body = receiver.next().await;
    assert_eq!(parse(&body), of_payment(PaymentEvent::Canceled, &id));
}
