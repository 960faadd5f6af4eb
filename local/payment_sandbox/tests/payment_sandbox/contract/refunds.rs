//! Refunds.

use jiff::SignedDuration;
use payments::{NewPayment, NewRefund, PaymentError, PaymentId, Provider, RefundId, RefundStatus};

use crate::support::{World, order, random_key, refund, rubles, scripted};

#[tokio::test]
async fn payment_is_refunded_in_full() {
    let world = World::new().await;
    let client = world.client();
    let paid = world.paid(&order(19_900)).await;
    assert_eq!(paid.refunded, rubles(0));
    let made = client.refund(&refund(&paid, 19_900)).await.unwrap();
    assert_eq!(made.status, RefundStatus::Succeeded);
    assert_eq!(made.amount, rubles(19_900));
    assert_eq!(made.payment_id, paid.id);
    assert_eq!(made.purchase_id, paid.purchase_id);
    assert_eq!(client.get_refund(&made.id).await.unwrap(), made);
    let after = client.get(&paid.id).await.unwrap();
    assert_eq!(
        after.status, paid.status,
        "a refunded payment is still a paid one"
    );
    assert_eq!(after.refunded, rubles(19_900));
}

#[tokio::test]
async fn partial_refunds_end_at_the_total() {
    let world = World::new().await;
    let client = world.client();
    let paid = world.paid(&order(100)).await;
    for (kopecks, refunded) in [(30, 30), (69, 99)] {
        client.refund(&refund(&paid, kopecks)).await.unwrap();
        let after = client.get(&paid.id).await.unwrap();
        assert_eq!(after.refunded, rubles(refunded));
    }
    let error = client.refund(&refund(&paid, 2)).await.unwrap_err();
    assert!(
        matches!(&error, PaymentError::Rejected { parameter: Some(p), .. } if p == "amount"),
        "{error:?}"
    );
    client.refund(&refund(&paid, 1)).await.unwrap();
    assert!(client.refund(&refund(&paid, 1)).await.is_err());
}

#[tokio::test]
async fn same_key_refunds_once() {
    let world = World::new().await;
    let client = world.client();
    let paid = world.paid(&order(100)).await;
    let new = refund(&paid, 60);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (client, new) = (client.clone(), new.clone());
            tokio::spawn(async move { client.refund(&new).await.unwrap().id })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let after = client.get(&paid.id).await.unwrap();
    assert_eq!(after.refunded, rubles(60));
}

#[tokio::test]
async fn concurrent_refunds_never_exceed_the_payment() {
    let world = World::new().await;
    let client = world.client();
    let paid = world.paid(&order(100)).await;
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (client, new) = (client.clone(), refund(&paid, 30));
            tokio::spawn(async move { client.refund(&new).await.is_ok() })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 3);
    let after = client.get(&paid.id).await.unwrap();
    assert_eq!(after.refunded, rubles(90));
}

#[tokio::test]
async fn refund_key_of_another_request_is_refused() {
    let world = World::new().await;
    let client = world.client();
    let order = order(100);
    let paid = world.paid(&order).await;
    let first = refund(&paid, 10);
    client.refund(&first).await.unwrap();
    let other_amount = NewRefund {
        amount: rubles(20),
        ..first.clone()
    };
    let key_of_payment = NewRefund {
        idempotence_key: order.idempotence_key,
        ..first
    };
    for new in [other_amount, key_of_payment] {
        let error = client.refund(&new).await.unwrap_err();
        assert!(matches!(error, PaymentError::KeyReused), "{error:?}");
    }
    let after = client.get(&paid.id).await.unwrap();
    assert_eq!(after.refunded, rubles(10));
}

#[tokio::test]
async fn unpaid_payment_is_not_refunded() {
    let world = World::new().await;
    let client = world.client();
    let pending = client.create(&order(100)).await.unwrap();
    let error = client.refund(&refund(&pending, 100)).await.unwrap_err();
    assert!(
        matches!(&error, PaymentError::Rejected { parameter: Some(p), .. } if p == "payment_id"),
        "{error:?}"
    );
    let paid = world.paid(&order(100)).await;
    let error = client.refund(&refund(&paid, 0)).await.unwrap_err();
    assert!(
        matches!(&error, PaymentError::Rejected { parameter: Some(p), .. } if p == "amount.value"),
        "{error:?}"
    );
    let unknown: PaymentId = random_key().to_string().parse().unwrap();
    let new = NewRefund {
        payment_id: unknown,
        ..refund(&paid, 100)
    };
    assert!(client.refund(&new).await.unwrap_err().is_not_found());
    let unknown: RefundId = random_key().to_string().parse().unwrap();
    let error = client.get_refund(&unknown).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

#[tokio::test]
async fn failed_refund_leaves_the_amount_refundable() {
    let world = World::new().await;
    let client = world.client();
    let paid = world.paid(&order(100)).await;
    let new = NewRefund {
        reason: "sandbox:refund-decline=rejected_by_payee".to_owned(),
        ..refund(&paid, 100)
    };
    let failed = client.refund(&new).await.unwrap();
    let reason = "rejected_by_payee".to_owned();
    assert_eq!(failed.status, RefundStatus::Canceled { reason });
    assert_eq!(client.get(&paid.id).await.unwrap().refunded, rubles(0));
    client.refund(&refund(&paid, 100)).await.unwrap();
}

#[tokio::test]
async fn refund_can_be_pending() {
    let world = World::new().await;
    let client = world.client();
    // The script words of the payment apply to all of its refunds.
    let paid = world.paid(&scripted("sandbox:refund-pending=60")).await;
    let made = client.refund(&refund(&paid, 9_000)).await.unwrap();
    assert_eq!(made.status, RefundStatus::Pending);
    assert_eq!(client.get(&paid.id).await.unwrap().refunded, rubles(0));
    // A pending refund already counts against the amount.
    assert!(client.refund(&refund(&paid, 1_001)).await.is_err());
    world.clock.forward(SignedDuration::from_secs(60));
    let done = client.get_refund(&made.id).await.unwrap();
    assert_eq!(done.status, RefundStatus::Succeeded);
    let after = client.get(&paid.id).await.unwrap();
    assert_eq!(after.refunded, rubles(9_000));
}

#[tokio::test]
async fn long_texts_are_truncated() {
    let world = World::new().await;
    let client = world.client();
    let order = NewPayment {
        description: "ы".repeat(1_000),
        ..order(100)
    };
    let paid = world.paid(&order).await;
    let new = NewRefund {
        reason: "ы".repeat(1_000),
        ..refund(&paid, 100)
    };
    client.refund(&new).await.unwrap();
}
