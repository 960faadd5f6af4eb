//! For staff: `GET /admin/loyalty_users/{user_id}`, a user as the loyalty side knows them: an ID, a status and what hangs on
//! them. Names and addresses are on the other side: `/admin/users`.

mod dto;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use loyalty_store::LoyaltyStore;
use runtime::ConfigError;
use service_http::{Access, Code, Problem, ProblemBody, Staff};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dto::LoyaltyUserBody;

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
    OpenApiRouter::default().routes(routes!(get_loyalty_user))
}

/// Look up a user by ID
///
/// What promo codes and purchases know of the user: the status, the groups, the other accounts of the same person, and where
/// to read on. Also of a deleted account. There is no personal data here.
#[utoipa::path(
    get,
    path = "/admin/loyalty_users/{user_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("user_id" = Uuid, Path, description = "The ID of the user; `POST /admin/users/resolve` finds that of an e-mail address", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90")),
    responses(
        (status = 200, description = "The user", body = LoyaltyUserBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`user_not_found`, also until this side has heard of a new user", body = ProblemBody),
    )
)]
async fn get_loyalty_user(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(user_id): Path<String>,
) -> Result<Json<LoyaltyUserBody>, Problem> {
    let not_found = || Problem::new(Code::UserNotFound);
    let id: Uuid = user_id.parse().map_err(|_| not_found())?;
    let user = state.store.find_user(id).await?;
    Ok(Json(user.ok_or_else(not_found)?.into()))
}
