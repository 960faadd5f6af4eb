//! For staff: tariffs. `/admin/tariffs` lists and creates them, `/admin/tariffs/{tariff_id}` is one of them, and
//! `/admin/tariffs/{tariff_id}/versions` what it was before. All staff may read; marketers and administrators write.

mod dto;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use domain::{Clock, TariffId};
use loyalty_store::{ChangeError, LoyaltyStore, StoredTariff, TariffFilter};
use runtime::{ConfigError, SystemClock};
use service_http::{
    Access, CheckedBody, Code, FieldErrors, IfMatch, Language, Marketer, MergePatch, Page,
    PageSize, Problem, ProblemBody, Query, SortedPage, Staff, Versioned, Versions, path_number,
};
use staff_http::{StaffRequest, versions};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dto::{AdminTariff, TariffFields};

/// Items on a page by default.
const PAGE: u16 = 50;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 500;
/// What they can be sorted by.
const SORTS: [&str; 3] = ["id", "title", "price"];

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

    async fn find(&self, id: TariffId) -> Result<StoredTariff, Problem> {
        let found = self.store.find_tariff(id).await?;
        found.ok_or_else(|| Problem::new(Code::TariffNotFound))
    }

    async fn load_body(&self, id: TariffId) -> Result<Versioned<AdminTariff>, Problem> {
        let found = self.find(id).await?;
        Ok(Versioned {
            version: found.tariff.version,
            body: found.into(),
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_tariffs, create_tariff))
        .routes(routes!(get_tariff, replace_tariff, change_tariff))
        .routes(routes!(list_tariff_versions))
}

/// List tariffs
///
/// On sale or not.
#[utoipa::path(
    get,
    path = "/admin/tariffs",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("status" = Option<String>, Query, description = "Only tariffs that are `active` or `archived`"),
        ("currency" = Option<String>, Query, description = "Only tariffs in this currency"),
        ("title" = Option<String>, Query, description = "Only those whose title contains this, in any case"),
        ("sort" = Option<String>, Query, description = "`id`, `title` or `price`; `-` before it puts the largest first"),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page, with the same `sort`"),
    ),
    responses(
        (status = 200, description = "A page of tariffs", body = Page<AdminTariff>),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
async fn list_tariffs(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Page<AdminTariff>>, Problem> {
    let filter = TariffFilter {
        status: query.optional_parsed("status")?,
        currency: query.optional_text("currency")?,
        title: query.optional_text("title")?,
    };
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let page = SortedPage::read(&query, &SORTS, size)?;
    let found = state.store.find_tariffs(&filter, page.keyset()).await?;
    let id = |stored: &StoredTariff| stored.tariff.id.0;
    Ok(Json(page.page(found, id, AdminTariff::from)))
}

/// Create a tariff
///
/// It is on sale at once, unless it is `archived`.
#[utoipa::path(
    post,
    path = "/admin/tariffs",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = TariffFields,
    responses(
        (status = 201, description = "The tariff, with its version as `ETag`", body = AdminTariff),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn create_tariff(
    extract::State(state): extract::State<State>,
    _: Marketer,
    request: StaffRequest,
    language: Language,
    body: CheckedBody<TariffFields>,
) -> Result<(StatusCode, Versioned<AdminTariff>), Problem> {
    let id = match request {
        StaffRequest::Repeated(made) => TariffId(made.resource_id()?),
        StaffRequest::New(change) => {
            let entry = dto::parse(body, |price| state.store.least_payment_above(price))?;
            let created = state.store.create_tariff(&entry, change);
            created.await.map_err(|error| refused(error, language))?
        }
    };
    Ok((StatusCode::CREATED, state.load_body(id).await?))
}

/// Look up a tariff
#[utoipa::path(
    get,
    path = "/admin/tariffs/{tariff_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("tariff_id" = i64, Path, description = "The ID of the tariff", example = 1)),
    responses(
        (status = 200, description = "The tariff, with its version as `ETag`", body = AdminTariff),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`tariff_not_found`", body = ProblemBody),
    )
)]
async fn get_tariff(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(tariff_id): Path<String>,
) -> Result<Versioned<AdminTariff>, Problem> {
    state.load_body(number(&tariff_id)?).await
}

/// Replace a tariff
///
/// A changed price holds for new purchases and applications only.
#[utoipa::path(
    put,
    path = "/admin/tariffs/{tariff_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("tariff_id" = i64, Path, description = "The ID of the tariff", example = 1),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = TariffFields,
    responses(
        (status = 200, description = "The updated tariff", body = AdminTariff),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`tariff_not_found`", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn replace_tariff(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(tariff_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    body: CheckedBody<TariffFields>,
) -> Result<Versioned<AdminTariff>, Problem> {
    let id = number(&tariff_id)?;
    if let StaffRequest::New(change) = request {
        let entry = dto::parse(body, |price| state.store.least_payment_above(price))?;
        let replaced = state
            .store
            .replace_tariff(id, if_match.version(), &entry, change);
        replaced.await.map_err(|error| refused(error, language))?;
    }
    state.load_body(id).await
}

/// Change a tariff
///
/// Only the members that are named; `null` removes one. A changed price holds for new purchases and applications only.
#[utoipa::path(
    patch,
    path = "/admin/tariffs/{tariff_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("tariff_id" = i64, Path, description = "The ID of the tariff", example = 1),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body(content = Value, description = "Members of a tariff", example = json!({ "title": "Базовый на месяц" })),
    responses(
        (status = 200, description = "The updated tariff", body = AdminTariff),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`tariff_not_found`", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn change_tariff(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(tariff_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    patch: MergePatch,
) -> Result<Versioned<AdminTariff>, Problem> {
    let id = number(&tariff_id)?;
    if let StaffRequest::New(change) = request {
        let replace = || async {
            let before = state.find(id).await?;
            // What the patch was merged into is what has to be there still.
            let version = if_match.version().unwrap_or(before.tariff.version);
            let body = patch.clone().merge(&TariffFields::from(before.tariff))?;
            let entry = dto::parse(body, |price| state.store.least_payment_above(price))?;
            let replaced = state
                .store
                .replace_tariff(id, Some(version), &entry, change);
            replaced.await.map_err(|error| refused(error, language))
        };
        if_match.change(replace).await?;
    }
    state.load_body(id).await
}

/// List the versions of a tariff
///
/// The newest first, each with who made it, when, and what changed.
#[utoipa::path(
    get,
    path = "/admin/tariffs/{tariff_id}/versions",
    tag = "admin",
    security(("access_token" = [])),
    params(("tariff_id" = i64, Path, description = "The ID of the tariff", example = 1)),
    responses(
        (status = 200, description = "The versions", body = Versions<TariffFields>),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`tariff_not_found`", body = ProblemBody),
    )
)]
async fn list_tariff_versions(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(tariff_id): Path<String>,
) -> Result<Json<Versions<TariffFields>>, Problem> {
    let past = state.store.tariff_versions(number(&tariff_id)?).await?;
    versions(past, Code::TariffNotFound, TariffFields::from)
}

fn number(tariff_id: &str) -> Result<TariffId, Problem> {
    path_number(tariff_id, Code::TariffNotFound).map(TariffId)
}

fn refused(error: ChangeError, language: Language) -> Problem {
    match error {
        ChangeError::NotFound => Problem::new(Code::TariffNotFound),
        ChangeError::Changed(version) => {
            Problem::new(Code::ChangedMeanwhile).with("version", version)
        }
        ChangeError::OtherCurrency => dto::other_currency(FieldErrors::new(language)),
        ChangeError::KeyReused => Problem::new(Code::IdempotencyKeyReused),
        ChangeError::Pg(error) => error.into(),
        error @ (ChangeError::Archived | ChangeError::TitleTaken) => {
            Problem::new(Code::Internal).caused_by(error)
        }
    }
}
