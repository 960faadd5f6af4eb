//! `POST /use_promocode`: buys a tariff with a promo code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use buying::PurchaseBody;
use cache::Cache;
use checkout::Checkout;
use domain::{ApplicationState, Clock, Random};
use loyalty_store::{ApplyOutcome, PromoRequest, Purchase};
use runtime::{ConfigError, OsRandom, SystemClock};
use service_http::{
    Access, Caller, ClientAddress, Code, IdempotencyKey, Problem, ProblemBody, PromoGuesses,
    PromoQuery, TrustedProxies,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How often the hold is looked for anew because another request of the same user was faster.
const ATTEMPTS: usize = 4;

/// What the function works with.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    proxies: TrustedProxies,
    guesses: PromoGuesses,
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
        let cache = Cache::from_env()?;
        Ok(State {
            access: Access::with_cache(cache.clone())?,
            proxies: TrustedProxies::from_env()?,
            guesses: PromoGuesses::from_env(cache)?,
            checkout: Checkout::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(use_promocode))
}

/// Buy a tariff with a promo code
///
/// Uses the caller's hold, or applies the code in the same call. A total of zero completes at once; otherwise the
/// answer has the page where the buyer pays. While the payment is awaited, the same call returns the same purchase; with
/// an `Idempotency-Key` it does so for ever, whatever has become of it.
#[utoipa::path(
    post,
    path = "/use_promocode",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("promocode_id" = Option<i64>, Query, description = "The promo code's number", minimum = 1, example = 200),
        ("promocode" = Option<String>, Query, description = "Its text, in place of its number"),
        ("tariff" = i64, Query, description = "The tariff's number", minimum = 1, example = 1),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this purchase, so that repeating the call is safe"),
    ),
    responses(
        (status = 200, description = "Bought: there was nothing to pay. Or a repeated call", body = PurchaseBody),
        (status = 201, description = "To be paid at `confirmation_url`", body = PurchaseBody),
        (status = 400, description = "A query parameter is missing, repeated or not valid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "No such promo code or tariff", body = ProblemBody),
        (status = 422, description = "Refused: `reasons` names every rule that did not pass", body = ProblemBody),
        (status = 429, description = "Too many unknown promo codes named: wait for `Retry-After`", body = ProblemBody),
        (status = 502, description = "The payment provider refused", body = ProblemBody),
        (status = 503, description = "The payment provider did not answer: repeat the call", body = ProblemBody),
    )
)]
async fn use_promocode(
    extract::State(state): extract::State<State>,
    caller: Caller,
    address: ClientAddress,
    IdempotencyKey(key): IdempotencyKey,
    query: PromoQuery,
) -> Result<(StatusCode, Json<PurchaseBody>), Problem> {
    let request = PromoRequest {
        user_id: caller.user_id,
        tariff: query.tariff()?,
        promo: query.promo,
    };
    let guesses = &state.guesses;
    let guess = guesses
        .begin(request.user_id, address, &request.promo)
        .await?;
    let purchase = guess
        .end(open_purchase(&state, &request, key.as_deref()).await)
        .await?;
    buying::answer(&state.checkout, purchase).await
}

/// The purchase with the caller's hold, which is taken if there is none yet; or the one that has the key already.
async fn open_purchase(
    state: &State,
    request: &PromoRequest,
    key: Option<&str>,
) -> Result<Purchase, Problem> {
    let store = state.checkout.store();
    let mut taken = None;
    for _ in 0..ATTEMPTS {
        if let Some(key) = key
            && let Some(purchase) = store.find_purchase_by_key(request.user_id, key).await?
        {
            if let Some(application_id) = taken {
                // The same request, repeated meanwhile, was faster.
                store.give_back(application_id, state.clock.now()).await?;
            }
            return match purchase.answers(request) {
                true => Ok(purchase),
                false => Err(Problem::new(Code::IdempotencyKeyReused)),
            };
        }
        let now = state.clock.now();
        let application = match store.apply(request, now, state.random.as_ref()).await? {
            ApplyOutcome::Applied(application) => {
                taken = Some(application.id);
                application
            }
            ApplyOutcome::AppliedBefore(application) => application,
            ApplyOutcome::Refused {
                decision_id,
                decision,
            } => {
                return Err(Problem::refused(&decision, Some(decision_id)));
            }
            ApplyOutcome::NoCode => return Err(Problem::new(Code::PromoNotFound)),
            ApplyOutcome::NoTariff => return Err(Problem::new(Code::TariffNotFound)),
        };
        let purchase = match application.state {
            ApplicationState::Applied => {
                store
                    .open_purchase(&application, key, now, state.random.as_ref())
                    .await?
            }
            _ => store.find_purchase_with(application.id).await?,
        };
        if let Some(purchase) = purchase {
            return Ok(purchase);
        }
    }
    Err(Problem::new(Code::ServiceUnavailable).caused_by("the application kept changing"))
}
