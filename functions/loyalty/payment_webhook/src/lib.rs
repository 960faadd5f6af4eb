//! `POST /payment_webhook`: the payment provider says that a payment or a refund has changed.
//!
//! Webhooks carry no signature. They are taken from the provider's networks alone, and even then nothing in them is
//! believed but the payment's ID: the payment itself is read from the provider. A forged webhook changes nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use checkout::{Checkout, CheckoutError};
use domain::Clock;
use jiff::SignedDuration;
use payments::{Notification, NotificationError, WebhookNetworks};
use runtime::{ConfigError, SystemClock, Throttle};
use service_http::{Code, Problem, ProblemBody, SenderAddress, TrustedProxies};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Between two reports of webhooks that are not the provider's: anyone can send thousands.
const REPORTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    proxies: TrustedProxies,
    networks: WebhookNetworks,
    checkout: Checkout,
    clock: Arc<dyn Clock>,
    untrusted: Arc<Throttle>,
}

impl State {
    /// From the environment.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            proxies: TrustedProxies::from_env()?,
            networks: WebhookNetworks::from_env()?,
            checkout: Checkout::from_env()?,
            clock: Arc::new(SystemClock),
            untrusted: Arc::new(Throttle::new(REPORTED_EVERY)),
        })
    }

    /// Somebody forges webhooks, or the provider has a network that the settings do not know.
    async fn report_stranger(&self, sender: SenderAddress) {
        let what = "a webhook from outside of the provider's networks";
        tracing::warn!("{what}");
        if let Some(others) = self.untrusted.pass(self.clock.now()) {
            let network = sender.network_prefix();
            let cause = format!("{what}, from {network}; {others} others since the last report");
            runtime::report(&cause, "").await;
        }
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(payment_webhook))
}

/// Receive a notification from the payment provider
///
/// The provider repeats a notification until it gets 200.
#[utoipa::path(
    post,
    path = "/payment_webhook",
    tag = "payments",
    request_body(
        content = serde_json::Value,
        description = "A YooKassa notification",
        example = json!({
            "type": "notification",
            "event": "payment.succeeded",
            "object": { "id": "22e12f66-000f-5000-8000-18db351245c7", "status": "succeeded" },
        }),
    ),
    responses(
        (status = 200, description = "Processed, or nothing to do"),
        (status = 403, description = "The sender is not in one of the provider's networks", body = ProblemBody),
        (status = 422, description = "Not a notification, or the provider does not know the payment or refund", body = ProblemBody),
        (status = 503, description = "Not possible now: send it again", body = ProblemBody),
    )
)]
async fn payment_webhook(
    extract::State(state): extract::State<State>,
    sender: SenderAddress,
    body: Result<Bytes, extract::rejection::BytesRejection>,
) -> Result<StatusCode, Problem> {
    if !sender.is_in(|address| state.networks.contain(address)) {
        state.report_stranger(sender).await;
        return Err(Problem::new(Code::NotTheProvider));
    }
    let body = body.map_err(|_| Problem::new(Code::BodyTooLarge))?;
    let (id, taken_in) = match Notification::parse(&body) {
        Ok(Notification::Payment { id, .. }) => {
            (id.to_string(), state.checkout.settle_by_reading(&id).await)
        }
        Ok(Notification::Refund { id }) => (id.to_string(), state.checkout.sync_refund(&id).await),
        // Acknowledged, or the provider would repeat it for a day.
        Err(NotificationError::OtherEvent) => return Ok(StatusCode::OK),
        Err(error) => return Err(Problem::invalid_field("body", error)),
    };
    match taken_in {
        Ok(()) => Ok(StatusCode::OK),
        Err(CheckoutError::Database(error)) => Err(error.into()),
        Err(CheckoutError::NotFound) => {
            let cause = format!("a webhook for {id}, which the provider does not know");
            tracing::warn!("{cause}");
            runtime::report(&cause, "").await;
            Err(Problem::invalid_field(
                "object.id",
                "the provider knows no such payment or refund",
            ))
        }
        Err(error) => Err(Problem::new(Code::ServiceUnavailable)
            .with_retry_after(Duration::from_secs(5))
            .caused_by(error)),
    }
}
