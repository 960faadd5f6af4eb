//! Calls to the service on this machine.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::error::{Context, Error, Result};

/// A client that goes straight to this machine, whatever proxy the environment names.
///
/// # Errors
/// When it cannot be made.
pub fn client() -> Result<Client> {
    Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .context("HTTP client")
}

/// Whether a health check answers 200.
///
/// # Errors
/// When it doesn't.
pub async fn healthy(client: &Client, url: &str) -> Result<()> {
    let answer = client.get(url).send().await.context("health check")?;
    if answer.status() == StatusCode::OK {
        return Ok(());
    }
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    Err(Error::new(format!("{url} answers {status}: {text}")))
}

/// Posts JSON and returns the status and the JSON of the answer.
///
/// # Errors
/// When there is no answer, or it is no JSON.
pub async fn post(client: &Client, url: &str, body: &Value) -> Result<(StatusCode, Value)> {
    let answer = client.post(url).json(body).send().await.context(url)?;
    let status = answer.status();
    let text = answer.text().await.context(url)?;
    let value = serde_json::from_str(&text)
        .map_err(|_| Error::new(format!("{url} answers {status} and no JSON")))?;
    Ok((status, value))
}
