//! Changes of accounts: blocking and unblocking one, and giving it a role.

use auth_store::{StaffAction, StaffError};
use axum::Json;
use axum::extract::{self, Path};
use domain::UserStatus;
use service_http::{Admin, Caller, Code, JsonBody, Problem, ProblemBody};
use uuid::Uuid;

use crate::State;
use crate::dto::{RoleRequest, UserState};

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
pub(crate) async fn block_user(
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
pub(crate) async fn unblock_user(
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
pub(crate) async fn set_role(
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
