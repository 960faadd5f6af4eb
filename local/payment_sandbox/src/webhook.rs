//! Sends webhooks, again and again until someone confirms with HTTP 200, like the real thing.

use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::sandbox::{Sandbox, WeakSandbox};
use crate::store::Webhook;

/// Ten attempts with doubling pauses span about four minutes: a restart of the receiver fits, and a forgotten
/// sandbox falls silent. (The real API tries for 24 hours.)
const ATTEMPTS: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Sandbox {
    /// Starts sending the webhooks whose time has come.
    pub(crate) fn announce(&self) {
        let Some(url) = &self.settings().webhook_url else {
            return;
        };
        let store = self.store();
        let mut sending = self.sending();
        for due in store.due(self.clock().now()) {
            if sending.insert(due.number) {
                start(self, url, due);
            }
        }
    }
}

/// Sends in the background, all copies at once.
fn start(sandbox: &Sandbox, url: &str, webhook: &Webhook) {
    let mut deliveries = JoinSet::new();
    for copy in 1..=webhook.copies {
        let delivery = Delivery {
            sandbox: sandbox.downgrade(),
            http: sandbox.http().clone(),
            url: url.to_owned(),
            body: webhook.body(sandbox.settings()),
            payment: webhook.payment,
            event: webhook.event.clone(),
            copy,
        };
        deliveries.spawn(delivery.deliver());
    }
    let (weak, number) = (sandbox.downgrade(), webhook.number);
    tokio::spawn(async move {
        let confirmed = deliveries.join_all().await.into_iter().all(|ok| ok);
        if let Some(sandbox) = Sandbox::upgrade(&weak)
            && confirmed
        {
            sandbox.change(|store| store.confirmed(number)).await;
        }
    });
}

struct Delivery {
    /// Not held: a sandbox that is dropped ends its deliveries.
    sandbox: WeakSandbox,
    http: reqwest::Client,
    url: String,
    body: Value,
    payment: Uuid,
    event: String,
    copy: u64,
}

impl Delivery {
    async fn deliver(self) -> bool {
        let Delivery {
            payment,
            event,
            copy,
            ..
        } = &self;
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            match self.http.post(&self.url).json(&self.body).send().await {
                Ok(answer) if answer.status() == 200 => {
                    tracing::info!(%payment, event, copy, attempt, "webhook confirmed");
                    return true;
                }
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    tracing::warn!(%payment, event, copy, attempt, status, "webhook not confirmed");
                }
                Err(error) => {
                    let error = error.without_url();
                    tracing::warn!(%payment, event, copy, attempt, %error, "webhook not delivered");
                }
            }
            tokio::time::sleep(pause).await;
            if self.sandbox.strong_count() == 0 {
                return false;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        tracing::error!(%payment, event, copy, "webhook given up");
        false
    }
}
