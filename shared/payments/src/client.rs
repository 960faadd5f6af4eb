//! The calls.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde::Serialize;
use uuid::Uuid;

use crate::wire::{CreateRequest, ErrorAnswer, PaymentAnswer};
use crate::{Config, NewPayment, Payment, PaymentError, PaymentId, Uncertainty};

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

/// A client of the YooKassa API. Cheap to clone; the clones share connections.
#[derive(Clone)]
pub struct YooKassa {
    http: reqwest::Client,
    config: Config,
}

impl YooKassa {
    /// A client with these settings; connects to nothing yet.
    ///
    /// # Errors
    /// [`PaymentError::Misconfigured`] when the machine's TLS cannot be set up.
    pub fn new(config: Config) -> Result<YooKassa, PaymentError> {
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
        let http = builder
            .build()
            .map_err(|_| PaymentError::Misconfigured("the HTTP client cannot start".to_owned()))?;
        Ok(YooKassa { http, config })
    }

    /// Creates a payment, or gives the one created earlier under the same idempotence key.
    ///
    /// # Errors
    /// [`PaymentError`]; a key that is used again for something else is `Rejected` with `parameter`
    /// `Idempotence-Key`.
    pub async fn create(&self, new: &NewPayment) -> Result<Payment, PaymentError> {
        let body = CreateRequest::new(new, self.config.return_url.as_str());
        let url = self.url(&["payments"])?;
        let payment = self
            .call(Method::POST, url, Some((new.idempotence_key, &body)))
            .await?;
        if payment.amount != new.amount {
            return Err(PaymentError::Malformed("amount is not ours".to_owned()));
        }
        Ok(payment)
    }

    /// Reads a payment.
    ///
    /// # Errors
    /// [`PaymentError`]; an unknown payment is `Rejected` and [`PaymentError::is_not_found`].
    pub async fn get(&self, id: &PaymentId) -> Result<Payment, PaymentError> {
        let url = self.url(&["payments", id.as_str()])?;
        self.call(Method::GET, url, None::<(Uuid, &())>)
            .await
            .and_then(|payment| same(id, payment))
    }

    /// Gives back money that is held ([`crate::PaymentStatus::WaitingForCapture`]). The API cancels nothing else:
    /// a pending payment can only be left to expire, and a paid one is refunded.
    ///
    /// # Errors
    /// [`PaymentError`]; a payment in another status is `Rejected` with `invalid_request`.
    pub async fn cancel(
        &self,
        id: &PaymentId,
        idempotence_key: Uuid,
    ) -> Result<Payment, PaymentError> {
        let url = self.url(&["payments", id.as_str(), "cancel"])?;
        let empty = serde_json::Map::new();
        self.call(Method::POST, url, Some((idempotence_key, &empty)))
            .await
            .and_then(|payment| same(id, payment))
    }

    fn url(&self, segments: &[&str]) -> Result<Url, PaymentError> {
        let mut url = self.config.api_url.clone();
        match url.path_segments_mut() {
            Ok(mut path) => {
                path.pop_if_empty().extend(segments);
            }
            Err(()) => return Err(PaymentError::Misconfigured("the API's address".to_owned())),
        }
        Ok(url)
    }

    async fn call<B: Serialize>(
        &self,
        method: Method,
        url: Url,
        write: Option<(Uuid, &B)>,
    ) -> Result<Payment, PaymentError> {
        let mut request = self
            .http
            .request(method, url)
            .basic_auth(&self.config.shop_id, Some(&self.config.secret_key));
        if let Some((key, body)) = write {
            request = request
                .header("Idempotence-Key", key.to_string())
                .json(body);
        }
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
}

fn understand(status: StatusCode, body: &[u8]) -> Result<Payment, PaymentError> {
    match status.as_u16() {
        200 => serde_json::from_slice::<PaymentAnswer>(body)
            // serde's words can quote the value, which is the provider's and may be a buyer's: the place will do.
            .map_err(|error| {
                PaymentError::Malformed(format!(
                    "not a payment, line {} column {}",
                    error.line(),
                    error.column()
                ))
            })?
            .into_payment(),
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
        Ok(error) if error.r#type == "error" => PaymentError::Rejected {
            code: error.code,
            description: error.description,
            parameter: error.parameter,
        },
        // Someone in between answered, not the API.
        _ => PaymentError::Malformed(format!("HTTP {status} without an error object")),
    }
}

fn same(id: &PaymentId, payment: Payment) -> Result<Payment, PaymentError> {
    if payment.id == *id {
        Ok(payment)
    } else {
        Err(PaymentError::Malformed("another payment's id".to_owned()))
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Debug for YooKassa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YooKassa")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
