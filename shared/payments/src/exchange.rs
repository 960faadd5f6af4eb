//! One call: the request, and what its answer means.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::wire::ErrorAnswer;
use crate::{Config, PaymentError, Uncertainty};

/// How long a connection may take. A healthy one takes tens of milliseconds; three seconds allow one lost SYN
/// (retransmitted after one second, then two).
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a call may take, connection and body included. The provider may take up to 30 s, but the gateway in
/// front of a function cuts at 29 s and a buyer leaves earlier; what is not known by then is resolved later.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Idle connections are dropped before the provider's side drops them, which would look like a broken call.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// A payment is about 1 KiB of JSON; whatever is much longer is not one and is not read to its end.
const ANSWER_LIMIT: usize = 64 * 1024;

const KEY: &str = "Idempotence-Key";

/// The HTTP client for this provider.
pub(crate) fn http(config: &Config) -> Result<reqwest::Client, PaymentError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        // A redirect would carry the credentials to wherever it points.
        .redirect(reqwest::redirect::Policy::none());
    if is_loopback(&config.api_url) {
        // The sandbox on this machine is never behind the machine's proxy.
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|_| PaymentError::Misconfigured("the HTTP client cannot start".to_owned()))
}

/// Reads what is at `path`.
pub(crate) async fn read<A: DeserializeOwned>(
    http: &reqwest::Client,
    config: &Config,
    path: &[&str],
) -> Result<A, PaymentError> {
    send(request(http, config, Method::GET, path)?).await
}

/// Asks for a change under an idempotence key.
pub(crate) async fn change<A: DeserializeOwned>(
    http: &reqwest::Client,
    config: &Config,
    path: &[&str],
    key: Uuid,
    body: &impl Serialize,
) -> Result<A, PaymentError> {
    let request = request(http, config, Method::POST, path)?;
    send(request.header(KEY, key.to_string()).json(body)).await
}

fn request(
    http: &reqwest::Client,
    config: &Config,
    method: Method,
    path: &[&str],
) -> Result<reqwest::RequestBuilder, PaymentError> {
    let mut url = config.api_url.clone();
    url.path_segments_mut()
        .map_err(|()| PaymentError::Misconfigured("the API's address".to_owned()))?
        .pop_if_empty()
        .extend(path);
    Ok(http
        .request(method, url)
        .basic_auth(&config.shop_id, Some(&config.secret_key)))
}

async fn send<A: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<A, PaymentError> {
    let mut response = request.send().await.map_err(PaymentError::transport)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(PaymentError::transport)? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(PaymentError::Malformed("too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    understand(status, &body)
}

fn understand<A: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<A, PaymentError> {
    match status.as_u16() {
        // serde's words can quote the value, which is the provider's and may be a buyer's: the place will do.
        200 => serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            PaymentError::Malformed(format!("unexpected, line {line} column {column}"))
        }),
        202 => Err(PaymentError::unknown(Uncertainty::Processing)),
        401 | 403 => Err(PaymentError::Misconfigured(format!("HTTP {status}"))),
        429 => Err(PaymentError::unknown(Uncertainty::Throttled)),
        400..=499 => Err(refusal(status, body)),
        500..=599 => Err(PaymentError::unknown(Uncertainty::ServerError(
            status.as_u16(),
        ))),
        _ => Err(PaymentError::Malformed(format!("HTTP {status}"))),
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> PaymentError {
    match serde_json::from_slice::<ErrorAnswer>(body) {
        // We always send one that is well formed, so what is wrong with it is that it has been used.
        Ok(error) if error.r#type == "error" && error.parameter.as_deref() == Some(KEY) => {
            PaymentError::KeyReused
        }
        Ok(error) if error.r#type == "error" => PaymentError::Rejected {
            code: error.code,
            description: error.description,
            parameter: error.parameter,
        },
        // Someone in between answered, not the API.
        _ => PaymentError::Malformed(format!("HTTP {status} without an error object")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
