//! Creating, paying, declining, reading.

use axum::http::StatusCode;
use payments::{NewPayment, PaymentError, PaymentStatus, Provider, Uncertainty};

use crate::support::{Receiver, World, order, random_key, reason};

#[tokio::test]
async fn approved_payment_succeeds() {
    let world = World::new().await;
    let client = world.client();
    let order = order(19_900);
    let created = client.create(&order).await.unwrap();
    assert_eq!(created.status, PaymentStatus::Pending);
    assert_eq!(created.amount, order.amount);
    assert_eq!(created.purchase_id, Some(order.purchase_id));
    assert!(created.test);
    assert_eq!(
        created.confirmation_url,
        Some(world.url(&format!("/pay/{}", created.id)))
    );
    assert_eq!(client.get(&created.id).await.unwrap(), created);

    let (status, body) = world.press("approve", &created.id).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["paid"], true);
    let paid = client.get(&created.id).await.unwrap();
    assert_eq!(paid.status, PaymentStatus::Succeeded);
    assert_eq!(paid.captured_at, Some(created.created_at));
    assert_eq!(paid.confirmation_url, None);
}

#[tokio::test]
async fn declined_payment_stays_cancelled() {
    let world = World::new().await;
    let client = world.client();
    let id = client.create(&order(100)).await.unwrap().id;
    assert_eq!(world.press("decline", &id).await.0, StatusCode::OK);
    let (status, body) = world.press("approve", &id).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(body["code"], "invalid_request");
    let payment = client.get(&id).await.unwrap();
    assert_eq!(reason(payment.status), "general_decline");
}

#[tokio::test]
async fn unpaid_payment_expires_after_an_hour() {
    let mut receiver = Receiver::new(0).await;
    let world = World::with(Some(receiver.url.clone()), None).await;
    let client = world.client();
    let id = client.create(&order(100)).await.unwrap().id;
    let minute = jiff::SignedDuration::from_mins(1);
    world.clock.forward(payment_sandbox::LIFETIME - minute);
    assert_eq!(
        client.get(&id).await.unwrap().status,
        PaymentStatus::Pending
    );
    world.clock.forward(minute);
    // The webhook is sent without anyone polling.
    assert_eq!(receiver.next().await["event"], "payment.canceled");
    let payment = client.get(&id).await.unwrap();
    assert_eq!(reason(payment.status), "expired_on_confirmation");
    assert_eq!(world.press("approve", &id).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn same_key_returns_the_same_payment() {
    let world = World::new().await;
    let client = world.client();
    let order = order(100);
    let first = client.create(&order).await.unwrap();
    assert_eq!(client.create(&order).await.unwrap(), first);
    world.press("approve", &first.id).await;
    let again = client.create(&order).await.unwrap();
    assert_eq!(again.id, first.id);
    assert_eq!(again.status, PaymentStatus::Succeeded);
}

#[tokio::test]
async fn concurrent_creates_with_one_key_make_one_payment() {
    let world = World::new().await;
    let order = order(100);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (client, order) = (world.client(), order.clone());
            tokio::spawn(async move { client.create(&order).await.unwrap().id })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn key_of_another_request_is_refused() {
    let world = World::new().await;
    let client = world.client();
    let first = order(100);
    client.create(&first).await.unwrap();
    let other = NewPayment {
        amount: order(200).amount,
        ..first
    };
    let error = client.create(&other).await.unwrap_err();
    assert!(matches!(error, PaymentError::KeyReused), "{error:?}");
    assert!(error.outcome_unknown());
    // After a day the API has forgotten the key.
    world.clock.forward(jiff::SignedDuration::from_hours(24));
    client.create(&other).await.unwrap();
}

#[tokio::test]
async fn wrong_secret_is_a_misconfiguration_and_is_not_quoted() {
    let world = World::new().await;
    let client = world.client_with("wr0ng");
    let error = client.create(&order(100)).await.unwrap_err();
    assert!(matches!(error, PaymentError::Misconfigured(_)), "{error:?}");
    assert!(!format!("{error:?}{error}{client:?}").contains("wr0ng"));
}

#[tokio::test]
async fn unknown_payment_is_not_found() {
    let world = World::new().await;
    for id in [random_key().to_string(), "nonsense".to_owned()] {
        let error = world.client().get(&id.parse().unwrap()).await.unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
    }
}

#[tokio::test]
async fn zero_amount_is_refused() {
    let world = World::new().await;
    let error = world.client().create(&order(0)).await.unwrap_err();
    assert!(
        matches!(&error, PaymentError::Rejected { parameter: Some(p), .. } if p == "amount.value"),
        "{error:?}"
    );
}

#[tokio::test]
async fn unreachable_sandbox_is_unknown() {
    let world = World::new().await;
    let client = world.client();
    world.kill().await;
    let error = client.create(&order(100)).await.unwrap_err();
    assert!(
        matches!(
            error,
            PaymentError::Unknown {
                cause: Uncertainty::Unreachable,
                ..
            }
        ),
        "{error:?}"
    );
}
