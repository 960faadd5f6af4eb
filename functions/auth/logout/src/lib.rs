//! `POST /logout`: ends the session of the access token.

use std::sync::Arc;

use auth_store::AuthStore;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use domain::Clock;
use runtime::{ConfigError, SystemClock};
use service_http::{Access, Caller, Code, Problem, ProblemBody};
use tokens::Revocations;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the function needs.
#[derive(Clone, FromRef)]
pub struct State {
    /// Knows the callers.
    pub access: Access,
    /// The sessions.
    pub store: AuthStore,
    /// Where every function looks for ended sessions.
    pub revocations: Revocations,
    /// The time.
    pub clock: Arc<dyn Clock>,
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
        })
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(logout))
}

/// Log out
///
/// The session's tokens are refused from now on. Doing it again changes nothing.
#[utoipa::path(
    post,
    path = "/logout",
    tag = "auth",
    security(("access_token" = [])),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn logout(
    extract::State(state): extract::State<State>,
    caller: Result<Caller, Problem>,
) -> Result<StatusCode, Problem> {
    let caller = match caller {
        // Ended already, perhaps by this very request when its answer was lost.
        Err(problem) if problem.code() == Code::TokenRevoked => return Ok(StatusCode::NO_CONTENT),
        caller => caller?,
    };
    let (sid, now) = (caller.session_id, state.clock.now());
    state.store.end_session(sid, now).await?;
    state.revocations.revoke(&[sid]).await;
    Ok(StatusCode::NO_CONTENT)
}
