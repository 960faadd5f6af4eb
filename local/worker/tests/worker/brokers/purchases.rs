//! Purchase events, from the commit to the queue that other systems read.

use std::collections::BTreeMap;

use auth_store::AuthStore;
use domain::Random;
use runtime::{OsRandom, SystemClock};
use serde_json::{Value, json};
use testkit::scratch;

use crate::brokers::broker::Broker;
use crate::brokers::over_both_brokers;
use crate::brokers::rabbitmq::Rabbit;
use crate::brokers::world::{TIMEOUT, World};
use crate::support::sales::Sales;
use crate::support::until;

over_both_brokers! {
    purchase_and_refund_events_are_published,
    each_users_events_stay_in_order,
    an_event_without_a_queue_stays_in_the_outbox,
}

/// Sales in a database of their own, so that no other relay takes their events.
async fn sales() -> Sales {
    Sales::new(scratch::loyalty_database().await).await
}

fn read(bodies: Vec<String>) -> Vec<Value> {
    let bodies = bodies.iter();
    bodies.map(|b| serde_json::from_str(b).unwrap()).collect()
}

async fn purchase_and_refund_events_are_published<B: Broker>(world: World<B>) {
    let sales = sales().await;
    let auth = AuthStore::new(world.people.pool.clone());
    let running = world.broker.start(auth, sales.store.clone()).await;
    let user = sales.user(OsRandom.uuid()).await;
    let purchase = sales.buy(user).await;
    let paid = read(world.broker.take_purchases(1).await).remove(0);
    let about = |event: &Value| {
        let names = ["schema", "user_id", "purchase_id", "sequence", "total"];
        names.map(|name| event[name].clone())
    };
    let price = json!({ "amount": "300.00", "currency": "RUB" });
    let expected = |schema: &str, sequence: i64| {
        [
            json!(schema),
            json!(user),
            json!(purchase),
            json!(sequence),
            price.clone(),
        ]
    };
    assert_eq!(about(&paid), expected("purchase_paid.v1", 1));
    assert_eq!(paid["paid_until"], paid["subscription"]["ends_at"]);

    sales.refund(purchase).await;
    let refunded = read(world.broker.take_purchases(1).await).remove(0);
    assert_eq!(about(&refunded), expected("purchase_refunded.v1", 2));
    assert_eq!(refunded["refund"], price);
    assert_eq!(refunded["fully_refunded"], true);
    until("an empty outbox", TIMEOUT, async || {
        sales.store.outbox().backlog().await.unwrap().depth == 0
    })
    .await;
    world.finish(Some(running), &[]).await;
}

async fn each_users_events_stay_in_order<B: Broker>(world: World<B>) {
    let sales = sales().await;
    let mut users = vec![];
    for _ in 0..5 {
        users.push(sales.user(OsRandom.uuid()).await);
    }
    for _ in 0..3 {
        for user in &users {
            let purchase = sales.buy(*user).await;
            sales.refund(purchase).await;
        }
    }
    let (publisher, all) = (world.broker.purchase_publisher().await, 5 * 6);
    let published = outbox::relay_once(&sales.store.outbox(), &publisher, &SystemClock).await;
    assert_eq!(published.unwrap(), all);

    let mut sequences: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for event in read(world.broker.take_purchases(all).await) {
        let user = event["user_id"].as_str().unwrap().to_owned();
        let sequence = event["sequence"].as_i64().unwrap();
        sequences.entry(user).or_default().push(sequence);
    }
    for user in users {
        assert_eq!(sequences[&user.to_string()], [1, 2, 3, 4, 5, 6]);
    }
    world.finish(None, &[]).await;
}

async fn an_event_without_a_queue_stays_in_the_outbox<B: Broker>(world: World<B>) {
    let sales = sales().await;
    let publisher = world.broker.purchase_publisher().await;
    world.broker.lose_purchase_queue().await;
    let user = sales.user(OsRandom.uuid()).await;
    sales.buy(user).await;
    let outbox = sales.store.outbox();
    let relayed = outbox::relay_once(&outbox, &publisher, &SystemClock).await;
    assert!(relayed.is_err());
    assert_eq!(outbox.backlog().await.unwrap().depth, 1);
}

#[tokio::test]
async fn looking_at_events_leaves_them_in_the_queue() {
    let (rabbit, sales) = (Rabbit::new().await, sales().await);
    for _ in 0..3 {
        let user = sales.user(OsRandom.uuid()).await;
        sales.buy(user).await;
    }
    let (publisher, outbox) = (rabbit.purchase_publisher().await, sales.store.outbox());
    let published = outbox::relay_once(&outbox, &publisher, &SystemClock).await;
    assert_eq!(published.unwrap(), 3);
    assert_eq!(rabbit.look_at_purchases(2).await.len(), 2);
    // Messages that were only looked at take a moment to return to the queue.
    let mut seen = vec![];
    until("all three", TIMEOUT, async || {
        seen = rabbit.look_at_purchases(100).await;
        seen.len() == 3
    })
    .await;
    let mut taken = rabbit.take_purchases(3).await;
    seen.sort();
    taken.sort();
    assert_eq!(taken, seen);
    rabbit.remove().await;
}
