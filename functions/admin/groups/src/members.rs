//! The members of a group, a page or a few at a time.

use axum::Json;
use axum::extract::{self, Path};
use loyalty_store::MembershipOutcome;
use service_http::{Code, JsonBody, Marketer, PageSize, Problem, ProblemBody, Query, Staff};
use staff_http::StaffRequest;
use uuid::Uuid;

use crate::dto::{Members, MembersChanged, MembersRequest};
use crate::{MAX_PAGE, PAGE, State, number};

/// The most users that one call adds and removes.
const MAX_USERS: usize = 1_000;

/// List the members of a group
#[utoipa::path(
    get,
    path = "/admin/groups/{group_id}/members",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("group_id" = i64, Path, description = "The ID of the group", example = 90001),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<Uuid>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The users", body = Members),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn list_members(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(group_id): Path<String>,
    query: Query,
) -> Result<Json<Members>, Problem> {
    let id = number(&group_id)?;
    let after = query.optional_parsed("cursor")?;
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let members = state.store.group_members(id, after, size.fetch()).await?;
    let members = members.ok_or_else(|| Problem::new(Code::GroupNotFound))?;
    Ok(Json(Members::page(members, size)))
}

/// Add and remove members of a group
///
/// All or nothing, and effective at once: the next attempt to apply a promo code sees it. Repeating the call changes
/// nothing.
#[utoipa::path(
    patch,
    path = "/admin/groups/{group_id}/members",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("group_id" = i64, Path, description = "The ID of the group", example = 90001),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = MembersRequest,
    responses(
        (status = 200, description = "The members are updated", body = MembersChanged),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `users_unknown` with the `users`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn change_members(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(group_id): Path<String>,
    request: StaffRequest,
    JsonBody(MembersRequest { add, remove }): JsonBody<MembersRequest>,
) -> Result<Json<MembersChanged>, Problem> {
    let id = number(&group_id)?;
    if add.len() + remove.len() > MAX_USERS {
        return Err(Problem::new(Code::TooManyUsers).with("limit", MAX_USERS));
    }
    if let Some(both) = add.iter().find(|user| remove.contains(user)) {
        return Err(Problem::new(Code::UserInBothLists).with("user_id", both.to_string()));
    }
    let change = match request {
        StaffRequest::Repeated(changed) => return Ok(Json(changed.answer()?)),
        StaffRequest::New(change) => change,
    };
    match state
        .store
        .change_members(id, &add, &remove, change)
        .await?
    {
        MembershipOutcome::Done { added, removed } => Ok(Json(MembersChanged { added, removed })),
        MembershipOutcome::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
        MembershipOutcome::NoGroup => Err(Problem::new(Code::GroupNotFound)),
        MembershipOutcome::Unknown(users) => {
            let users: Vec<String> = users.iter().map(Uuid::to_string).collect();
            Err(Problem::new(Code::UsersUnknown).with("users", users))
        }
    }
}
