//! `POST /apply_promocode`: holds a use of a promo code for the caller, or says why not.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use cache::Cache;
use domain::{Clock, HoldState, Random};
use jiff::Timestamp;
use loyalty_store::{Applied, Ask, Evaluated, Hold, LoyaltyStore};
use runtime::{ConfigError, OsRandom, SystemClock};
use serde::Serialize;
use service_http::{
    Access, Caller, ClientAddress, Code, MoneyBody, Problem, ProblemBody, PromoGuesses, PromoQuery,
    Query, TrustedProxies,
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// What the function works with.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    proxies: TrustedProxies,
    guesses: PromoGuesses,
    store: LoyaltyStore,
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
            store: LoyaltyStore::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(apply_promocode))
}

/// A held use of a promo code.
#[derive(Serialize, ToSchema)]
struct Application {
    /// The application's number.
    application_id: Uuid,
    /// The promo code's number.
    promocode_id: i64,
    /// The promo code's text.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// The tariff.
    tariff: i64,
    /// `applied`, or `paying` when a purchase with it has begun.
    #[schema(example = "applied", value_type = String)]
    state: HoldState,
    /// The price without the code.
    price: MoneyBody,
    /// What the code saves.
    discount: MoneyBody,
    /// What is to pay.
    total: MoneyBody,
    /// The days of a trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<i32>,
    /// When the use is given back if nothing is bought.
    expires_at: Timestamp,
    /// The decision, for questions to support.
    decision_id: Uuid,
}

/// A hold; or, in a dry run, what there would be.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Answer {
    Held(Application),
    Possible(Evaluation),
}

/// What a promo code would do.
#[derive(Serialize, ToSchema)]
struct Evaluation {
    /// The promo code's number.
    promocode_id: i64,
    /// The promo code's text.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// The tariff.
    tariff: i64,
    /// The price without the code.
    price: MoneyBody,
    /// What the code saves.
    discount: MoneyBody,
    /// What there would be to pay.
    total: MoneyBody,
    /// The days of a trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<i32>,
}

impl From<Hold> for Application {
    fn from(hold: Hold) -> Application {
        Application {
            application_id: hold.application_id,
            promocode_id: hold.promo_id.0,
            promocode: hold.promo_code,
            tariff: hold.tariff.0,
            state: hold.state,
            price: hold.quote.price.into(),
            discount: hold.quote.discount().into(),
            total: hold.quote.total.into(),
            trial_days: hold.quote.trial_days,
            expires_at: hold.expires_at,
            decision_id: hold.decision_id,
        }
    }
}

/// Apply a promo code
///
/// Holds one use of the code for 30 minutes at the price in the answer. Applying the same code to the same tariff
/// again returns the same hold. A refusal names every rule that did not pass. With `dry_run=true` nothing is held: the
/// answer says what would be.
#[utoipa::path(
    post,
    path = "/apply_promocode",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("promocode_id" = Option<i64>, Query, description = "The promo code's number", minimum = 1, example = 5),
        ("promocode" = Option<String>, Query, description = "Its text, in place of its number"),
        ("tariff" = i64, Query, description = "The tariff's number", minimum = 1, example = 1),
        ("dry_run" = Option<bool>, Query, description = "Only say what would be"),
    ),
    responses(
        (status = 201, description = "Held", body = Application),
        (status = 200, description = "Held before; or, in a dry run, what would be", body = Answer),
        (status = 400, description = "A query parameter is missing, repeated or not valid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "No such promo code or tariff", body = ProblemBody),
        (status = 422, description = "Refused: `reasons` names every rule that did not pass", body = ProblemBody),
        (status = 429, description = "Too many unknown promo codes named: wait for `Retry-After`", body = ProblemBody),
    )
)]
async fn apply_promocode(
    extract::State(state): extract::State<State>,
    caller: Caller,
    address: ClientAddress,
    query: Query,
    promo: PromoQuery,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    let ask = Ask {
        user_id: caller.user_id,
        tariff: promo.tariff()?,
        promo: promo.promo,
    };
    let dry_run = query.flag("dry_run")?;
    let guesses = &state.guesses;
    let guess = guesses.begin(ask.user_id, address, &ask.promo).await?;
    guess
        .end(match dry_run {
            true => evaluate(&state, &ask).await,
            false => hold(&state, &ask).await,
        })
        .await
}

async fn hold(state: &State, ask: &Ask) -> Result<(StatusCode, Json<Answer>), Problem> {
    let now = state.clock.now();
    match state.store.apply(ask, now, state.random.as_ref()).await? {
        Applied::Held(hold) => Ok((StatusCode::CREATED, Json(Answer::Held(hold.into())))),
        Applied::HeldBefore(hold) => Ok((StatusCode::OK, Json(Answer::Held(hold.into())))),
        Applied::Refused {
            decision_id,
            decision,
        } => Err(Problem::refused(&decision, Some(decision_id))),
        Applied::NoPromo => Err(Problem::new(Code::PromoNotFound)),
        Applied::NoTariff => Err(Problem::new(Code::TariffNotFound)),
    }
}

/// What applying would answer, without holding or storing anything.
async fn evaluate(state: &State, ask: &Ask) -> Result<(StatusCode, Json<Answer>), Problem> {
    let answer = match state.store.evaluate(ask, state.clock.now()).await? {
        Evaluated::Passes { promo, quote } => Answer::Possible(Evaluation {
            promocode_id: promo.id.0,
            promocode: promo.code,
            tariff: ask.tariff.0,
            price: quote.price.into(),
            discount: quote.discount().into(),
            total: quote.total.into(),
            trial_days: quote.trial_days,
        }),
        Evaluated::Held(hold) => Answer::Held(hold.into()),
        Evaluated::Refused(decision) => return Err(Problem::refused(&decision, None)),
        Evaluated::NoPromo => return Err(Problem::new(Code::PromoNotFound)),
        Evaluated::NoTariff => return Err(Problem::new(Code::TariffNotFound)),
    };
    Ok((StatusCode::OK, Json(answer)))
}
