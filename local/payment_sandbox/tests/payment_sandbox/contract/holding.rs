//! Payments that are held first: capture and cancel.

use jiff::SignedDuration;
use payment_sandbox::HOLDING;
use payments::{
    Capture, CaptureAmount, CaptureMode, NewPayment, PaymentError, PaymentId, PaymentStatus,
    Provider,
};

use crate::support::{World, order, random_key, reason, rubles};

fn on_demand(kopecks: i64) -> NewPayment {
    NewPayment {
        capture: CaptureMode::OnDemand,
        ..order(kopecks)
    }
}

fn whole(id: &PaymentId) -> Capture {
    Capture {
        idempotence_key: random_key(),
        payment_id: id.clone(),
        amount: CaptureAmount::Whole,
    }
}

fn part(id: &PaymentId, kopecks: i64) -> Capture {
    Capture {
        amount: CaptureAmount::Part {
            amount: rubles(kopecks),
            description: "Подписка".to_owned(),
        },
        ..whole(id)
    }
}

fn rejected(error: &PaymentError, about: &str) -> bool {
    matches!(error, PaymentError::Rejected { parameter: Some(p), .. } if p == about)
        && !error.outcome_unknown()
}

#[tokio::test]
async fn held_payment_is_captured_in_full() {
    let world = World::new().await;
    let client = world.client();
    let held = world.paid(&on_demand(500)).await;
    assert_eq!(held.status, PaymentStatus::WaitingForCapture);
    assert_eq!(held.captured_at, None);
    let until = held.created_at.checked_add(HOLDING).unwrap();
    assert_eq!(held.expires_at, Some(until));

    let capture = whole(&held.id);
    let taken = client.capture(&capture).await.unwrap();
    assert_eq!(taken.status, PaymentStatus::Succeeded);
    assert_eq!(taken.amount, held.amount);
    assert!(taken.captured_at.is_some());
    assert_eq!(taken.expires_at, None);
    // A retry after a lost answer succeeds; a second capture fails.
    assert_eq!(client.capture(&capture).await.unwrap(), taken);
    let error = client.capture(&whole(&held.id)).await.unwrap_err();
    assert!(rejected(&error, "payment_id"), "{error:?}");
}

#[tokio::test]
async fn held_payment_is_captured_in_part() {
    let world = World::new().await;
    let client = world.client();
    let order = on_demand(500);
    let held = world.paid(&order).await;
    let error = client.capture(&part(&held.id, 501)).await.unwrap_err();
    assert!(rejected(&error, "amount"), "{error:?}");
    let error = client.capture(&part(&held.id, 0)).await.unwrap_err();
    assert!(rejected(&error, "amount.value"), "{error:?}");

    let capture = part(&held.id, 499);
    assert_eq!(client.capture(&capture).await.unwrap().amount, rubles(499));
    assert_eq!(client.get(&held.id).await.unwrap().amount, rubles(499));
    // A client that lost the answer to the creation still finds the payment.
    assert_eq!(client.create(&order).await.unwrap().id, held.id);
    let other = Capture {
        idempotence_key: capture.idempotence_key,
        ..part(&held.id, 100)
    };
    let error = client.capture(&other).await.unwrap_err();
    assert!(matches!(error, PaymentError::KeyReused), "{error:?}");
}

#[tokio::test]
async fn only_held_payments_are_captured_or_cancelled() {
    let world = World::new().await;
    let client = world.client();
    let pending = client.create(&on_demand(100)).await.unwrap().id;
    let error = client.cancel(&pending, random_key()).await.unwrap_err();
    assert!(rejected(&error, "payment_id"), "{error:?}");
    let error = client.capture(&whole(&pending)).await.unwrap_err();
    assert!(rejected(&error, "payment_id"), "{error:?}");
    let paid = world.paid(&order(100)).await.id;
    let error = client.cancel(&paid, random_key()).await.unwrap_err();
    assert!(rejected(&error, "payment_id"), "{error:?}");

    let held = world.paid(&on_demand(500)).await.id;
    let key = random_key();
    let cancelled = client.cancel(&held, key).await.unwrap();
    assert_eq!(reason(cancelled.status), "canceled_by_merchant");
    client.cancel(&held, key).await.unwrap();
    let error = client.cancel(&held, random_key()).await.unwrap_err();
    assert!(rejected(&error, "payment_id"), "{error:?}");
    let error = client.capture(&whole(&held)).await.unwrap_err();
    assert!(rejected(&error, "payment_id"), "{error:?}");
}

#[tokio::test]
async fn unknown_payment_is_neither_captured_nor_cancelled() {
    let world = World::new().await;
    let client = world.client();
    let unknown: PaymentId = random_key().to_string().parse().unwrap();
    let error = client.capture(&whole(&unknown)).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    let error = client.cancel(&unknown, random_key()).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

#[tokio::test]
async fn uncaptured_payment_is_cancelled_after_seven_days() {
    let world = World::new().await;
    let client = world.client();
    let held = world.paid(&on_demand(500)).await.id;
    let minute = SignedDuration::from_mins(1);
    world.clock.forward(HOLDING - minute);
    let payment = client.get(&held).await.unwrap();
    assert_eq!(payment.status, PaymentStatus::WaitingForCapture);
    world.clock.forward(minute);
    let payment = client.get(&held).await.unwrap();
    assert_eq!(reason(payment.status), "expired_on_capture");
}
