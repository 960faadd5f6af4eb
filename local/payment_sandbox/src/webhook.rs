//! Announces changes of status, again and again until someone confirms with HTTP 200, like the real thing.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::sandbox::Sandbox;

/// Ten attempts with doubling pauses span about four minutes: a restart of the receiver fits, and a forgotten
/// sandbox falls silent. (The real API tries for 24 hours.)
const ATTEMPTS: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// The client that sends webhooks.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(ANSWER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        // The receiver is on this machine or in this compose network.
        .no_proxy()
        .build()
}

/// Sends in the background.
pub(crate) fn start(sandbox: &Sandbox, url: String, id: Uuid, event: &'static str, object: Value) {
    let weak = sandbox.downgrade();
    let http = sandbox.http().clone();
    let body = json!({"type": "notification", "event": event, "object": object});
    tokio::spawn(async move {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=ATTEMPTS {
            let outcome = http.post(&url).json(&body).send().await;
            let Some(sandbox) = Sandbox::upgrade(&weak) else {
                return;
            };
            match outcome {
                Ok(answer) if answer.status() == 200 => {
                    tracing::info!(payment = %id, event, attempt, "webhook confirmed");
                    sandbox.change(|store| store.announced(id, event)).await;
                    return;
                }
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    tracing::warn!(payment = %id, event, attempt, status, "webhook not confirmed");
                }
                Err(error) => {
                    let error = error.without_url();
                    tracing::warn!(payment = %id, event, attempt, %error, "webhook not delivered");
                }
            }
            // Not held while waiting: a sandbox that is dropped ends at once.
            drop(sandbox);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        tracing::error!(payment = %id, event, "webhook given up");
    });
}
