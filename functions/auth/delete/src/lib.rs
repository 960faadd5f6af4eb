//! `DELETE /delete`: deletes the caller's account.

use std::sync::Arc;

use attempts::PasswordGuesses;
use auth_store::{AuthStore, Deletion, TombstoneKey, prove};
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use cache::Cache;
use domain::{Clock, Password, Random, Role, UserStatus};
use runtime::{ConfigError, OsRandom, SystemClock};
use serde::Deserialize;
use service_http::{Access, Caller, Code, JsonBody, Problem, ProblemBody};
use tokens::Revocations;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    /// Authenticates callers.
    pub access: Access,
    /// The limits on wrong passwords.
    pub guesses: PasswordGuesses,
    /// The accounts.
    pub store: AuthStore,
    /// Ended sessions, as every function sees them.
    pub revocations: Revocations,
    /// Hashes the address to its tombstone.
    pub tombstone_key: TombstoneKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of events.
    pub random: Arc<dyn Random>,
}

impl State {
    /// From `AUTH_DATABASE_URL`, `JWT_JWKS`, `REDIS_URL`, `TOMBSTONE_KEY`, and what [`PasswordGuesses`] reads.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        let cache = Cache::from_env()?;
        Ok(State {
            access: Access::with_cache(cache.clone())?,
            guesses: PasswordGuesses::from_env(cache.clone())?,
            store: AuthStore::from_env()?,
            revocations: Revocations::new(cache),
            tombstone_key: TombstoneKey::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(delete))
}

/// The password, since a stolen access token must not be enough to delete an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeleteRequest {
    #[schema(format = Password, example = "meadow-kettle-52")]
    password: String,
}

/// Delete the account
///
/// Its personal data is erased and all its sessions end. It can't be undone.
#[utoipa::path(
    delete,
    path = "/delete",
    tag = "auth",
    security(("access_token" = [])),
    request_body = DeleteRequest,
    responses(
        (status = 204, description = "The account is deleted"),
        (status = 401, description = "`invalid_credentials`, `token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`account_blocked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`admin_account`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: wait for `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn delete(
    extract::State(state): extract::State<State>,
    caller: Caller,
    JsonBody(body): JsonBody<DeleteRequest>,
) -> Result<StatusCode, Problem> {
    let guess = state.guesses.for_reauthentication(caller.user_id).await?;
    let proved = async {
        let account = state.store.account(caller.user_id).await?;
        let proved = prove(account, Password::entered(body.password))
            .await
            .map_err(internal)?;
        proved.ok_or_else(|| Problem::new(Code::InvalidCredentials))
    };
    let account = guess.end(proved.await).await?;
    if account.status == UserStatus::Blocked {
        // Or blocking would end with a new account at the same address.
        return Err(Problem::new(Code::AccountBlocked));
    }
    if account.role == Role::Admin {
        // It may be the last one.
        return Err(Problem::new(Code::AdminAccount));
    }
    let email_key = account
        .email_key
        .ok_or_else(|| Problem::new(Code::Internal).caused_by("a password without an address"))?;

    let now = state.clock.now();
    let deletion = Deletion {
        user_id: account.id,
        email_key: &email_key,
        tombstone: state.tombstone_key.hash(&email_key),
        event_id: state.random.uuid(),
    };
    let Some(mut ended) = state.store.delete_account(&deletion, now).await? else {
        return changed_meanwhile(&state, account.id).await;
    };
    match state.store.end_sessions(account.id, None, now).await {
        Ok(late) => ended.extend(late),
        // The account is gone all the same; a session opened in that instant can't be renewed.
        Err(error) => {
            tracing::warn!(%error, "sessions opened during a deletion were not looked for");
        }
    }
    state.revocations.revoke(&ended).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The account is not as it was read.
async fn changed_meanwhile(state: &State, user_id: Uuid) -> Result<StatusCode, Problem> {
    match state.store.account(user_id).await? {
        // By another request, which sees to its sessions.
        Some(account) if account.status == UserStatus::Deleted => Ok(StatusCode::NO_CONTENT),
        Some(account) if account.role == Role::Admin => Err(Problem::new(Code::AdminAccount)),
        _ => Err(Problem::new(Code::Internal).caused_by("an account was not deleted")),
    }
}

fn internal(error: impl std::error::Error) -> Problem {
    Problem::new(Code::Internal).caused_by(error)
}
