//! For staff: groups of users, for which promo codes can be. `/admin/groups` lists and creates them,
//! `/admin/groups/{group_id}` is one of them, `/admin/groups/{group_id}/members` who is in it, also as a file, and
//! `/admin/groups/{group_id}/versions` what it was called before. All staff may read; marketers and administrators write.

mod dto;
mod files;
mod members;
mod versions;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use domain::{Clock, Title};
use loyalty_store::{Group, GroupError, GroupFilter, LoyaltyStore};
use runtime::{ConfigError, SystemClock};
use service_http::{
    Access, Code, FieldAdvice, IfMatch, JsonBody, Language, Marketer, Page, PageSize, Problem,
    ProblemBody, Query, SortedPage, Staff, Versioned, path_number,
};
use staff_http::{StaffRequest, written};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dto::{GroupBody, GroupRequest};

/// Items on a page by default.
const PAGE: u16 = 50;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 500;
/// What they can be sorted by.
const SORTS: [&str; 2] = ["id", "title"];

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

    async fn load_body(&self, id: i64) -> Result<Versioned<GroupBody>, Problem> {
        let group = self.store.find_group(id).await?;
        let group = group.ok_or_else(|| Problem::new(Code::GroupNotFound))?;
        Ok(Versioned {
            version: group.version,
            body: group.into(),
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_groups, create_group))
        .routes(routes!(get_group, rename_group, delete_group))
        .routes(routes!(versions::list_group_versions))
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
        ("title" = Option<String>, Query, description = "Only those whose title contains this, in any case"),
        ("sort" = Option<String>, Query, description = "`id` or `title`; `-` before it puts the largest first"),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page, with the same `sort`"),
    ),
    responses(
        (status = 200, description = "A page of groups", body = Page<GroupBody>),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
    )
)]
async fn list_groups(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Page<GroupBody>>, Problem> {
    let filter = GroupFilter {
        user_id: query.optional_parsed("user_id")?,
        title: query.optional_text("title")?,
    };
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let page = SortedPage::read(&query, &SORTS, size)?;
    let found = state.store.list_groups(&filter, page.keyset()).await?;
    Ok(Json(page.page(
        found,
        |group: &Group| group.id,
        GroupBody::from,
    )))
}

/// Create a group of users
///
/// The group is empty.
#[utoipa::path(
    post,
    path = "/admin/groups",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = GroupRequest,
    responses(
        (status = 201, description = "The group, with its version as `ETag`", body = GroupBody),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 409, description = "`group_title_taken`", body = ProblemBody),
        (status = 410, description = "`deleted_since`: a repeated request, whose group has been deleted", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn create_group(
    extract::State(state): extract::State<State>,
    _: Marketer,
    request: StaffRequest,
    language: Language,
    JsonBody(body): JsonBody<GroupRequest>,
) -> Result<(StatusCode, Versioned<GroupBody>), Problem> {
    let id = match request {
        StaffRequest::Repeated(made) => made.resource_id()?,
        StaffRequest::New(change) => {
            let title = title(&body, language)?;
            let created = state.store.create_group(&title, change);
            created.await.map_err(refused)?
        }
    };
    Ok((StatusCode::CREATED, written(state.load_body(id).await)?))
}

/// Look up a group
#[utoipa::path(
    get,
    path = "/admin/groups/{group_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("group_id" = i64, Path, description = "The ID of the group", example = 90001)),
    responses(
        (status = 200, description = "The group, with its version as `ETag`", body = GroupBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
    )
)]
async fn get_group(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(group_id): Path<String>,
) -> Result<Versioned<GroupBody>, Problem> {
    state.load_body(number(&group_id)?).await
}

/// Rename a group
#[utoipa::path(
    put,
    path = "/admin/groups/{group_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("group_id" = i64, Path, description = "The ID of the group", example = 90001),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = GroupRequest,
    responses(
        (status = 200, description = "The group, with its version as `ETag`", body = GroupBody),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
        (status = 409, description = "`group_title_taken`", body = ProblemBody),
        (status = 410, description = "`deleted_since`: a repeated request, whose group has been deleted", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn rename_group(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(group_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    JsonBody(body): JsonBody<GroupRequest>,
) -> Result<Versioned<GroupBody>, Problem> {
    let id = number(&group_id)?;
    if let StaffRequest::New(change) = request {
        let title = title(&body, language)?;
        let renamed = state
            .store
            .rename_group(id, if_match.version(), &title, change);
        renamed.await.map_err(refused)?;
    }
    written(state.load_body(id).await)
}

/// Delete a group
///
/// Refused while a promo code is restricted to it, unless that is archived.
#[utoipa::path(
    delete,
    path = "/admin/groups/{group_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("group_id" = i64, Path, description = "The ID of the group", example = 90001),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    responses(
        (status = 204, description = "The group is deleted"),
        (status = 400, description = "`if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
        (status = 409, description = "`group_in_use`", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn delete_group(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(group_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
) -> Result<StatusCode, Problem> {
    let id = number(&group_id)?;
    if let StaffRequest::New(change) = request {
        let gone = state.store.delete_group(id, if_match.version(), change);
        gone.await.map_err(refused)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn number(group_id: &str) -> Result<i64, Problem> {
    path_number(group_id, Code::GroupNotFound)
}

fn title(body: &GroupRequest, language: Language) -> Result<Title, Problem> {
    Title::parse(&body.title)
        .map_err(|error| Problem::invalid_field("title", error.advice(language)))
}

fn refused(error: GroupError) -> Problem {
    match error {
        GroupError::NotFound => Problem::new(Code::GroupNotFound),
        GroupError::TitleTaken => Problem::new(Code::GroupTitleTaken),
        GroupError::Changed(version) => {
            Problem::new(Code::ChangedMeanwhile).with("version", version)
        }
        GroupError::KeyReused => Problem::new(Code::IdempotencyKeyReused),
        GroupError::InUse => Problem::new(Code::GroupInUse),
        GroupError::Pg(error) => error.into(),
    }
}
