//! `POST /apply_promocode`: holds a use of a promo code for the caller, or says why not.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use domain::{Clock, HoldState, Random};
use jiff::Timestamp;
use loyalty_store::{Applied, Ask, Hold, LoyaltyStore};
use runtime::{ConfigError, OsRandom, SystemClock};
use serde::Serialize;
use service_http::{Access, Caller, Code, MoneyBody, Problem, ProblemBody, PromoQuery};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// What the function works with.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
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
        Ok(State {
            access: Access::from_env()?,
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
/// again returns the same hold. A refusal names every rule that did not pass.
#[utoipa::path(
    post,
    path = "/apply_promocode",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("promocode_id" = Option<i64>, Query, description = "The promo code's number", minimum = 1, example = 5),
        ("promocode" = Option<String>, Query, description = "Its text, in place of its number"),
        ("tariff" = i64, Query, description = "The tariff's number", minimum = 1, example = 1),
    ),
    responses(
        (status = 201, description = "Held", body = Application),
        (status = 200, description = "Held before", body = Application),
        (status = 400, description = "A query parameter is missing, repeated or not valid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "No such promo code or tariff", body = ProblemBody),
        (status = 422, description = "Refused: `reasons` names every rule that did not pass", body = ProblemBody),
    )
)]
async fn apply_promocode(
    extract::State(state): extract::State<State>,
    caller: Caller,
    query: PromoQuery,
) -> Result<(StatusCode, Json<Application>), Problem> {
    let ask = Ask {
        user_id: caller.user_id,
        tariff: query.tariff()?,
        promo: query.promo,
    };
    match state
        .store
        .apply(&ask, state.clock.now(), state.random.as_ref())
        .await?
    {
        Applied::Held(hold) => Ok((StatusCode::CREATED, Json(hold.into()))),
        Applied::HeldBefore(hold) => Ok((StatusCode::OK, Json(hold.into()))),
        Applied::Refused {
            decision_id,
            decision,
        } => {
            Err(Problem::refused(decision.refusals()).with("decision_id", decision_id.to_string()))
        }
        Applied::NoPromo => Err(Problem::new(Code::PromoNotFound)),
        Applied::NoTariff => Err(Problem::new(Code::TariffNotFound)),
    }
}
