//! `GET /sessions` lists the caller's sessions, `DELETE /sessions/{session_id}` ends one of them.

use std::sync::Arc;

use auth_store::AuthStore;
use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use domain::Clock;
use jiff::Timestamp;
use runtime::{ConfigError, SystemClock};
use serde::Serialize;
use service_http::{Access, Caller, Code, Problem, ProblemBody};
use tokens::Revocations;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// More than anyone has devices; a program that logs in again each time has no use for the rest.
const MAX_SESSIONS: i64 = 100;

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
    OpenApiRouter::new()
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
}

/// The caller's sessions.
#[derive(Serialize, ToSchema)]
struct Sessions {
    /// Most recently used first; at most 100.
    sessions: Vec<SessionBody>,
}

/// A session that has not ended.
#[derive(Serialize, ToSchema)]
struct SessionBody {
    /// The ID of the session.
    session_id: Uuid,
    /// When the user logged in, in UTC.
    created_at: Timestamp,
    /// When its tokens were last renewed, in UTC: at most 10 minutes before its last call.
    last_used_at: Timestamp,
    /// Whether it is the session that makes this call.
    current: bool,
}

/// List the caller's sessions
#[utoipa::path(
    get,
    path = "/sessions",
    tag = "auth",
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The open sessions", body = Sessions),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_sessions(
    extract::State(state): extract::State<State>,
    caller: Caller,
) -> Result<Json<Sessions>, Problem> {
    let now = state.clock.now();
    let live = state
        .store
        .live_sessions(caller.user_id, MAX_SESSIONS, now)
        .await?;
    let sessions = live.into_iter().map(|session| SessionBody {
        session_id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        current: session.id == caller.session_id,
    });
    Ok(Json(Sessions {
        sessions: sessions.collect(),
    }))
}

/// End one of the caller's sessions
///
/// Its tokens are refused from now on. Repeating the call changes nothing.
#[utoipa::path(
    delete,
    path = "/sessions/{session_id}",
    tag = "auth",
    security(("access_token" = [])),
    params(("session_id" = Uuid, Path, description = "The session", example = "c2a6e8f0-14b3-4d97-b5e2-7f0a9c3d1e64")),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`session_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn end_session(
    extract::State(state): extract::State<State>,
    caller: Caller,
    Path(session_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let not_found = || Problem::new(Code::SessionNotFound);
    let sid: Uuid = session_id.parse().map_err(|_| not_found())?;
    let (user_id, now) = (caller.user_id, state.clock.now());
    if !state.store.end_own_session(user_id, sid, now).await? {
        return Err(not_found());
    }
    state.revocations.revoke(&[sid]).await;
    Ok(StatusCode::NO_CONTENT)
}
