//! `POST /change_password`: changes the caller's password.

use std::sync::Arc;

use attempts::PasswordGuesses;
use auth_store::{AuthStore, PasswordChange, PasswordHash, prove};
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use cache::Cache;
use domain::{Clock, Password, Random, UserStatus};
use runtime::{ConfigError, OsRandom, SystemClock};
use serde::Deserialize;
use service_http::{Access, Caller, CheckedBody, Code, Problem, ProblemBody};
use tokens::Revocations;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    /// Authenticates callers.
    pub access: Access,
    /// The limits on wrong passwords.
    pub guesses: PasswordGuesses,
    /// The accounts and sessions.
    pub store: AuthStore,
    /// Ended sessions, as every function sees them.
    pub revocations: Revocations,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Salts.
    pub random: Arc<dyn Random>,
}

impl State {
    /// From `AUTH_DATABASE_URL`, `JWT_JWKS`, `REDIS_URL`, and what [`PasswordGuesses`] reads.
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
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(change_password))
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePasswordRequest {
    /// The current password, since a stolen access token must not be enough to take over an account.
    #[schema(format = Password, example = "meadow-kettle-52")]
    old_password: String,
    /// 8 to 128 characters; not the e-mail address, and not among the most common passwords.
    #[schema(format = Password, min_length = 8, max_length = 128, example = "harvest-violin-19")]
    new_password: String,
}

/// Change the password
///
/// Every other session ends at once; this one continues.
#[utoipa::path(
    post,
    path = "/change_password",
    tag = "auth",
    security(("access_token" = [])),
    request_body = ChangePasswordRequest,
    responses(
        (status = 204, description = "The password is changed"),
        (status = 401, description = "`invalid_credentials`, `token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`account_blocked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: wait for `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn change_password(
    extract::State(state): extract::State<State>,
    caller: Caller,
    CheckedBody {
        fields: body,
        mut errors,
    }: CheckedBody<ChangePasswordRequest>,
) -> Result<StatusCode, Problem> {
    let old = Password::entered(body.old_password);
    let new = errors.check("new_password", Password::parse(body.new_password));
    let Some(new) = new.filter(|_| errors.is_empty()) else {
        return Err(errors.into_problem());
    };
    let refused = || Problem::new(Code::InvalidCredentials);
    let guess = state.guesses.for_reauthentication(caller.user_id).await?;
    let proved = async {
        let account = state.store.account(caller.user_id).await?;
        let proved = prove(account, old).await.map_err(internal)?;
        proved.ok_or_else(refused)
    };
    let account = guess.end(proved.await).await?;
    if account.status == UserStatus::Blocked {
        return Err(Problem::new(Code::AccountBlocked));
    }
    let email_key = account.email_key.as_deref().unwrap_or_default();
    let new = errors.check("new_password", new.other_than(email_key));
    let new = new.ok_or_else(|| errors.into_problem())?;

    let hash = PasswordHash::of(new, &*state.random)
        .await
        .map_err(internal)?;
    let now = state.clock.now();
    let change = PasswordChange {
        user_id: account.id,
        password_version: account.password_version,
        password_hash: &hash,
        keep: caller.session_id,
    };
    // None: blocked, deleted or given another password since it was read; the next call gets the reason.
    let ended = state.store.change_password(&change, now).await?;
    let mut ended = ended.ok_or_else(refused)?;
    let keep = Some(caller.session_id);
    match state.store.end_sessions(account.id, keep, now).await {
        Ok(late) => ended.extend(late),
        // The password is another one all the same, and it can be changed again.
        Err(error) => {
            tracing::warn!(%error, "sessions opened during a change of password were not looked for");
        }
    }
    state.revocations.revoke(&ended).await;
    Ok(StatusCode::NO_CONTENT)
}

fn internal(error: impl std::error::Error) -> Problem {
    Problem::new(Code::Internal).caused_by(error)
}
