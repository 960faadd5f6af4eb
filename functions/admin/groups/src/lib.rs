//! For staff: groups of users, for which promo codes can be. `/admin/groups` lists and makes them,
//! `/admin/groups/{group_id}` is one of them, and `/admin/groups/{group_id}/members` who is in it. All staff may read;
//! marketers and administrators write.

mod told;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use domain::{Clock, Title};
use loyalty_store::{Change, GroupError, LoyaltyStore, MembershipOutcome};
use runtime::{ConfigError, SystemClock};
use service_http::{
    Access, Caller, Code, FieldAdvice, JsonBody, Language, Marketer, Problem, ProblemBody, Query,
    Staff,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::told::{GroupBody, GroupRequest, Groups, Members, MembersChanged, MembersRequest};

/// Items on a page, if the caller does not say.
const PAGE: usize = 50;
/// The most that the caller can ask for.
const LARGEST_PAGE: usize = 500;
/// The most users that one call puts in and takes out.
const MOST_USERS: usize = 1_000;

/// What the function works with.
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

/// List the groups of users
///
/// All of them, or those that one user is in.
#[utoipa::path(
    get,
    path = "/admin/groups",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Option<Uuid>, Query, description = "Only the groups that this user is in"),
        ("limit" = Option<i64>, Query, description = "The most groups to answer with; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<i64>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "The groups", body = Groups),
        (status = 400, description = "A query parameter is repeated or not valid", body = ProblemBody),
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
    let size = query.page_size(PAGE, LARGEST_PAGE)?;
    let groups = state
        .store
        .find_groups(user_id, after, one_more(size))
        .await?;
    Ok(Json(Groups::page(groups, size)))
}

/// Make a group of users
///
/// It is empty at first.
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
    params(("group_id" = i64, Path, description = "The group's number")),
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

/// Give a group another title
#[utoipa::path(
    put,
    path = "/admin/groups/{group_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("group_id" = i64, Path, description = "The group's number")),
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
/// Refused while a promo code is for it, whatever the code's status.
#[utoipa::path(
    delete,
    path = "/admin/groups/{group_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("group_id" = i64, Path, description = "The group's number")),
    responses(
        (status = 204, description = "The group is gone"),
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

/// List the users in a group
#[utoipa::path(
    get,
    path = "/admin/groups/{group_id}/members",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("group_id" = i64, Path, description = "The group's number"),
        ("limit" = Option<i64>, Query, description = "The most users to answer with; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<Uuid>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "The users", body = Members),
        (status = 400, description = "A query parameter is repeated or not valid", body = ProblemBody),
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
    let size = query.page_size(PAGE, LARGEST_PAGE)?;
    let members = state.store.group_members(id, after, one_more(size)).await?;
    let members = members.ok_or_else(|| Problem::new(Code::GroupNotFound))?;
    Ok(Json(Members::page(members, size)))
}

/// Put users into a group and take others out
///
/// All of it or nothing, and at once: the next attempt to apply a promo code goes by it. Doing it again changes nothing.
#[utoipa::path(
    patch,
    path = "/admin/groups/{group_id}/members",
    tag = "admin",
    security(("access_token" = [])),
    params(("group_id" = i64, Path, description = "The group's number")),
    request_body = MembersRequest,
    responses(
        (status = 200, description = "The members are as asked", body = MembersChanged),
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
    if add.len() + remove.len() > MOST_USERS {
        return Err(Problem::new(Code::TooManyUsers).with("limit", MOST_USERS));
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

/// For a page of `size`, and to know whether there is another one.
fn one_more(size: usize) -> i64 {
    i64::try_from(size + 1).unwrap_or(i64::MAX)
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
