//! Other people's accounts. For administrators, `POST /admin/users/search` finds one by its e-mail; `POST
//! /admin/users/{user_id}/block` and `…/unblock` and `PUT …/role` change one, and `GET /admin/users/audit` lists who did so.
//! For all staff, `POST /admin/users/resolve` gives the IDs of users, by which the loyalty side knows them.

mod audit;
mod changes;
mod dto;
mod resolve;

use std::sync::Arc;

use auth_store::AuthStore;
use axum::Json;
use axum::extract::{self, FromRef};
use domain::{Clock, Email, Random};
use runtime::{ConfigError, OsRandom, SystemClock};
use service_http::{Access, Admin, Code, FieldAdvice, JsonBody, Language, Problem, ProblemBody};
use tokens::Revocations;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dto::{SearchRequest, UserBody};

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    /// Authenticates callers.
    pub access: Access,
    /// The accounts and sessions.
    pub store: AuthStore,
    /// Ended sessions and new roles, as every function sees them.
    pub revocations: Revocations,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of events.
    pub random: Arc<dyn Random>,
}

impl State {
    /// From `AUTH_DATABASE_URL`, `JWT_JWKS` and `REDIS_URL`.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            access: Access::from_env()?,
            store: AuthStore::from_env()?,
            revocations: Revocations::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(find_user))
        .routes(routes!(resolve::resolve_users))
        .routes(routes!(changes::block_user))
        .routes(routes!(changes::unblock_user))
        .routes(routes!(changes::set_role))
        .routes(routes!(audit::list_account_changes))
}

/// Find a user by e-mail address
///
/// Case does not matter. The address is in the body because proxies log URLs. That the user was found is recorded together
/// with who searched.
#[utoipa::path(
    post,
    path = "/admin/users/search",
    tag = "admin",
    security(("access_token" = [])),
    request_body = SearchRequest,
    responses(
        (status = 200, description = "The user", body = UserBody),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`admin_only`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn find_user(
    extract::State(state): extract::State<State>,
    Admin(caller): Admin,
    language: Language,
    JsonBody(SearchRequest { email }): JsonBody<SearchRequest>,
) -> Result<Json<UserBody>, Problem> {
    let email = Email::parse(&email)
        .map_err(|error| Problem::invalid_field("email", error.advice(language)))?;
    let now = state.clock.now();
    let found = state.store.look_up(caller.user_id, &email, now).await?;
    let found = found.ok_or_else(|| Problem::new(Code::UserNotFound))?;
    Ok(Json(UserBody::of(found)))
}
