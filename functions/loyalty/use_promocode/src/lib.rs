//! `POST /use_promocode`: buys a tariff with a promo code.

use attempts::PromoGuesses;
use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use cache::Cache;
use checkout::{Checkout, PurchaseBody};
use loyalty_store::PromoRequest;
use runtime::ConfigError;
use service_http::{
    Access, Caller, ClientAddress, IdempotencyKey, Problem, ProblemBody, PromoQuery, Query,
    TrustedProxies,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    proxies: TrustedProxies,
    guesses: PromoGuesses,
    checkout: Checkout,
}

impl State {
    /// From the environment.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        let cache = Cache::from_env()?;
        Ok(State {
            access: Access::with_cache(cache.clone())?,
            proxies: TrustedProxies::from_env()?,
            guesses: PromoGuesses::from_env(cache)?,
            checkout: Checkout::from_env()?,
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(use_promocode))
}

/// Buy a tariff with a promo code
///
/// Uses the caller's application, or applies the code in the same call. A total of zero completes at once; otherwise
/// the answer has the URL of the payment page. While the payment is pending, the same call returns the same purchase;
/// with an `Idempotency-Key` it always does, whatever the outcome.
#[utoipa::path(
    post,
    path = "/use_promocode",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("promocode_id" = Option<i64>, Query, description = "The ID of the promo code", minimum = 1, example = 200),
        ("promocode" = Option<String>, Query, description = "Its text, instead of its ID"),
        ("tariff" = i64, Query, description = "The ID of the tariff", minimum = 1, example = 1),
        ("move" = Option<bool>, Query, description = "Move the use here that the caller holds for another tariff"),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this purchase, so that the call can be repeated safely"),
    ),
    responses(
        (status = 200, description = "Bought, with nothing to pay; or a repeated call", body = PurchaseBody),
        (status = 201, description = "To be paid at `confirmation_url`", body = PurchaseBody),
        (status = 400, description = "A query parameter is missing, repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "No such promo code or tariff", body = ProblemBody),
        (status = 409, description = "Another purchase of the tariff is waiting for its payment", body = ProblemBody),
        (status = 422, description = "Refused: `reasons` names every rule that did not pass", body = ProblemBody),
        (status = 429, description = "Too many unknown promo codes: wait for `Retry-After`", body = ProblemBody),
        (status = 502, description = "The payment provider refused", body = ProblemBody),
        (status = 503, description = "The payment provider did not answer: repeat the call", body = ProblemBody),
    )
)]
async fn use_promocode(
    extract::State(state): extract::State<State>,
    caller: Caller,
    address: ClientAddress,
    IdempotencyKey(key): IdempotencyKey,
    query: Query,
    promo: PromoQuery,
) -> Result<(StatusCode, Json<PurchaseBody>), Problem> {
    let request = PromoRequest {
        user_id: caller.user_id,
        tariff: promo.tariff()?,
        promo: promo.promo,
        move_held: query.flag("move")?,
    };
    let guesses = &state.guesses;
    let (checkout, promo) = (&state.checkout, &request.promo);
    let guess = guesses
        .begin(caller.user_id, address, promo, async || {
            let store = checkout.store();
            let known = store.knows_promo(caller.user_id, promo, key.as_deref());
            Ok(known.await?)
        })
        .await?;
    let purchase = guess
        .end(checkout.open_with_promo(&request, key.as_deref()).await)
        .await?;
    checkout.pay(purchase).await
}
