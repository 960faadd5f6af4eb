//! The commands for operators, over SQS.

use std::process::Command;

use domain::{Random, UserStatus};
use runtime::OsRandom;

use crate::brokers::broker::Broker;
use crate::brokers::sqs::Queue;
use crate::brokers::world::event;

#[tokio::test]
async fn dead_letters_are_listed_and_replayed_on_sqs() {
    let queue = Queue::new().await;
    let (user, poison) = (OsRandom.uuid(), "nonsense");
    let late = event(user, 1, UserStatus::Blocked).to_message();
    queue.dead_letter(user, &late).await;
    queue.dead_letter(user, poison).await;

    let listed = dlq(&queue, &["list"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 3, "{listed}");
    let first = format!("  user {user} blocked version 1: a test");
    assert!(lines[0].ends_with(&first), "{listed}");
    assert!(
        lines[1].ends_with("  8 bytes that are no event: a test"),
        "{listed}"
    );
    assert_eq!(lines[2], "2 dead letters");
    assert_eq!(
        dlq(&queue, &["list", "--bodies"]).matches(poison).count(),
        1
    );

    assert_eq!(dlq(&queue, &["replay"]), "2 sent back\n");
    assert_eq!(queue.take(2).await, [late.as_str(), poison]);
    assert_eq!(dlq(&queue, &["list"]), "0 dead letters\n");
    queue.remove().await;
}

fn dlq(queue: &Queue, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_worker"))
        .arg("dlq")
        .args(arguments)
        .env("USER_STATUS_DEAD_LETTERS_URL", &queue.dead_url)
        .env("USER_STATUS_QUEUE_URL", &queue.url)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
