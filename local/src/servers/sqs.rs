//! A server that speaks the protocol of SQS, for the function that publishes to it.

use std::path::Path;
use std::time::Duration;

use crate::env::Env;
use crate::error::{Context, Result};
use crate::http;
use crate::process::launch::Program;
use crate::process::supervisor::Stage;
use crate::stack::Stack;

const NAME: &str = "sqs";
const QUEUE: &str = "user-status.fifo";

/// Starts the server and makes the queue.
///
/// # Errors
/// When it doesn't start.
pub async fn start(stack: &Stack, moto_server: &Path) -> Result<()> {
    let port = stack.ports.get(NAME).to_string();
    let program = Program::new(moto_server, "/").args(["-H", "127.0.0.1", "-p", &port]);
    stack.supervisor.start(NAME, Stage::Server, &program)?;
    let client = http::client()?;
    let url = format!("http://{}/", stack.ports.address(NAME));
    let queue = format!(
        "Action=CreateQueue&Version=2012-11-05&QueueName={QUEUE}&Attribute.1.Name=FifoQueue&Attribute.1.Value=true"
    );
    stack
        .supervisor
        .ready(NAME, Duration::from_secs(60), async || {
            let request = client
                .post(&url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(queue.clone());
            request
                .send()
                .await
                .and_then(|answer| answer.error_for_status())
                .context("SQS")
                .map(drop)
        })
        .await
}

/// What AWS sets for a function that publishes to the queue.
pub fn env(stack: &Stack) -> Env {
    let address = stack.ports.address(NAME);
    [
        (
            "USER_STATUS_QUEUE_URL",
            format!("http://{address}/123456789012/{QUEUE}"),
        ),
        ("AWS_ENDPOINT_URL_SQS", format!("http://{address}")),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        // One look instead of most of a minute.
        ("RELAY_RUN_SECONDS", "0".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
