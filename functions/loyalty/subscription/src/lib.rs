//! `GET /subscription`: the tariffs that the caller has, and until when.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use checkout::SubscriptionBody;
use domain::Clock;
use loyalty_store::{LoyaltyStore, SubscribedTariff};
use runtime::{ConfigError, SystemClock};
use serde::Serialize;
use service_http::{Access, Caller, Problem, ProblemBody};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    store: LoyaltyStore,
    clock: Arc<dyn Clock>,
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
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(get_subscription))
}

/// The caller's subscriptions.
#[derive(Serialize, ToSchema)]
struct Subscriptions {
    /// The current subscriptions, ordered by tariff; empty if there are none.
    subscriptions: Vec<NamedSubscription>,
}

/// A tariff that the caller is subscribed to.
#[derive(Serialize, ToSchema)]
struct NamedSubscription {
    /// The title of the tariff.
    title: String,
    #[serde(flatten)]
    period: SubscriptionBody,
}

/// Show the caller's subscriptions
///
/// The tariffs that the caller has paid for, has on trial or was given, and until when. Periods of a tariff that follow on
/// each other are one.
#[utoipa::path(
    get,
    path = "/subscription",
    tag = "loyalty",
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The current subscriptions", body = Subscriptions),
        (status = 401, description = "No valid access token", body = ProblemBody),
    )
)]
async fn get_subscription(
    extract::State(state): extract::State<State>,
    caller: Caller,
) -> Result<Json<Subscriptions>, Problem> {
    let found = state
        .store
        .find_subscriptions(caller.user_id, state.clock.now());
    let named = |of: SubscribedTariff| NamedSubscription {
        title: of.title,
        period: SubscriptionBody::new(of.tariff.0, of.period),
    };
    let subscriptions = found.await?.into_iter().map(named).collect();
    Ok(Json(Subscriptions { subscriptions }))
}
