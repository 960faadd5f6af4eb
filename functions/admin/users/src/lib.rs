//! Other people's accounts. For administrators, `POST /admin/users/search` finds one by its e-mail; `POST
//! /admin/users/{user_id}/block` and `…/unblock` and `PUT …/role` change one, and `GET /admin/users/audit` lists who did so.
//! For all staff, `POST /admin/users/resolve` gives the IDs of users, by which the loyalty side knows them.

mod dto;
mod resolve;

use std::sync::Arc;

use auth_store::{AuthStore, StaffAction, StaffError, StaffLogFilter};
use axum::Json;
use axum::extract::{self, FromRef, Path};
use domain::{AccountAction, Clock, Email, Random, UserStatus};
use runtime::{ConfigError, OsRandom, SystemClock};
use service_http::{
    Access, Admin, Caller, Code, FieldAdvice, JsonBody, Language, PageSize, Problem, ProblemBody,
    Query, TimeCursor, TimeWindow,
};
use tokens::Revocations;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dto::{AccountAuditLog, RoleRequest, SearchRequest, UserBody, UserState};

/// Items on a page by default.
const PAGE: u16 = 50;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 500;

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
        .routes(routes!(block_user))
        .routes(routes!(unblock_user))
        .routes(routes!(set_role))
        .routes(routes!(list_account_changes))
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

/// Block a user
///
/// All their sessions end at once. Repeating the call changes nothing.
#[utoipa::path(
    post,
    path = "/admin/users/{user_id}/block",
    tag = "admin",
    security(("access_token" = [])),
    params(("user_id" = Uuid, Path, description = "The user", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90")),
    responses(
        (status = 200, description = "The user is blocked", body = UserState),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`admin_only`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`own_account`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn block_user(
    extract::State(state): extract::State<State>,
    Admin(caller): Admin,
    Path(user_id): Path<String>,
) -> Result<Json<UserState>, Problem> {
    let blocked = set_status(&state, caller, &user_id, UserStatus::Blocked).await?;
    let now = state.clock.now();
    let ended = state.store.end_sessions(blocked.user_id, None, now).await?;
    state.revocations.revoke(&ended).await;
    Ok(Json(blocked))
}

/// Unblock a user
///
/// The user can log in again. Repeating the call changes nothing.
#[utoipa::path(
    post,
    path = "/admin/users/{user_id}/unblock",
    tag = "admin",
    security(("access_token" = [])),
    params(("user_id" = Uuid, Path, description = "The user", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90")),
    responses(
        (status = 200, description = "The user is active", body = UserState),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`admin_only`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`own_account`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn unblock_user(
    extract::State(state): extract::State<State>,
    Admin(caller): Admin,
    Path(user_id): Path<String>,
) -> Result<Json<UserState>, Problem> {
    set_status(&state, caller, &user_id, UserStatus::Active)
        .await
        .map(Json)
}

/// Give a user a role
///
/// Effective at once: access tokens with another role have to be refreshed. Repeating the call changes nothing.
#[utoipa::path(
    put,
    path = "/admin/users/{user_id}/role",
    tag = "admin",
    security(("access_token" = [])),
    params(("user_id" = Uuid, Path, description = "The user", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90")),
    request_body = RoleRequest,
    responses(
        (status = 200, description = "The user has the role", body = UserState),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`admin_only`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`own_account`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn set_role(
    extract::State(state): extract::State<State>,
    Admin(caller): Admin,
    Path(user_id): Path<String>,
    JsonBody(RoleRequest { role }): JsonBody<RoleRequest>,
) -> Result<Json<UserState>, Problem> {
    let action = action(&state, caller, &user_id)?;
    let user_id = action.user_id;
    let status = state.store.set_role(action, role).await.map_err(refused)?;
    let mut announced = role;
    loop {
        state.revocations.set_role(user_id, announced).await;
        // Two changes may reach Redis in the other order: whoever wrote looks again.
        match state.store.account(user_id).await? {
            Some(account) if account.role != announced => announced = account.role,
            _ => {
                return Ok(Json(UserState {
                    user_id,
                    role,
                    status,
                }));
            }
        }
    }
}

/// List what staff did with accounts
///
/// Newest first: who found an account by its e-mail address, blocked or unblocked it, or gave it another role. People are
/// named by their IDs alone. Filters can be combined; without any, it is everything of the last three years.
#[utoipa::path(
    get,
    path = "/admin/users/audit",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("actor_id" = Option<Uuid>, Query, description = "Only what this member of staff did"),
        ("user_id" = Option<Uuid>, Query, description = "Only what was done with this user's account"),
        ("action" = Option<String>, Query, description = "Only this: `look_up`, `set_status` or `set_role`", example = "set_role"),
        ("from" = Option<Timestamp>, Query, description = "Only what was done at this time or later, RFC 3339", example = "2026-03-01T00:00:00Z"),
        ("to" = Option<Timestamp>, Query, description = "Only what was done before this time, RFC 3339"),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of actions", body = AccountAuditLog),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`admin_only`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_account_changes(
    extract::State(state): extract::State<State>,
    _: Admin,
    query: Query,
) -> Result<Json<AccountAuditLog>, Problem> {
    let window = TimeWindow::read(&query)?;
    let filter = StaffLogFilter {
        actor_id: query.optional_parsed("actor_id")?,
        user_id: query.optional_parsed("user_id")?,
        action: query.optional_parsed::<AccountAction>("action")?,
        from: window.from,
        to: window.to,
    };
    let after = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let actions = state.store.find_staff_actions(&filter, after, size.fetch());
    Ok(Json(AccountAuditLog::page(actions.await?, size)))
}

async fn set_status(
    state: &State,
    caller: Caller,
    user_id: &str,
    status: UserStatus,
) -> Result<UserState, Problem> {
    let action = action(state, caller, user_id)?;
    let event_id = state.random.uuid();
    let role = state.store.set_status(action, status, event_id).await;
    Ok(UserState {
        user_id: action.user_id,
        status,
        role: role.map_err(refused)?,
    })
}

fn action(state: &State, caller: Caller, user_id: &str) -> Result<StaffAction, Problem> {
    let user_id: Uuid = user_id
        .parse()
        .map_err(|_| Problem::new(Code::UserNotFound))?;
    if user_id == caller.user_id {
        return Err(Problem::new(Code::OwnAccount));
    }
    Ok(StaffAction {
        actor_id: caller.user_id,
        user_id,
        at: state.clock.now(),
    })
}

fn refused(error: StaffError) -> Problem {
    match error {
        StaffError::NotAdmin => Problem::new(Code::AdminOnly),
        StaffError::NotFound => Problem::new(Code::UserNotFound),
        StaffError::Pg(error) => error.into(),
    }
}
