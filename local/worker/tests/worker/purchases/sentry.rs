//! A Sentry of the test's own.

use std::sync::{Arc, Mutex};

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::purchases::crash::TIMEOUT;
use crate::support::until;

/// Receives reports in the protocol of Sentry.
pub struct Sentry {
    /// The value of `SENTRY_DSN`.
    pub dsn: String,
    envelopes: Arc<Mutex<Vec<String>>>,
}

impl Sentry {
    pub async fn start() -> Sentry {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dsn = format!("http://key@{}/1", listener.local_addr().unwrap());
        let envelopes: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = envelopes.clone();
        let router = Router::new().fallback(async move |envelope: String| {
            kept.lock().unwrap().push(envelope);
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Sentry { dsn, envelopes }
    }

    /// All envelopes so far, as they were received.
    pub fn envelopes(&self) -> Vec<String> {
        self.envelopes.lock().unwrap().clone()
    }

    /// Waits for a report that contains `words`. Returns all messages so far, in order.
    pub async fn until(&self, words: &str) -> Vec<String> {
        let arrived = || {
            self.messages()
                .iter()
                .any(|message| message.contains(words))
        };
        until(words, TIMEOUT, async || arrived()).await;
        self.messages()
    }

    fn messages(&self) -> Vec<String> {
        // An envelope is lines of JSON; the line of the event has the message.
        let envelopes = self.envelopes();
        let lines = envelopes.iter().flat_map(|envelope| envelope.lines());
        let events = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events
            .filter_map(|event| event["message"].as_str().map(str::to_owned))
            .collect()
    }
}
