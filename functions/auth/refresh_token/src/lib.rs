//! `POST /refresh_token`: trades a refresh token for its successor and a new access token.

mod step;

use std::sync::Arc;

use auth_store::{AuthStore, Rotation, Session};
use axum::Json;
use axum::extract;
use domain::{Clock, UserStatus};
use jiff::Timestamp;
use runtime::{ConfigError, SystemClock};
use serde::Deserialize;
use service_http::{Code, JsonBody, Problem, ProblemBody};
use tokens::{
    Issuer, REFRESH_TTL, RefreshKey, RefreshToken, Revocations, SESSION_LIFETIME, TokenPair,
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use step::Step;

/// A lost race is followed by a repeat, so the second look decides; a third is for a session that is rotated in between.
const LOOKS: u8 = 3;

/// The state of the function.
#[derive(Clone)]
pub struct State {
    /// The sessions.
    pub store: AuthStore,
    /// Ended sessions, as every function sees them.
    pub revocations: Revocations,
    /// Signs access tokens.
    pub issuer: Issuer,
    /// Makes and reads refresh tokens.
    pub refresh_key: RefreshKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl State {
    /// From `AUTH_DATABASE_URL`, `REDIS_URL`, `JWT_SIGNING_KEY`, `JWT_KEY_ID` and `REFRESH_TOKEN_KEY`.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            store: AuthStore::from_env()?,
            revocations: Revocations::from_env()?,
            issuer: Issuer::from_env()?,
            refresh_key: RefreshKey::from_env()?,
            clock: Arc::new(SystemClock),
        })
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(refresh_token))
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshRequest {
    /// The one from the last answer of `/login` or `/refresh_token`.
    #[schema(
        format = Password,
        example = "wqbo8BSzTZe14n8KnD0eZAAAAABzMAhx9EwWjnyUneLHUOYMLJu4_1MAF8WiZyNOnLTbjg"
    )]
    refresh_token: String,
}

/// Renew the tokens
///
/// A refresh token can be used once; within 10 seconds a repeated call gets the same successor (lost answer, two tabs).
/// Any older token ends the session. 180 days after the login a session ends for good.
#[utoipa::path(
    post,
    path = "/refresh_token",
    tag = "auth",
    request_body = RefreshRequest,
    responses(
        (status = 200, description = "New tokens", body = TokenPair),
        (status = 401, description = "`refresh_token_invalid`, `refresh_token_reused`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`account_blocked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn refresh_token(
    extract::State(state): extract::State<State>,
    JsonBody(body): JsonBody<RefreshRequest>,
) -> Result<Json<TokenPair>, Problem> {
    let invalid = || Problem::new(Code::RefreshTokenInvalid);
    let token = state
        .refresh_key
        .parse(&body.refresh_token)
        .map_err(|_| invalid())?;
    for _ in 0..LOOKS {
        let now = state.clock.now();
        let session = state.store.session(token.sid).await?.ok_or_else(invalid)?;
        if session.user_status == UserStatus::Blocked {
            return Err(Problem::new(Code::AccountBlocked));
        }
        match step::step(&session, token.generation, now) {
            Step::Rotate => {
                if let Some(pair) = rotate(&state, &session, now).await? {
                    return Ok(Json(pair));
                }
                // Somebody was faster: look again.
            }
            Step::Repeat => {
                let current = state.refresh_key.issue(session.id, session.generation);
                return pair(&state, &session, &current, session.expires_at, now).map(Json);
            }
            Step::Reused => {
                // Either the holder or the caller stole it. Committed before the answer goes out.
                state.store.end_session(session.id, now).await?;
                state.revocations.revoke(&[session.id]).await;
                return Err(Problem::new(Code::RefreshTokenReused));
            }
            Step::Refuse => return Err(invalid()),
        }
    }
    Err(Problem::new(Code::ServiceUnavailable).caused_by("a session changed at every look"))
}

/// Makes the successor current; `None` when the session changed meanwhile.
async fn rotate(
    state: &State,
    session: &Session,
    now: Timestamp,
) -> Result<Option<TokenPair>, Problem> {
    let at_hand = state.refresh_key.issue(session.id, session.generation);
    let successor = state.refresh_key.issue(session.id, session.generation + 1);
    let rotation = Rotation {
        session_id: session.id,
        generation: session.generation,
        refresh_hash: at_hand.hash(),
        successor_hash: successor.hash(),
        expires_at: (now + REFRESH_TTL).min(session.created_at + SESSION_LIFETIME),
    };
    if !state.store.rotate_session(&rotation, now).await? {
        return Ok(None);
    }
    pair(state, session, &successor, rotation.expires_at, now).map(Some)
}

fn pair(
    state: &State,
    session: &Session,
    refresh: &RefreshToken,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<TokenPair, Problem> {
    let owner = (session.user_id, session.id, session.role);
    TokenPair::new(&state.issuer, owner, refresh, expires_at, now)
        .map_err(|error| Problem::new(Code::Internal).caused_by(error))
}
