//! What a restart must not lose: everything in the state file.

use axum::http::StatusCode;
use payments::{PaymentStatus, Provider};

use crate::support::{self, Receiver, World, order, refund, scripted};

#[tokio::test]
async fn restart_keeps_refunds_and_scheduled_webhooks() {
    let file = std::env::temp_dir().join(format!("sandbox-{}.json", support::random_key()));
    let mut receiver = Receiver::new(0).await;
    let start = || World::with(Some(receiver.url.clone()), Some(file.clone()));
    let world = start().await;
    let paid = world.paid(&scripted("sandbox:webhook-late=600")).await;
    let new = refund(&paid, 100);
    let made = world.client().refund(&new).await.unwrap();
    world.kill().await;

    let world = start().await;
    let client = world.client();
    assert_eq!(client.get_refund(&made.id).await.unwrap(), made);
    assert_eq!(client.refund(&new).await.unwrap(), made, "the key is kept");
    assert_eq!(client.get(&paid.id).await.unwrap().refunded, made.amount);
    world.clock.forward(jiff::SignedDuration::from_secs(600));
    let mut events = [receiver.next().await, receiver.next().await];
    events.sort_by_key(|body| body["event"].to_string());
    assert_eq!(events[0]["event"], "payment.succeeded");
    assert_eq!(events[1]["event"], "refund.succeeded");
    world.kill().await;
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn restart_keeps_payments_and_webhooks() {
    let file = std::env::temp_dir().join(format!("sandbox-{}.json", support::random_key()));
    // Nothing listens there, so the webhook stays pending.
    let nowhere = Some("http://127.0.0.1:1/hook".to_owned());
    let world = World::with(nowhere, Some(file.clone())).await;
    let client = world.client();
    let (waiting, paying) = (order(100), order(200));
    let waiting_id = client.create(&waiting).await.unwrap().id;
    let paid_id = client.create(&paying).await.unwrap().id;
    world.press("approve", &paid_id).await;
    world.kill().await;

    let mut receiver = Receiver::new(0).await;
    let world = World::with(Some(receiver.url.clone()), Some(file.clone())).await;
    let client = world.client();
    assert_eq!(receiver.next().await["object"]["id"], paid_id.as_str());
    assert_eq!(
        client.get(&paid_id).await.unwrap().status,
        PaymentStatus::Succeeded
    );
    let again = client.create(&waiting).await.unwrap();
    assert_eq!(again.id, waiting_id);
    assert_eq!(world.press("approve", &waiting_id).await.0, StatusCode::OK);
    assert_eq!(receiver.next().await["object"]["id"], waiting_id.as_str());
    world.kill().await;
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn restart_without_webhooks_answers() {
    let file = std::env::temp_dir().join(format!("sandbox-{}.json", support::random_key()));
    let world = World::with(None, Some(file.clone())).await;
    let id = world.client().create(&order(100)).await.unwrap().id;
    world.kill().await;
    let world = World::with(None, Some(file.clone())).await;
    assert_eq!(
        world.client().get(&id).await.unwrap().status,
        PaymentStatus::Pending
    );
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn unsaved_payment_is_not_acknowledged() {
    let folder = std::env::temp_dir().join(format!("sandbox-{}", support::random_key()));
    let world = World::with(None, Some(folder.join("state.json"))).await;
    std::fs::remove_dir(&folder).unwrap();
    let order = order(100);
    let error = world.client().create(&order).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
    std::fs::create_dir(&folder).unwrap();
    // The writer retries by itself, so the same key gets its answer.
    let mut created = world.client().create(&order).await;
    for _ in 0..50 {
        if created.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        created = world.client().create(&order).await;
    }
    created.unwrap();
    world.kill().await;
    std::fs::remove_dir_all(&folder).unwrap();
}
