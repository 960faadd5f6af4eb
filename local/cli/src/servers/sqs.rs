//! A server that speaks the protocol of SQS, for the functions that publish to it.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::env::Env;
use crate::error::{Context, Result};
use crate::http;
use crate::process::launch::Program;
use crate::process::stage::Stage;
use crate::report;
use crate::stack::Stack;

const NAME: &str = "sqs";
const QUEUE: &str = "user-status.fifo";
const DEAD_LETTERS: &str = "user-status-dead.fifo";
const PURCHASE_EVENTS: &str = "purchase_events.fifo";
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";

/// Starts the server and makes the queues.
///
/// # Errors
/// When it doesn't start.
pub async fn start(stack: &Stack, moto_server: &Path) -> Result<()> {
    let address = stack.ports.address(NAME);
    report::step(format!("{:<16}{address}", "SQS"), async {
        let port = stack.ports.get(NAME);
        let program = Program::new(moto_server, "/")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .listens_on(port);
        stack.supervisor.start(NAME, Stage::Server, &program)?;
        let (client, url) = (http::client()?, format!("http://{address}/"));
        stack
            .supervisor
            .ready(NAME, Duration::from_secs(60), async || {
                create(&client, &url, DEAD_LETTERS, None).await?;
                create(&client, &url, QUEUE, Some(DEAD_LETTERS)).await?;
                create(&client, &url, PURCHASE_EVENTS, None).await
            })
            .await
    })
    .await
}

async fn create(
    client: &reqwest::Client,
    url: &str,
    name: &str,
    dead_letters: Option<&str>,
) -> Result<()> {
    let mut attributes = json!({ "FifoQueue": "true" });
    if let Some(dead_letters) = dead_letters {
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{dead_letters}");
        let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 200 });
        attributes["RedrivePolicy"] = policy.to_string().into();
    }
    // The region is read from the name of the key; nobody checks the signature.
    let key = format!(
        "AWS4-HMAC-SHA256 Credential=local/20260101/{REGION}/sqs/aws4_request, SignedHeaders=host, Signature=none"
    );
    let request = client
        .post(url)
        .header("authorization", key)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "AmazonSQS.CreateQueue")
        .body(json!({ "QueueName": name, "Attributes": attributes }).to_string());
    let answer = request.send().await.context("SQS")?;
    answer.error_for_status().context("SQS").map(drop)
}

/// What AWS sets for the functions that use the queues.
pub fn env(stack: &Stack) -> Env {
    let address = stack.ports.address(NAME);
    [
        (
            "USER_STATUS_QUEUE_URL",
            format!("http://{address}/{ACCOUNT}/{QUEUE}"),
        ),
        (
            "USER_STATUS_DEAD_LETTERS_URL",
            format!("http://{address}/{ACCOUNT}/{DEAD_LETTERS}"),
        ),
        (
            "PURCHASE_EVENTS_QUEUE_URL",
            format!("http://{address}/{ACCOUNT}/{PURCHASE_EVENTS}"),
        ),
        ("AWS_ENDPOINT_URL_SQS", format!("http://{address}")),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        // One look instead of most of a minute.
        ("RELAY_RUN_SECONDS", "0".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
