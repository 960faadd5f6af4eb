//! `POST /buy_tariff`: buys a tariff at its full price.

use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use cache::Cache;
use checkout::{Checkout, PurchaseBody};
use domain::TariffId;
use runtime::ConfigError;
use service_http::{Access, Caller, IdempotencyKey, Problem, ProblemBody, Query};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    checkout: Checkout,
}

impl State {
    /// From the environment.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            access: Access::with_cache(Cache::from_env()?)?,
            checkout: Checkout::from_env()?,
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(buy_tariff))
}

/// Buy a tariff at its full price
///
/// The answer has the URL of the payment page. While the payment is pending, the same call returns the same purchase;
/// with an `Idempotency-Key` it always does, whatever the outcome.
#[utoipa::path(
    post,
    path = "/buy_tariff",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("tariff" = i64, Query, description = "The ID of the tariff", minimum = 1, example = 1),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this purchase, so that the call can be repeated safely"),
    ),
    responses(
        (status = 200, description = "A repeated call: the purchase has been paid or has failed", body = PurchaseBody),
        (status = 201, description = "To be paid at `confirmation_url`", body = PurchaseBody),
        (status = 400, description = "A query parameter is missing, repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "No such tariff", body = ProblemBody),
        (status = 409, description = "A purchase of the tariff with a promo code is waiting for its payment", body = ProblemBody),
        (status = 422, description = "The tariff is not on sale, or the account is not active", body = ProblemBody),
        (status = 502, description = "The payment provider refused", body = ProblemBody),
        (status = 503, description = "The payment provider did not answer: repeat the call", body = ProblemBody),
    )
)]
async fn buy_tariff(
    extract::State(state): extract::State<State>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    query: Query,
) -> Result<(StatusCode, Json<PurchaseBody>), Problem> {
    let tariff = TariffId(query.number("tariff")?);
    let checkout = &state.checkout;
    let purchase = checkout
        .open_at_full_price(caller.user_id, tariff, key.as_deref())
        .await?;
    checkout.pay(purchase).await
}
