//! `POST /login`: opens a session.

use std::sync::Arc;

use attempts::PasswordGuesses;
use auth_store::{Account, AuthStore, NewSession, PasswordHash, prove};
use axum::Json;
use axum::extract::{self, FromRef};
use cache::Cache;
use domain::{Clock, Email, Password, Random, UserStatus};
use runtime::{ConfigError, OsRandom, SystemClock};
use serde::Deserialize;
use service_http::{ClientAddress, Code, JsonBody, Problem, ProblemBody, TrustedProxies};
use tokens::{Issuer, REFRESH_TTL, RefreshKey, TokenPair};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    /// The proxies whose X-Forwarded-For is trusted.
    pub proxies: TrustedProxies,
    /// The limits on wrong passwords.
    pub guesses: PasswordGuesses,
    /// The accounts and sessions.
    pub store: AuthStore,
    /// Signs access tokens.
    pub issuer: Issuer,
    /// Makes refresh tokens.
    pub refresh_key: RefreshKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of sessions, and salts.
    pub random: Arc<dyn Random>,
}

impl State {
    /// From `AUTH_DATABASE_URL`, `REDIS_URL`, `JWT_SIGNING_KEY`, `JWT_KEY_ID`, `REFRESH_TOKEN_KEY`, and what
    /// [`PasswordGuesses`] and [`TrustedProxies`] read.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            proxies: TrustedProxies::from_env()?,
            guesses: PasswordGuesses::from_env(Cache::from_env()?)?,
            store: AuthStore::from_env()?,
            issuer: Issuer::from_env()?,
            refresh_key: RefreshKey::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(login))
}

/// Credentials.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    /// Case does not matter, nor whether the domain is in its ASCII form (`xn--`).
    #[schema(format = Email, example = "anna@example.com")]
    email: String,
    #[schema(format = Password, example = "meadow-kettle-52")]
    password: String,
}

/// Log in
///
/// Opens a session. An unknown address and a wrong password get the same answer and count alike: after several of them
/// even the right password is refused for a while.
#[utoipa::path(
    post,
    path = "/login",
    tag = "auth",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "The session is open", body = TokenPair),
        (status = 401, description = "`invalid_credentials`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`account_blocked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: wait for `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn login(
    extract::State(state): extract::State<State>,
    address: ClientAddress,
    JsonBody(body): JsonBody<LoginRequest>,
) -> Result<Json<TokenPair>, Problem> {
    // No address, so nobody's: like any other unknown one.
    let email = Email::parse(&body.email).ok();
    let guess = state.guesses.at_sign_in(email.as_ref(), address).await?;
    let password = Password::entered(body.password);
    let opened = open(&state, email.as_ref(), password).await;
    guess.end(opened).await.map(Json)
}

async fn open(
    state: &State,
    email: Option<&Email>,
    password: Password,
) -> Result<TokenPair, Problem> {
    let refused = || Problem::new(Code::InvalidCredentials);
    let account = match email {
        Some(email) => state.store.account_by_email(email).await?,
        None => None,
    };
    let proved = prove(account, password.clone()).await.map_err(internal)?;
    let account = proved.ok_or_else(refused)?;
    match account.status {
        UserStatus::Active => {}
        UserStatus::Blocked => return Err(Problem::new(Code::AccountBlocked)),
        UserStatus::Deleted => return Err(refused()),
    }

    let now = state.clock.now();
    let sid = state.random.uuid();
    let refresh = state.refresh_key.issue(sid, 0);
    let session = NewSession {
        id: sid,
        user_id: account.id,
        password_version: account.password_version,
        refresh_hash: refresh.hash(),
        expires_at: now + REFRESH_TTL,
    };
    if !state.store.open_session(&session, now).await? {
        // Blocked, deleted or given another password at this moment: the next call gets the reason.
        return Err(refused());
    }
    if account
        .password_hash
        .as_ref()
        .is_some_and(PasswordHash::is_outdated)
    {
        renew_hash(state, &account, password).await;
    }
    let owner = (account.id, sid, account.role);
    TokenPair::new(&state.issuer, owner, &refresh, session.expires_at, now).map_err(internal)
}

/// Hashes the password again with today's parameters. If that fails, the next login does it.
async fn renew_hash(state: &State, account: &Account, password: Password) {
    let hash = match PasswordHash::of(password, &*state.random).await {
        Ok(hash) => hash,
        Err(error) => return tracing::warn!(%error, "an outdated hash was not renewed"),
    };
    // False: the user has another password by now.
    let renewed = state
        .store
        .renew_hash(account.id, account.password_version, &hash);
    if let Err(error) = renewed.await {
        tracing::warn!(%error, "an outdated hash was not renewed");
    }
}

fn internal(error: impl std::error::Error) -> Problem {
    Problem::new(Code::Internal).caused_by(error)
}
