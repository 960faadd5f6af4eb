//! For staff: the promo codes. `/admin/promocodes` lists and creates them, `/admin/promocodes/{promocode_id}` is one of
//! them. All staff may read; marketers and administrators write.

mod dto;
mod entry;
mod fields;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use domain::{Clock, PromoCode, Promotion, PromotionStatus};
use loyalty_store::{Change, LoyaltyStore, PromoError, PromoFilter, StoredPromo};
use runtime::{ConfigError, SystemClock};
use service_http::{
    Access, Caller, CheckedBody, Code, FieldErrors, Language, Marketer, PageSize, Problem,
    ProblemBody, Query, Staff,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dto::{PromoBody, Promos};
use crate::entry::Parsed;
use crate::fields::{FieldError, PromoFields};

/// Promo codes on a page by default.
const PAGE: u16 = 20;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 100;

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

    /// Adds what only the database knows to be wrong: references to what does not exist, and a total that can't be paid for a
    /// tariff on sale. What was so `before` is accepted.
    async fn check_stored(
        &self,
        parsed: &mut Parsed,
        before: Option<&StoredPromo>,
    ) -> Result<(), Problem> {
        let Parsed { promotion, .. } = parsed;
        let unknown = self
            .store
            .unknown_references(promotion, parsed.user_id, before)
            .await?;
        for field in unknown {
            parsed
                .errors
                .check(&field, Err::<(), _>(FieldError::Unknown));
        }
        let price = |p: &Promotion| (p.effect, p.currency, p.tariffs.clone(), p.min_price_minor);
        let promotion = &parsed.promotion;
        let is_new = before.is_none_or(|before| price(&before.promotion) != price(promotion));
        if is_new
            && parsed.has_price()
            && let Some((tariff, total, least)) = self.store.first_not_payable(promotion).await?
        {
            let error = FieldError::NotPayable {
                tariff: tariff.0,
                total: total.to_decimal(),
                least: least.to_decimal(),
            };
            parsed.errors.refuse("effect", &error);
        }
        Ok(())
    }

    async fn load_body(&self, id: i64) -> Result<Json<PromoBody>, Problem> {
        let promo = self.store.find_promo(id).await?;
        promo
            .map(|promo| Json(promo.into()))
            .ok_or_else(|| Problem::new(Code::PromoNotFound))
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_promocodes, create_promocode))
        .routes(routes!(get_promocode, replace_promocode, delete_promocode))
}

/// List promo codes
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/admin/promocodes",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("status" = Option<String>, Query, description = "Only promo codes that are `draft`, `active`, `paused` or `archived`"),
        ("campaign_id" = Option<i64>, Query, description = "Only promo codes of this campaign", minimum = 1),
        ("begins_with" = Option<String>, Query, description = "Only promo codes whose text begins with this: at least 3 characters"),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<i64>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The promo codes", body = Promos),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
    )
)]
async fn list_promocodes(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Promos>, Problem> {
    let invalid = |_| Problem::new(Code::QueryParameterInvalid).with("parameter", "begins_with");
    let begins_with = query.optional("begins_with")?.map(PromoCode::parse);
    let filter = PromoFilter {
        status: query.optional_parsed("status")?,
        campaign_id: query.optional_number("campaign_id")?,
        begins_with: begins_with.transpose().map_err(invalid)?,
    };
    let before = query.optional_number("cursor")?.unwrap_or(i64::MAX);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let promos = state
        .store
        .find_promos(&filter, before, size.fetch())
        .await?;
    Ok(Json(Promos::page(promos, size)))
}

/// Create a promo code
///
/// Its period is given in local time of its time zone: `2026-03-01T00:00` in `Europe/Moscow`.
#[utoipa::path(
    post,
    path = "/admin/promocodes",
    tag = "admin",
    security(("access_token" = [])),
    request_body = PromoFields,
    responses(
        (status = 201, description = "The promo code", body = PromoBody),
        (status = 400, description = "`body_not_json`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 409, description = "`promocode_taken`", body = ProblemBody),
        (status = 422, description = "`validation_failed`", body = ProblemBody),
    )
)]
async fn create_promocode(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    language: Language,
    body: CheckedBody<PromoFields>,
) -> Result<(StatusCode, Json<PromoBody>), Problem> {
    let mut parsed = entry::parse(body);
    state.check_stored(&mut parsed, None).await?;
    let entry = parsed.finish()?;
    let made = state
        .store
        .create_promotion(&entry, state.change(caller))
        .await;
    let id = made.map_err(|error| refused(error, language))?;
    Ok((StatusCode::CREATED, state.load_body(id).await?))
}

/// Look up a promo code
#[utoipa::path(
    get,
    path = "/admin/promocodes/{promocode_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5)),
    responses(
        (status = 200, description = "The promo code", body = PromoBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
    )
)]
async fn get_promocode(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(promocode_id): Path<String>,
) -> Result<Json<PromoBody>, Problem> {
    state.load_body(number(&promocode_id)?).await
}

/// Change a promo code
///
/// The body is the complete new promo code, with the `version` that was read. The text can be changed only in a draft that
/// was never active, and an archived promo code can't be changed at all. Users who have already applied the code keep
/// their price.
#[utoipa::path(
    put,
    path = "/admin/promocodes/{promocode_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5)),
    request_body = PromoFields,
    responses(
        (status = 200, description = "The updated promo code", body = PromoBody),
        (status = 400, description = "`body_not_json`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
        (status = 409, description = "`promocode_archived`, `promocode_taken`", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`", body = ProblemBody),
    )
)]
async fn replace_promocode(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    language: Language,
    Path(promocode_id): Path<String>,
    mut body: CheckedBody<PromoFields>,
) -> Result<Json<PromoBody>, Problem> {
    let id = number(&promocode_id)?;
    let version = body.fields.version.ok_or(FieldError::VersionMissing);
    let version = body.errors.check("version", version).unwrap_or_default();
    let mut parsed = entry::parse(body);
    // What the store refuses first is checked before what is only checked here.
    if let Some(before) = state.store.find_promo(id).await?
        && before.promotion.version == version
        && before.promotion.status != PromotionStatus::Archived
    {
        state.check_stored(&mut parsed, Some(&before)).await?;
    }
    let entry = parsed.finish()?;
    let change = state.change(caller);
    let written = state
        .store
        .replace_promotion(id, version, &entry, change)
        .await;
    written.map_err(|error| refused(error, language))?;
    state.load_body(id).await
}

/// Delete a promo code
///
/// Only a draft that was never active can be deleted; its text is free again. Any other promo code can be archived: that
/// frees its text, too.
#[utoipa::path(
    delete,
    path = "/admin/promocodes/{promocode_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5)),
    responses(
        (status = 204, description = "The promo code is deleted"),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
        (status = 409, description = "`promocode_not_draft`", body = ProblemBody),
    )
)]
async fn delete_promocode(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    language: Language,
    Path(promocode_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = number(&promocode_id)?;
    let deleted = state.store.delete_promotion(id, state.change(caller)).await;
    deleted.map_err(|error| refused(error, language))?;
    Ok(StatusCode::NO_CONTENT)
}

fn number(promocode_id: &str) -> Result<i64, Problem> {
    promocode_id
        .parse()
        .map_err(|_| Problem::new(Code::PromoNotFound))
}

fn wrong(language: Language, field: &str, error: FieldError) -> Problem {
    let mut errors = FieldErrors::new(language);
    errors.refuse(field, &error);
    errors.into_problem()
}

fn refused(error: PromoError, language: Language) -> Problem {
    match error {
        PromoError::NotFound => Problem::new(Code::PromoNotFound),
        PromoError::CodeTaken => Problem::new(Code::PromoTaken),
        PromoError::Changed(version) => {
            Problem::new(Code::ChangedMeanwhile).with("version", version)
        }
        PromoError::Archived => Problem::new(Code::PromoArchived),
        PromoError::NotDraft => Problem::new(Code::PromoNotDraft),
        PromoError::CodeFixed => wrong(language, "promocode", FieldError::CodeFixed),
        PromoError::UsedInOtherCurrency => {
            wrong(language, "budget", FieldError::UsedInOtherCurrency)
        }
        PromoError::UnknownReferences(fields) => {
            let mut errors = FieldErrors::new(language);
            for field in fields {
                errors.refuse(&field, &FieldError::Unknown);
            }
            errors.into_problem()
        }
        PromoError::Pg(error) => error.into(),
    }
}
