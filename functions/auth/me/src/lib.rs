//! `GET /me`: the caller's account.

use auth_store::AuthStore;
use axum::Json;
use axum::extract::{self, FromRef};
use domain::{Role, UserStatus};
use jiff::Timestamp;
use runtime::ConfigError;
use serde::Serialize;
use service_http::{Access, Caller, Code, Problem, ProblemBody};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    /// Authenticates callers.
    pub access: Access,
    /// The accounts.
    pub store: AuthStore,
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
        })
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(me))
}

/// The caller's account.
#[derive(Serialize, ToSchema)]
struct Me {
    /// The ID of the user.
    user_id: Uuid,
    /// As entered at registration.
    #[schema(format = Email, example = "anna@example.com")]
    email: String,
    /// The user's name.
    #[schema(example = "Anna")]
    name: Option<String>,
    /// The role: `user`, `support`, `marketer` or `admin`.
    #[schema(value_type = String, example = "user")]
    role: Role,
    /// The status: `active` or `blocked`.
    #[schema(value_type = String, example = "active")]
    status: UserStatus,
    /// When the user registered, in UTC.
    created_at: Timestamp,
}

/// Show the caller's account
#[utoipa::path(
    get,
    path = "/me",
    tag = "auth",
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The account", body = Me),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn me(
    extract::State(state): extract::State<State>,
    caller: Caller,
) -> Result<Json<Me>, Problem> {
    let profile = state.store.profile(caller.user_id).await?;
    // Deleted while Redis was down.
    let profile = profile.ok_or_else(|| Problem::new(Code::TokenRevoked))?;
    Ok(Json(Me {
        user_id: profile.id,
        email: profile.email,
        name: profile.name,
        role: profile.role,
        status: profile.status,
        created_at: profile.created_at,
    }))
}
