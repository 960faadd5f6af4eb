//! `POST /user_registration`: creates an account.

use std::sync::Arc;

use attempts::Registrations;
use auth_store::{AuthStore, NewUser, PasswordHash, RegisterError, TombstoneKey};
use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use cache::Cache;
use domain::{Clock, Email, Password, PersonName, Random, UserStatus};
use runtime::{ConfigError, OsRandom, SystemClock};
use serde::{Deserialize, Serialize};
use service_http::{CheckedBody, ClientAddress, Code, Problem, ProblemBody, TrustedProxies};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    /// The proxies whose X-Forwarded-For is trusted.
    pub proxies: TrustedProxies,
    /// The limits on registrations.
    pub registrations: Registrations,
    /// The accounts.
    pub store: AuthStore,
    /// Hashes the addresses of deleted accounts.
    pub tombstone_key: TombstoneKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Salts and ids.
    pub random: Arc<dyn Random>,
}

impl State {
    /// From `AUTH_DATABASE_URL`, `REDIS_URL`, `TOMBSTONE_KEY`, and what [`Registrations`] and [`TrustedProxies`] read.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            proxies: TrustedProxies::from_env()?,
            registrations: Registrations::from_env(Cache::from_env()?)?,
            store: AuthStore::from_env()?,
            tombstone_key: TombstoneKey::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(user_registration))
}

/// The new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegistrationRequest {
    /// At most 254 characters; unique. Case does not matter, nor whether the domain is in its ASCII form (`xn--`).
    #[schema(format = Email, example = "anna@example.com")]
    email: String,
    /// 8 to 128 characters; not the e-mail address, and not among the most common passwords.
    #[schema(format = Password, min_length = 8, max_length = 128, example = "meadow-kettle-52")]
    password: String,
    /// The user's name: at most 100 characters in one line.
    #[schema(max_length = 100, example = "Anna")]
    name: Option<String>,
}

/// The created account.
#[derive(Serialize, ToSchema)]
struct RegistrationResponse {
    /// The ID of the user.
    user_id: Uuid,
    /// A user and their status.
    #[schema(value_type = String, example = "active")]
    status: UserStatus,
}

/// Register an account
///
/// The account is active at once.
#[utoipa::path(
    post,
    path = "/user_registration",
    tag = "auth",
    request_body = RegistrationRequest,
    responses(
        (status = 201, description = "The account is created", body = RegistrationResponse),
        (status = 409, description = "`email_taken`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: wait for `Retry-After`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn user_registration(
    extract::State(state): extract::State<State>,
    address: ClientAddress,
    body: CheckedBody<RegistrationRequest>,
) -> Result<(StatusCode, Json<RegistrationResponse>), Problem> {
    let registration = Registration::parse(body)?;
    let registering = state.registrations.begin(address).await?;
    let made = register(&state, registration).await;
    let made = registering.end(made).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn register(
    state: &State,
    registration: Registration,
) -> Result<RegistrationResponse, Problem> {
    let Registration {
        email,
        password,
        name,
    } = registration;
    let password_hash = PasswordHash::of(password, &*state.random)
        .await
        .map_err(|error| Problem::new(Code::Internal).caused_by(error))?;
    let user = NewUser {
        id: state.random.uuid(),
        email: &email,
        name: name.as_ref(),
        password_hash: &password_hash,
        tombstone: state.tombstone_key.hash(&email.key()),
        event_id: state.random.uuid(),
    };
    match state.store.register(&user, state.clock.now()).await {
        Ok(()) => Ok(RegistrationResponse {
            user_id: user.id,
            status: UserStatus::Active,
        }),
        Err(RegisterError::EmailTaken) => Err(Problem::new(Code::EmailTaken)),
        Err(RegisterError::Pg(error)) => Err(error.into()),
    }
}

/// A request whose every field is acceptable.
struct Registration {
    email: Email,
    password: Password,
    name: Option<PersonName>,
}

impl Registration {
    /// Names every field that is not acceptable, not only the first.
    fn parse(body: CheckedBody<RegistrationRequest>) -> Result<Registration, Problem> {
        let CheckedBody {
            fields: body,
            mut errors,
        } = body;
        let email = errors.check("email", Email::parse(&body.email));
        let key = email.as_ref().map(Email::key).unwrap_or_default();
        let password =
            Password::parse(body.password).and_then(|password| password.other_than(&key));
        let password = errors.check("password", password);
        let name = body.name.as_deref().map(PersonName::parse).transpose();
        let name = errors.check("name", name);
        match (email, password, name) {
            (Some(email), Some(password), Some(name)) if errors.is_empty() => Ok(Registration {
                email,
                password,
                name,
            }),
            _ => Err(errors.into_problem()),
        }
    }
}
