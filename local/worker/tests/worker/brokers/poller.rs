//! What Lambda does for a function that has an SQS queue as its event source.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use events::sqs::SqsDeadLetters;
use loyalty_store::LoyaltyStore;
use runtime::SystemClock;
use serde_json::json;
use worker::Stop;

/// Feeds `user_status_sync`.
pub struct Poller {
    pub client: Client,
    pub url: String,
    pub dead_letters: SqsDeadLetters,
    pub loyalty: LoyaltyStore,
    pub finished: Arc<AtomicUsize>,
}

impl Poller {
    pub async fn run(self, mut stop: Stop) {
        while !stop.is_set() {
            let messages = receive(&self.client, &self.url).await;
            if messages.is_empty() {
                stop.sleep(Duration::from_millis(50)).await;
                continue;
            }
            let batch = as_event(&messages);
            let (loyalty, dead) = (&self.loyalty, &self.dead_letters);
            let answer = user_status_sync::handle_batch(loyalty, dead, &SystemClock, batch).await;
            let failed = answer.batch_item_failures.into_iter();
            let failed: Vec<_> = failed.map(|failure| failure.item_identifier).collect();
            for message in messages {
                if !failed.contains(&message.message_id.unwrap()) {
                    delete(&self.client, &self.url, &message.receipt_handle.unwrap()).await;
                    self.finished.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

fn as_event(messages: &[Message]) -> SqsEvent {
    let records = messages.iter().map(|message| {
        let attributes = message.attributes().unwrap().iter();
        let attributes: HashMap<&str, &String> = attributes
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        json!({
            "messageId": message.message_id(),
            "receiptHandle": message.receipt_handle(),
            "body": message.body(),
            "attributes": attributes,
            "messageAttributes": {},
        })
    });
    serde_json::from_value(json!({ "Records": records.collect::<Vec<_>>() })).unwrap()
}

pub async fn receive(client: &Client, url: &str) -> Vec<Message> {
    let receive = client.receive_message().queue_url(url);
    let receive = receive.max_number_of_messages(10);
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    receive.send().await.unwrap().messages.unwrap_or_default()
}

pub async fn delete(client: &Client, url: &str, receipt: &str) {
    let delete = client.delete_message().queue_url(url);
    delete.receipt_handle(receipt).send().await.unwrap();
}
