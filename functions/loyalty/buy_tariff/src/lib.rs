//! `POST /buy_tariff`: buys a tariff at its full price.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use buying::PurchaseBody;
use cache::Cache;
use checkout::Checkout;
use domain::{Clock, Random, TariffId};
use loyalty_store::{OpenPurchaseOutcome, Purchase};
use runtime::{ConfigError, OsRandom, SystemClock};
use service_http::{Access, Caller, Code, IdempotencyKey, Problem, ProblemBody, Query};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// How often a purchase is looked for anew because another request of the same user was faster.
const ATTEMPTS: usize = 4;

/// What the function works with.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    checkout: Checkout,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
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
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(buy_tariff))
}

/// Buy a tariff at its full price
///
/// The answer has the page where the buyer pays. While the payment is awaited, the same call returns the same purchase;
/// with an `Idempotency-Key` it does so for ever, whatever has become of it.
#[utoipa::path(
    post,
    path = "/buy_tariff",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("tariff" = i64, Query, description = "The tariff's number", minimum = 1, example = 1),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this purchase, so that repeating the call is safe"),
    ),
    responses(
        (status = 200, description = "A repeated call: paid or failed meanwhile", body = PurchaseBody),
        (status = 201, description = "To be paid at `confirmation_url`", body = PurchaseBody),
        (status = 400, description = "A query parameter is missing, repeated or not valid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "No such tariff", body = ProblemBody),
        (status = 422, description = "The tariff is not sold, or the account is not active", body = ProblemBody),
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
    let purchase = open_purchase(&state, caller.user_id, tariff, key.as_deref()).await?;
    buying::answer(&state.checkout, purchase).await
}

/// A pending purchase, or the one that has the key already.
async fn open_purchase(
    state: &State,
    user_id: Uuid,
    tariff: TariffId,
    key: Option<&str>,
) -> Result<Purchase, Problem> {
    let store = state.checkout.store();
    for _ in 0..ATTEMPTS {
        if let Some(key) = key
            && let Some(purchase) = store.find_purchase_by_key(user_id, key).await?
        {
            return match purchase.promo.is_none() && purchase.tariff == tariff {
                true => Ok(purchase),
                false => Err(Problem::new(Code::IdempotencyKeyReused)),
            };
        }
        let (now, random) = (state.clock.now(), state.random.as_ref());
        let bought = store.open_full_price_purchase(user_id, tariff, key, now, random);
        return Err(Problem::new(match bought.await? {
            OpenPurchaseOutcome::Pending(purchase) => return Ok(*purchase),
            OpenPurchaseOutcome::KeyTaken => continue,
            OpenPurchaseOutcome::NoTariff => Code::TariffNotFound,
            OpenPurchaseOutcome::NotOnSale => Code::TariffNotOnSale,
            OpenPurchaseOutcome::NotRegistered => Code::UserNotRegistered,
            OpenPurchaseOutcome::NotActive => Code::UserNotActive,
        }));
    }
    Err(Problem::new(Code::ServiceUnavailable).caused_by("the purchase kept changing"))
}
