//! For staff: groups of users, for which promo codes can be. `/admin/groups` lists and creates them,
//! `/admin/groups/{group_id}` is one of them, and `/admin/groups/{group_id}/members` who is in it, also as a file. All
//! staff may read; marketers and administrators write.

mod dto;
mod files;
mod list;
mod members;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use domain::{Clock, Title};
use loyalty_store::{Change, GroupError, GroupFilter, LoyaltyStore};
use runtime::{ConfigError, SystemClock};
use service_http::{
    Access, Caller, Code, FieldAdvice, JsonBody, Language, Marketer, PageSize, Problem,
    ProblemBody, Query, Staff,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dto::{GroupBody, GroupRequest, Groups};
use crate::list::GroupSort;

/// Items on a page by default.
const PAGE: u16 = 50;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 500;

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
        }
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_groups, create_group))
        .routes(routes!(get_group, rename_group, delete_group))
        .routes(routes!(members::list_members, members::change_members))
        .routes(routes!(files::import_members))
        .routes(routes!(files::export_members))
}

/// List groups of users
///
/// All of them, those of one user, or those whose titles contain a text.
#[utoipa::path(
    get,
    path = "/admin/groups",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Option<Uuid>, Query, description = "Only groups that this user is in; `POST /admin/users/resolve` finds the ID of an e-mail address"),
        ("title" = Option<String>, Query, description = "Only groups whose titles contain this, in whatever case"),
        ("sort" = Option<String>, Query, description = "`id`, by default, `-id`, `title` or `-title`; with `-`, descending"),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page, in the same order"),
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
    let filter = GroupFilter {
        user_id: query.optional_parsed("user_id")?,
        title: query.optional("title")?.and_then(list::searched),
    };
    let sort: GroupSort = query.optional_parsed("sort")?.unwrap_or_default();
    let order = sort.after(&query)?;
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let page = state.store.list_groups(&filter, &order, size.fetch());
    Ok(Json(Groups::page(page.await?, size, sort)))
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
