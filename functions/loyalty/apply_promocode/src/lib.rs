//! `POST /apply_promocode`: reserves a use of a promo code for the caller, or explains the refusal.

use std::sync::Arc;

use attempts::PromoGuesses;
use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use cache::Cache;
use domain::{ApplicationState, Clock, Random};
use jiff::Timestamp;
use loyalty_store::{Application, LoyaltyStore, PromoRequest};
use redemption::{ApplyOutcome, Evaluation};
use runtime::{ConfigError, OsRandom, SystemClock};
use serde::Serialize;
use service_http::{
    Access, Caller, ClientAddress, Code, MoneyBody, Problem, ProblemBody, PromoQuery, Query,
    TrustedProxies,
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The state of the function.
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

/// A reserved use of a promo code.
#[derive(Serialize, ToSchema)]
#[schema(as = Application)]
struct ApplicationBody {
    /// The ID of the application.
    application_id: Uuid,
    /// The ID of the promo code.
    promocode_id: i64,
    /// The promo code's text.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// The tariff.
    tariff: i64,
    /// `applied`, or `paying` once a purchase with it has begun.
    #[schema(example = "applied", value_type = String)]
    state: ApplicationState,
    /// The price without the code.
    price: MoneyBody,
    /// What the code saves.
    discount: MoneyBody,
    /// The amount to pay.
    total: MoneyBody,
    /// The length of a trial, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<i32>,
    /// When the application expires if nothing is bought.
    expires_at: Timestamp,
    /// The ID of the decision, for questions to support.
    decision_id: Uuid,
}

/// An application; or the result of a dry run.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Answer {
    Applied(ApplicationBody),
    Possible(EvaluationBody),
}

/// The effect that a promo code would have.
#[derive(Serialize, ToSchema)]
#[schema(as = Evaluation)]
struct EvaluationBody {
    /// The ID of the promo code.
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
    /// The amount that there would be to pay.
    total: MoneyBody,
    /// The length of a trial, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<i32>,
}

impl From<Application> for ApplicationBody {
    fn from(application: Application) -> ApplicationBody {
        ApplicationBody {
            application_id: application.id,
            promocode_id: application.code_id.0,
            promocode: application.code,
            tariff: application.tariff.0,
            state: application.state,
            price: application.quote.price.into(),
            discount: application.quote.discount().into(),
            total: application.quote.total.into(),
            trial_days: application.quote.trial_days,
            expires_at: application.expires_at,
            // An application is the decision that allowed it.
            decision_id: application.id,
        }
    }
}

/// Apply a promo code
///
/// Reserves one use of the code at the price in the answer, for 30 minutes unless its promotion says otherwise.
/// Applying the same code to the same tariff again returns the same application. A refusal names every rule that did
/// not pass. Held for another tariff, a use is moved here with `move=true`: nobody else can take it meanwhile. With
/// `dry_run=true` nothing is reserved: the answer only shows the price.
#[utoipa::path(
    post,
    path = "/apply_promocode",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("promocode_id" = Option<i64>, Query, description = "The ID of the promo code", minimum = 1, example = 5),
        ("promocode" = Option<String>, Query, description = "Its text, instead of its ID"),
        ("tariff" = i64, Query, description = "The ID of the tariff", minimum = 1, example = 1),
        ("move" = Option<bool>, Query, description = "Move the use here that the caller holds for another tariff"),
        ("dry_run" = Option<bool>, Query, description = "Only evaluate, reserve nothing"),
    ),
    responses(
        (status = 201, description = "Applied", body = ApplicationBody),
        (status = 200, description = "Applied before; or the result of a dry run", body = Answer),
        (status = 400, description = "A query parameter is missing, repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "No such promo code or tariff", body = ProblemBody),
        (status = 422, description = "Refused: `reasons` names every rule that did not pass", body = ProblemBody),
        (status = 429, description = "Too many unknown promo codes: wait for `Retry-After`", body = ProblemBody),
    )
)]
async fn apply_promocode(
    extract::State(state): extract::State<State>,
    caller: Caller,
    address: ClientAddress,
    query: Query,
    promo: PromoQuery,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    let request = PromoRequest {
        user_id: caller.user_id,
        tariff: promo.tariff()?,
        promo: promo.promo,
        move_held: query.flag("move")?,
    };
    let dry_run = query.flag("dry_run")?;
    let guesses = &state.guesses;
    let promo = &request.promo;
    let guess = guesses
        .begin(caller.user_id, address, promo, async || {
            let known = state.store.knows_promo(caller.user_id, promo, None);
            Ok(known.await?)
        })
        .await?;
    guess
        .end(match dry_run {
            true => evaluate(&state, &request).await,
            false => apply(&state, &request).await,
        })
        .await
}

async fn apply(
    state: &State,
    request: &PromoRequest,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    let now = state.clock.now();
    let random = state.random.as_ref();
    let (status, application) = match redemption::apply(&state.store, request, now, random).await? {
        ApplyOutcome::Applied(application) => (StatusCode::CREATED, application),
        ApplyOutcome::AppliedBefore(application) => (StatusCode::OK, application),
        ApplyOutcome::Refused {
            decision_id,
            decision,
        } => return Err(Problem::refused(&decision, Some(decision_id))),
        ApplyOutcome::NoCode => return Err(Problem::new(Code::PromoNotFound)),
        ApplyOutcome::NoTariff => return Err(Problem::new(Code::TariffNotFound)),
    };
    Ok((status, Json(Answer::Applied(application.into()))))
}

/// What applying would answer, without reserving or storing anything.
async fn evaluate(
    state: &State,
    request: &PromoRequest,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    let answer = match redemption::evaluate(&state.store, request, state.clock.now()).await? {
        Evaluation::Passes { facts, quote } => Answer::Possible(EvaluationBody {
            promocode_id: facts.code.id.0,
            promocode: facts.code.text().to_owned(),
            tariff: request.tariff.0,
            price: quote.price.into(),
            discount: quote.discount().into(),
            total: quote.total.into(),
            trial_days: quote.trial_days,
        }),
        Evaluation::Applied(application) => Answer::Applied(application.into()),
        Evaluation::Refused(decision) => return Err(Problem::refused(&decision, None)),
        Evaluation::NoCode => return Err(Problem::new(Code::PromoNotFound)),
        Evaluation::NoTariff => return Err(Problem::new(Code::TariffNotFound)),
    };
    Ok((StatusCode::OK, Json(answer)))
}
