//! `POST /logout`: ends the session of the access token; with `?scope=all` all sessions of its user.

use std::sync::Arc;

use auth_store::AuthStore;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use domain::Clock;
use runtime::{ConfigError, SystemClock};
use service_http::{Access, Bearer, Code, Problem, ProblemBody, Query};
use tokens::Revocations;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    /// Authenticates callers.
    pub access: Access,
    /// The sessions.
    pub store: AuthStore,
    /// Ended sessions, as every function sees them.
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
/// The tokens of the session are refused from now on; with `scope=all`, those of all the user's sessions. Repeating the
/// call changes nothing.
#[utoipa::path(
    post,
    path = "/logout",
    tag = "auth",
    security(("access_token" = [])),
    params(("scope" = Option<String>, Query, description = "`all` ends all the user's sessions", example = "all")),
    responses(
        (status = 204, description = "The session has ended, or all have"),
        (status = 400, description = "`query_parameter_invalid`, `query_parameter_repeated`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`; `token_revoked` with `scope=all` while other sessions of the user continue", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn logout(
    extract::State(state): extract::State<State>,
    Bearer(caller): Bearer,
    query: Query,
) -> Result<StatusCode, Problem> {
    let everywhere = match query.optional("scope")? {
        None => false,
        Some("all") => true,
        Some(_) => {
            return Err(Problem::new(Code::QueryParameterInvalid).with("parameter", "scope"));
        }
    };
    let (user_id, sid, now) = (caller.user_id, caller.session_id, state.clock.now());
    // Ended already, perhaps by this very request when its answer was lost.
    let revoked = state.revocations.is_revoked(sid).await;
    if revoked && everywhere {
        // A session that has ended has no power over the others.
        let others = state.store.live_sessions(user_id, 1, now).await?;
        return match others.is_empty() {
            true => Ok(StatusCode::NO_CONTENT),
            false => Err(Problem::new(Code::TokenRevoked)),
        };
    }
    if revoked {
        return Ok(StatusCode::NO_CONTENT);
    }
    let mut ended = vec![sid];
    if everywhere {
        ended.extend(state.store.end_sessions(user_id, None, now).await?);
    } else {
        state.store.end_session(sid, now).await?;
    }
    state.revocations.revoke(&ended).await;
    Ok(StatusCode::NO_CONTENT)
}
