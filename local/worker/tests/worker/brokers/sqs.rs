//! SQS, with what AWS runs around three functions: the schedules of `outbox_relay` and `purchase_relay`, and the poller
//! that feeds `user_status_sync`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_store::AuthStore;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use domain::Random;
use events::sqs::{Failed, Sqs, SqsDeadLetters, client_from_env};
use events::{DeadLetter, Event};
use loyalty_store::LoyaltyStore;
use outbox::Outbox;
use runtime::{OsRandom, SystemClock};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;
use worker::{Stop, stopper};

use crate::brokers::broker::{Broker, Running};
use crate::brokers::poller::{Poller, delete, receive};
use crate::brokers::world::TIMEOUT;
use crate::support::until;

/// As in template.yaml.
const MAX_RECEIVES: u32 = 200;
/// Seconds until a failed message is redelivered; 90 in template.yaml.
const VISIBILITY: &str = "1";

pub struct Queue {
    client: Client,
    pub url: String,
    pub dead_url: String,
    purchase_url: String,
    dead_letters: SqsDeadLetters,
    finished: Arc<AtomicUsize>,
}

impl Broker for Queue {
    type Publisher = Sqs;

    async fn new() -> Queue {
        let client = client_from_env().unwrap();
        let name = format!("test-{}", OsRandom.uuid());
        let dead_url = create(&client, &format!("{name}-dead.fifo"), HashMap::new()).await;
        let arn = QueueAttributeName::QueueArn;
        let answer = client.get_queue_attributes().queue_url(&dead_url);
        let answer = answer.attribute_names(arn.clone()).send().await.unwrap();
        let target = &answer.attributes().unwrap()[&arn];
        let redrive = json!({ "deadLetterTargetArn": target, "maxReceiveCount": MAX_RECEIVES });
        let attributes = HashMap::from([
            (QueueAttributeName::RedrivePolicy, redrive.to_string()),
            (QueueAttributeName::VisibilityTimeout, VISIBILITY.to_owned()),
        ]);
        Queue {
            url: create(&client, &format!("{name}.fifo"), attributes).await,
            purchase_url: create(&client, &format!("{name}-purchases.fifo"), HashMap::new()).await,
            dead_letters: SqsDeadLetters::new(client.clone(), dead_url.clone()),
            finished: Arc::default(),
            dead_url,
            client,
        }
    }

    async fn publisher(&self) -> Sqs {
        Sqs::new(self.client.clone(), self.url.clone())
    }

    async fn purchase_publisher(&self) -> Sqs {
        Sqs::new(self.client.clone(), self.purchase_url.clone())
    }

    async fn send(&self, user: Uuid, body: &str) {
        let send = self.client.send_message().queue_url(&self.url);
        let send = send.message_group_id(user.to_string());
        let send = send.message_deduplication_id(OsRandom.uuid().to_string());
        send.message_body(body).send().await.unwrap();
    }

    async fn dead_letter(&self, user: Uuid, body: &str) {
        let (id, group) = (OsRandom.uuid().to_string(), user.to_string());
        let failed = Failed {
            message_id: &id,
            group: Some(&group),
            body,
        };
        self.dead_letters
            .dead_letter(failed, "a test")
            .await
            .unwrap();
    }

    async fn start(&self, auth: AuthStore, loyalty: LoyaltyStore) -> Running {
        let (stopper, stop) = stopper();
        let mut tasks = JoinSet::new();
        let (status, purchases) = (auth.outbox(), loyalty.outbox());
        tasks.spawn(relay(self.publisher().await, status, stop.clone()));
        tasks.spawn(relay(
            self.purchase_publisher().await,
            purchases,
            stop.clone(),
        ));
        tasks.spawn(self.poller(loyalty).run(stop));
        Running { stopper, tasks }
    }

    async fn take(&self, count: usize) -> Vec<String> {
        take(&self.client, &self.url, count).await
    }

    async fn take_purchases(&self, count: usize) -> Vec<String> {
        take(&self.client, &self.purchase_url, count).await
    }

    fn finished(&self) -> usize {
        self.finished.load(Ordering::Relaxed)
    }

    async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.dead_letters.list(100).await.unwrap()
    }

    async fn replay(&self) -> u32 {
        self.dead_letters.replay(&self.url).await.unwrap()
    }

    async fn lose_queue(&self) {
        self.delete_queue(&self.url).await;
    }

    async fn lose_purchase_queue(&self) {
        self.delete_queue(&self.purchase_url).await;
    }

    async fn remove(&self) {
        self.lose_queue().await;
        self.lose_purchase_queue().await;
        self.delete_queue(&self.dead_url).await;
    }
}

impl Queue {
    /// The same queue, reached at another address.
    pub fn at(&self, url: String) -> Queue {
        let config = self.client.config().to_builder().endpoint_url(url);
        let client = Client::from_conf(config.build());
        Queue {
            dead_letters: SqsDeadLetters::new(client.clone(), self.dead_url.clone()),
            client,
            url: self.url.clone(),
            purchase_url: self.purchase_url.clone(),
            dead_url: self.dead_url.clone(),
            finished: self.finished.clone(),
        }
    }

    async fn delete_queue(&self, url: &str) {
        let delete = self.client.delete_queue().queue_url(url);
        delete.send().await.unwrap();
    }

    fn poller(&self, loyalty: LoyaltyStore) -> Poller {
        Poller {
            client: self.client.clone(),
            url: self.url.clone(),
            dead_letters: self.dead_letters.clone(),
            loyalty,
            finished: self.finished.clone(),
        }
    }
}

/// The schedule: one run after another.
async fn relay<E: Event>(publisher: Sqs, outbox: Outbox<E>, mut stop: Stop) {
    loop {
        let run = outbox::relay_for(Duration::from_secs(60), &outbox, &publisher, &SystemClock);
        tokio::select! {
            () = stop.wait() => return,
            _ = run => (),
        }
    }
}

async fn create(
    client: &Client,
    name: &str,
    mut attributes: HashMap<QueueAttributeName, String>,
) -> String {
    attributes.insert(QueueAttributeName::FifoQueue, "true".to_owned());
    let create = client.create_queue().queue_name(name);
    let created = create
        .set_attributes(Some(attributes))
        .send()
        .await
        .unwrap();
    created.queue_url.unwrap()
}

async fn take(client: &Client, url: &str, count: usize) -> Vec<String> {
    let mut bodies = vec![];
    until("the messages in the queue", TIMEOUT, async || {
        for message in receive(client, url).await {
            delete(client, url, message.receipt_handle().unwrap()).await;
            bodies.push(message.body.unwrap());
        }
        bodies.len() == count
    })
    .await;
    bodies
}
