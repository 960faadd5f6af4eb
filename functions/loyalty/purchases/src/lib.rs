//! `GET /purchases/{purchase_id}`: how far a purchase is paid.

use axum::Json;
use axum::extract::{self, FromRef, Path};
use checkout::PurchaseBody;
use loyalty_store::LoyaltyStore;
use runtime::ConfigError;
use service_http::{Access, Caller, Code, Problem, ProblemBody};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    store: LoyaltyStore,
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
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(get_purchase))
}

/// Look up a purchase
///
/// Poll it when the buyer returns from the payment page, until the purchase is no longer `pending`.
#[utoipa::path(
    get,
    path = "/purchases/{purchase_id}",
    tag = "loyalty",
    security(("access_token" = [])),
    params(("purchase_id" = Uuid, Path, description = "The ID of the purchase")),
    responses(
        (status = 200, description = "The purchase", body = PurchaseBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "The caller has no such purchase", body = ProblemBody),
    )
)]
async fn get_purchase(
    extract::State(state): extract::State<State>,
    caller: Caller,
    Path(purchase_id): Path<String>,
) -> Result<Json<PurchaseBody>, Problem> {
    let not_found = || Problem::new(Code::PurchaseNotFound);
    let id: Uuid = purchase_id.parse().map_err(|_| not_found())?;
    let purchase = state.store.find_purchase(id).await?;
    let own = purchase.filter(|purchase| purchase.user_id == caller.user_id);
    Ok(Json(own.ok_or_else(not_found)?.into()))
}
