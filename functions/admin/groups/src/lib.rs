//! For staff: groups of users, for which promo codes can be. `/admin/groups` lists and creates them,
//! `/admin/groups/{group_id}` is one of them, and `/admin/groups/{group_id}/members` who is in it. All staff may read;
//! marketers and administrators write.

mod dto;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use domain::{Clock, Title};
use loyalty_store::{Change, GroupError, LoyaltyStore, MembershipOutcome};
use runtime::{ConfigError, SystemClock};
use service_http::{
    Access, Caller, Code, FieldAdvice, JsonBody, Language, Marketer, PageSize, Problem,
    ProblemBody, Query, Staff,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dto::{GroupBody, GroupRequest, Groups, Members, MembersChanged, MembersRequest};

/// Items on a page by default.
const PAGE: u16 = 50;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 500;
/// The most users that one call adds and removes.
const MAX_USERS: usize = 1_000;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    store: LoyaltyStore,
    clock: Arc<dyn Clock>,
}

impl State {
    /// From the environment.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            access: Access::from_env()?,
            store: LoyaltyStore::from_env()?,
            clock: Arc::new(SystemClock),
        })
    }

    fn change(&self, caller: Caller) -> Change {
        Change {
            actor_id: caller.user_id,
            at: self.clock.now(),
            request: None,
        }
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_groups, create_group))
        .routes(routes!(get_group, rename_group, delete_group))
        .routes(routes!(list_members, change_members))
}

/// List groups of users
///
/// All of them, or those of one user.
#[utoipa::path(
    get,
    path = "/admin/groups",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Option<Uuid>, Query, description = "Only groups that this user is in; `POST /admin/users/resolve` finds the ID of an e-mail address"),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<i64>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The groups", body = Groups),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
    )
)]
async fn list_groups(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Groups>, Problem> {
    let user_id = query.optional_parsed("user_id")?;
    let after = query.optional_number("cursor")?.unwrap_or(0);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let groups = state
        .store
        .find_groups(user_id, after, size.fetch())
        .await?;
    Ok(Json(Groups::page(groups, size)))
}

/// Create a group of users
///
/// The group is empty.
#[utoipa::path(
    post,
    path = "/admin/groups",
    tag = "admin",
    security(("access_token" = [])),
    request_body = GroupRequest,
    responses(
        (status = 201, description = "The group", body = GroupBody),
        (status = 400, description = "`body_not_json`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 409, description = "`group_title_taken`", body = ProblemBody),
        (status = 422, description = "`validation_failed`", body = ProblemBody),
    )
)]
async fn create_group(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    language: Language,
    JsonBody(body): JsonBody<GroupRequest>,
) -> Result<(StatusCode, Json<GroupBody>), Problem> {
    let title = title(&body, language)?;
    let made = state.store.create_group(&title, state.change(caller)).await;
    Ok((StatusCode::CREATED, Json(made.map_err(refused)?.into())))
}

/// Look up a group
#[utoipa::path(
    get,
    path = "/admin/groups/{group_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("group_id" = i64, Path, description = "The ID of the group", example = 90001)),
    responses(
        (status = 200, description = "The group", body = GroupBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
    )
)]
async fn get_group(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(group_id): Path<String>,
) -> Result<Json<GroupBody>, Problem> {
    let group = state.store.find_group(number(&group_id)?).await?;
    let group = group.ok_or_else(|| Problem::new(Code::GroupNotFound))?;
    Ok(Json(group.into()))
}

/// Rename a group
#[utoipa::path(
    put,
    path = "/admin/groups/{group_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("group_id" = i64, Path, description = "The ID of the group", example = 90001)),
    request_body = GroupRequest,
    responses(
        (status = 200, description = "The group", body = GroupBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
        (status = 409, description = "`group_title_taken`", body = ProblemBody),
        (status = 422, description = "`validation_failed`", body = ProblemBody),
    )
)]
async fn rename_group(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    language: Language,
    Path(group_id): Path<String>,
    JsonBody(body): JsonBody<GroupRequest>,
) -> Result<Json<GroupBody>, Problem> {
    let (id, title) = (number(&group_id)?, title(&body, language)?);
    let group = state.store.rename_group(id, &title, state.change(caller));
    Ok(Json(group.await.map_err(refused)?.into()))
}

/// Delete a group
///
/// Refused while a promo code is restricted to it, unless that is archived.
#[utoipa::path(
    delete,
    path = "/admin/groups/{group_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("group_id" = i64, Path, description = "The ID of the group", example = 90001)),
    responses(
        (status = 204, description = "The group is deleted"),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
        (status = 409, description = "`group_in_use`", body = ProblemBody),
    )
)]
async fn delete_group(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    Path(group_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let gone = state
        .store
        .delete_group(number(&group_id)?, state.change(caller));
    gone.await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

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
async fn list_members(
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
    params(("group_id" = i64, Path, description = "The ID of the group", example = 90001)),
    request_body = MembersRequest,
    responses(
        (status = 200, description = "The members are updated", body = MembersChanged),
        (status = 400, description = "`body_not_json`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `users_unknown` with the `users`", body = ProblemBody),
    )
)]
async fn change_members(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    Path(group_id): Path<String>,
    JsonBody(MembersRequest { add, remove }): JsonBody<MembersRequest>,
) -> Result<Json<MembersChanged>, Problem> {
    let id = number(&group_id)?;
    if add.len() + remove.len() > MAX_USERS {
        return Err(Problem::new(Code::TooManyUsers).with("limit", MAX_USERS));
    }
    if let Some(both) = add.iter().find(|user| remove.contains(user)) {
        return Err(Problem::new(Code::UserInBothLists).with("user_id", both.to_string()));
    }
    let change = state.change(caller);
    match state
        .store
        .change_members(id, &add, &remove, change)
        .await?
    {
        MembershipOutcome::Done { added, removed } => Ok(Json(MembersChanged { added, removed })),
        MembershipOutcome::NoGroup => Err(Problem::new(Code::GroupNotFound)),
        MembershipOutcome::Unknown(users) => {
            let users: Vec<String> = users.iter().map(Uuid::to_string).collect();
            Err(Problem::new(Code::UsersUnknown).with("users", users))
        }
    }
}

fn number(group_id: &str) -> Result<i64, Problem> {
    group_id
        .parse()
        .map_err(|_| Problem::new(Code::GroupNotFound))
}

fn title(body: &GroupRequest, language: Language) -> Result<Title, Problem> {
    Title::parse(&body.title)
        .map_err(|error| Problem::invalid_field("title", error.advice(language)))
}

fn refused(error: GroupError) -> Problem {
    match error {
        GroupError::NotFound => Problem::new(Code::GroupNotFound),
        GroupError::TitleTaken => Problem::new(Code::GroupTitleTaken),
        GroupError::InUse => Problem::new(Code::GroupInUse),
        GroupError::Pg(error) => error.into(),
    }
}
