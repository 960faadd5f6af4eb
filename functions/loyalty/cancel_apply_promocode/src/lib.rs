//! `POST /cancel_apply_promocode`: cancels the application of a promo code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use domain::{ApplicationState, Clock};
use loyalty_store::{Cancelled, LoyaltyStore};
use runtime::{ConfigError, SystemClock};
use serde::Serialize;
use service_http::{Access, Caller, Code, Problem, ProblemBody, PromoQuery};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

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
    OpenApiRouter::default().routes(routes!(cancel_apply_promocode))
}

/// An application that was cancelled.
#[derive(Serialize, ToSchema)]
struct CancelledApplication {
    /// The ID of the application.
    application_id: Uuid,
    /// `cancelled`.
    #[schema(example = "cancelled", value_type = String)]
    state: ApplicationState,
}

/// Cancel the application of a promo code
///
/// Releases the reserved use, so that it is available again. Cancelling twice has the same effect as cancelling once.
#[utoipa::path(
    post,
    path = "/cancel_apply_promocode",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("promocode_id" = Option<i64>, Query, description = "The ID of the promo code", minimum = 1, example = 5),
        ("promocode" = Option<String>, Query, description = "Its text, instead of its ID"),
    ),
    responses(
        (status = 200, description = "Released", body = CancelledApplication),
        (status = 400, description = "A query parameter is missing, repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "The caller has not applied this code", body = ProblemBody),
        (status = 409, description = "A payment is pending, or the code has been used", body = ProblemBody),
    )
)]
async fn cancel_apply_promocode(
    extract::State(state): extract::State<State>,
    caller: Caller,
    query: PromoQuery,
) -> Result<Json<CancelledApplication>, Problem> {
    match state
        .store
        .cancel(caller.user_id, &query.promo, state.clock.now())
        .await?
    {
        Cancelled::Done(application_id) => Ok(Json(CancelledApplication {
            application_id,
            state: ApplicationState::Cancelled,
        })),
        Cancelled::NotApplied => Err(Problem::new(Code::ApplicationNotFound)),
        Cancelled::Paying => Err(Problem::new(Code::PaymentInProgress)),
        Cancelled::Used => Err(Problem::new(Code::ApplicationAlreadyUsed)),
    }
}
