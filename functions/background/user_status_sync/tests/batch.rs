//! Batches as SQS delivers them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::{Client, Config};
use domain::{Clock, Random, UserStatus};
use events::UserStatusChanged;
use events::sqs::SqsDeadLetters;
use loyalty_store::LoyaltyStore;
use pg::{AdHoc, Pool, Type};
use runtime::{OsRandom, SystemClock};
use serde_json::{Value, json};
use user_status_sync::handle_batch;
use uuid::Uuid;

fn pool() -> Pool {
    let url = runtime::required("LOYALTY_DATABASE_URL", "run `cargo local test`").unwrap();
    Pool::new(&url, 2).unwrap()
}

fn active(user_id: Uuid, version: i64) -> String {
    UserStatusChanged {
        event_id: OsRandom.uuid(),
        user_id,
        status: UserStatus::Active,
        version,
        occurred_at: SystemClock.now(),
        first_account_id: None,
    }
    .to_message()
}

fn message(id: &str, group: Uuid, body: &str) -> Value {
    json!({ "messageId": id, "body": body, "attributes": { "MessageGroupId": group }, "messageAttributes": {} })
}

/// Nothing listens on the discard port.
const NOWHERE: &str = "127.0.0.1:9";

/// A dead-letter queue that can't be reached.
fn dead_letters() -> SqsDeadLetters {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("nowhere"))
        .credentials_provider(Credentials::new("none", "none", None, None, "test"))
        .endpoint_url(format!("http://{NOWHERE}"))
        .build();
    SqsDeadLetters::new(Client::from_conf(config), format!("http://{NOWHERE}/dead"))
}

/// The IDs of the messages that SQS is to redeliver.
async fn failures(pool: &Pool, messages: &[Value]) -> Vec<String> {
    let batch: SqsEvent = serde_json::from_value(json!({ "Records": messages })).unwrap();
    let store = LoyaltyStore::new(pool.clone());
    let response = handle_batch(&store, &dead_letters(), &SystemClock, batch).await;
    let failures = response.batch_item_failures.into_iter();
    failures.map(|failure| failure.item_identifier).collect()
}

async fn version(pool: &Pool, user: Uuid) -> Option<i64> {
    let sql = "SELECT version FROM users WHERE id = $1";
    let row = pool.row(sql, &[(&user, Type::UUID)]).await.unwrap();
    row.map(|row| row.get(0))
}

#[tokio::test]
async fn failed_dead_letter_stops_only_its_group() {
    let pool = pool();
    let (one, two) = (OsRandom.uuid(), OsRandom.uuid());
    let batch = [
        message("one-1", one, &active(one, 1)),
        message("two-1", two, &active(two, 1)),
        message("one-2", one, "not an event"),
        message("one-3", one, &active(one, 3)),
        message("two-2", two, &active(two, 2)),
    ];
    assert_eq!(failures(&pool, &batch).await, ["one-2", "one-3"]);
    assert_eq!(version(&pool, one).await, Some(1));
    assert_eq!(version(&pool, two).await, Some(2));
}

#[tokio::test]
async fn batch_is_redelivered_without_the_database() {
    let nowhere = Pool::new(&format!("postgres://nobody@{NOWHERE}/nothing"), 1).unwrap();
    let (one, two) = (OsRandom.uuid(), OsRandom.uuid());
    let batch = [
        message("one", one, &active(one, 1)),
        message("two", two, &active(two, 1)),
    ];
    assert_eq!(failures(&nowhere, &batch).await, ["one", "two"]);
}
