//! For staff: campaigns. `/admin/campaigns` lists and creates them, `/admin/campaigns/{campaign_id}` is one of them, and
//! `/admin/campaigns/{campaign_id}/versions` what it was before. All staff may read; marketers and administrators write.

mod dto;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use domain::Clock;
use loyalty_store::{CampaignFilter, ChangeError, LoyaltyStore, StoredCampaign};
use runtime::{ConfigError, SystemClock};
use service_http::{
    Access, CheckedBody, Code, FieldErrors, IfMatch, Language, Marketer, MergePatch, Page,
    PageSize, Problem, ProblemBody, Query, SortedPage, Staff, Versioned, Versions, path_number,
};
use staff_http::{StaffRequest, versions};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dto::{CampaignBody, CampaignFields};

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

    async fn find(&self, id: i64) -> Result<StoredCampaign, Problem> {
        let found = self.store.find_campaign(id).await?;
        found.ok_or_else(|| Problem::new(Code::CampaignNotFound))
    }

    async fn load_body(&self, id: i64) -> Result<Versioned<CampaignBody>, Problem> {
        let found = self.find(id).await?;
        Ok(Versioned {
            version: found.campaign.campaign.version,
            body: found.into(),
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_campaigns, create_campaign))
        .routes(routes!(get_campaign, replace_campaign, change_campaign))
        .routes(routes!(list_campaign_versions))
}

/// List campaigns
///
/// With what is used of their limits and budgets.
#[utoipa::path(
    get,
    path = "/admin/campaigns",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("status" = Option<String>, Query, description = "Only campaigns that are `active`, `paused` or `archived`"),
        ("title" = Option<String>, Query, description = "Only those whose title contains this, in any case"),
        ("sort" = Option<String>, Query, description = "`id` or `title`; `-` before it puts the largest first"),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page, with the same `sort`"),
    ),
    responses(
        (status = 200, description = "A page of campaigns", body = Page<CampaignBody>),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
async fn list_campaigns(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Page<CampaignBody>>, Problem> {
    let filter = CampaignFilter {
        status: query.optional_parsed("status")?,
        title: query.optional_text("title")?,
    };
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let page = SortedPage::read(&query, &SORTS, size)?;
    let found = state.store.find_campaigns(&filter, page.keyset()).await?;
    let id = |stored: &StoredCampaign| stored.campaign.campaign.id;
    Ok(Json(page.page(found, id, CampaignBody::from)))
}

/// Create a campaign
///
/// Promo codes join it with their `campaign_id`.
#[utoipa::path(
    post,
    path = "/admin/campaigns",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = CampaignFields,
    responses(
        (status = 201, description = "The campaign, with its version as `ETag`", body = CampaignBody),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 409, description = "`campaign_title_taken`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn create_campaign(
    extract::State(state): extract::State<State>,
    _: Marketer,
    request: StaffRequest,
    language: Language,
    body: CheckedBody<CampaignFields>,
) -> Result<(StatusCode, Versioned<CampaignBody>), Problem> {
    let id = match request {
        StaffRequest::Repeated(made) => made.resource_id()?,
        StaffRequest::New(change) => {
            let entry = dto::parse(body)?;
            let created = state.store.create_campaign(&entry, change);
            created.await.map_err(|error| refused(error, language))?
        }
    };
    Ok((StatusCode::CREATED, state.load_body(id).await?))
}

/// Look up a campaign
#[utoipa::path(
    get,
    path = "/admin/campaigns/{campaign_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("campaign_id" = i64, Path, description = "The ID of the campaign", example = 90001)),
    responses(
        (status = 200, description = "The campaign, with its version as `ETag`", body = CampaignBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`campaign_not_found`", body = ProblemBody),
    )
)]
async fn get_campaign(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(campaign_id): Path<String>,
) -> Result<Versioned<CampaignBody>, Problem> {
    state.load_body(number(&campaign_id)?).await
}

/// Replace a campaign
///
/// All its promo codes follow at once: a paused campaign stops them, an archived one for good.
#[utoipa::path(
    put,
    path = "/admin/campaigns/{campaign_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("campaign_id" = i64, Path, description = "The ID of the campaign", example = 90001),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = CampaignFields,
    responses(
        (status = 200, description = "The updated campaign", body = CampaignBody),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`campaign_not_found`", body = ProblemBody),
        (status = 409, description = "`campaign_title_taken`, `campaign_archived`", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn replace_campaign(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(campaign_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    body: CheckedBody<CampaignFields>,
) -> Result<Versioned<CampaignBody>, Problem> {
    let id = number(&campaign_id)?;
    if let StaffRequest::New(change) = request {
        let entry = dto::parse(body)?;
        let replaced = state
            .store
            .replace_campaign(id, if_match.version(), &entry, change);
        replaced.await.map_err(|error| refused(error, language))?;
    }
    state.load_body(id).await
}

/// Change a campaign
///
/// Only the members that are named; `null` removes one. All its promo codes follow at once: a paused campaign stops them, an archived one for good.
#[utoipa::path(
    patch,
    path = "/admin/campaigns/{campaign_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("campaign_id" = i64, Path, description = "The ID of the campaign", example = 90001),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body(content = Value, description = "Members of a campaign", example = json!({ "title": "Весна" })),
    responses(
        (status = 200, description = "The updated campaign", body = CampaignBody),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`campaign_not_found`", body = ProblemBody),
        (status = 409, description = "`campaign_title_taken`, `campaign_archived`", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn change_campaign(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(campaign_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    patch: MergePatch,
) -> Result<Versioned<CampaignBody>, Problem> {
    let id = number(&campaign_id)?;
    if let StaffRequest::New(change) = request {
        let replace = || async {
            let before = state.find(id).await?;
            // What the patch was merged into is what has to be there still.
            let version = if_match
                .version()
                .unwrap_or(before.campaign.campaign.version);
            let body = patch
                .clone()
                .merge(&CampaignFields::from(before.campaign))?;
            let entry = dto::parse(body)?;
            let replaced = state
                .store
                .replace_campaign(id, Some(version), &entry, change);
            replaced.await.map_err(|error| refused(error, language))
        };
        if_match.change(replace).await?;
    }
    state.load_body(id).await
}

/// List the versions of a campaign
///
/// The newest first, each with who made it, when, and what changed.
#[utoipa::path(
    get,
    path = "/admin/campaigns/{campaign_id}/versions",
    tag = "admin",
    security(("access_token" = [])),
    params(("campaign_id" = i64, Path, description = "The ID of the campaign", example = 90001)),
    responses(
        (status = 200, description = "The versions", body = Versions<CampaignFields>),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`campaign_not_found`", body = ProblemBody),
    )
)]
async fn list_campaign_versions(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(campaign_id): Path<String>,
) -> Result<Json<Versions<CampaignFields>>, Problem> {
    let past = state.store.campaign_versions(number(&campaign_id)?).await?;
    versions(past, Code::CampaignNotFound, CampaignFields::from)
}

fn number(campaign_id: &str) -> Result<i64, Problem> {
    path_number(campaign_id, Code::CampaignNotFound)
}

fn refused(error: ChangeError, language: Language) -> Problem {
    match error {
        ChangeError::NotFound => Problem::new(Code::CampaignNotFound),
        ChangeError::Changed(version) => {
            Problem::new(Code::ChangedMeanwhile).with("version", version)
        }
        ChangeError::OtherCurrency => dto::other_currency(FieldErrors::new(language)),
        ChangeError::KeyReused => Problem::new(Code::IdempotencyKeyReused),
        ChangeError::TitleTaken => Problem::new(Code::CampaignTitleTaken),
        ChangeError::Archived => Problem::new(Code::CampaignArchived),
        ChangeError::Pg(error) => error.into(),
    }
}
