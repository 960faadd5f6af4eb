//! `POST /cancel_apply_promocode`: cancels the application of a promo code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use domain::{ApplicationState, Clock, TariffId};
use loyalty_store::{Cancelled, CancelledApplication, LoyaltyStore};
use runtime::{ConfigError, SystemClock};
use serde::Serialize;
use service_http::{Access, Caller, Code, Problem, ProblemBody, PromoQuery, Query};
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

/// The applications that were cancelled.
#[derive(Serialize, ToSchema)]
struct CancelledApplications {
    /// One for each tariff, the earliest first.
    cancelled: Vec<CancelledApplicationBody>,
}

/// An application that was cancelled.
#[derive(Serialize, ToSchema)]
#[schema(as = CancelledApplication)]
struct CancelledApplicationBody {
    /// The ID of the application.
    application_id: Uuid,
    /// The tariff that it was for.
    #[schema(example = 1)]
    tariff: i64,
    /// `cancelled`.
    #[schema(example = "cancelled", value_type = String)]
    state: ApplicationState,
    /// The purchase that was cancelled with it, if its payment was pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_id: Option<Uuid>,
}

impl From<CancelledApplication> for CancelledApplicationBody {
    fn from(cancelled: CancelledApplication) -> CancelledApplicationBody {
        CancelledApplicationBody {
            application_id: cancelled.id,
            tariff: cancelled.tariff.0,
            state: ApplicationState::Cancelled,
            purchase_id: cancelled.purchase_id,
        }
    }
}

/// How often is looked again because another request of the same user was faster.
const ATTEMPTS: usize = 4;

/// Cancel the applications of a promo code
///
/// Releases the uses that the caller holds, for one tariff or for all, so that they are available again. A purchase
/// whose payment is pending is cancelled, too. A repeated call changes nothing and has the same answer.
#[utoipa::path(
    post,
    path = "/cancel_apply_promocode",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("promocode_id" = Option<i64>, Query, description = "The ID of the promo code", minimum = 1, example = 5),
        ("promocode" = Option<String>, Query, description = "Its text, instead of its ID"),
        ("tariff" = Option<i64>, Query, description = "The ID of the tariff; all tariffs if left out", minimum = 1, example = 1),
    ),
    responses(
        (status = 200, description = "Released", body = CancelledApplications),
        (status = 400, description = "A query parameter is missing, repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "The caller has not applied this code", body = ProblemBody),
        (status = 409, description = "The code has been used", body = ProblemBody),
    )
)]
async fn cancel_apply_promocode(
    extract::State(state): extract::State<State>,
    caller: Caller,
    query: Query,
    promo: PromoQuery,
) -> Result<Json<CancelledApplications>, Problem> {
    let tariff = query.optional_number("tariff")?.map(TariffId);
    let (store, user_id) = (&state.store, caller.user_id);
    for _ in 0..ATTEMPTS {
        let now = state.clock.now();
        return match store.cancel(user_id, &promo.promo, tariff, now).await? {
            Cancelled::Done(cancelled) => Ok(Json(CancelledApplications {
                cancelled: cancelled.into_iter().map(Into::into).collect(),
            })),
            Cancelled::NotApplied => Err(Problem::new(Code::ApplicationNotFound)),
            Cancelled::Used => Err(Problem::new(Code::ApplicationAlreadyUsed)),
            Cancelled::Changed => continue,
        };
    }
    Err(Problem::new(Code::ServiceUnavailable).caused_by("the application kept changing"))
}
