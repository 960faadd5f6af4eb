//! `/admin/promotions` lists and creates promotions, `/admin/promotions/{promotion_id}` is one of them, and
//! `/admin/promotions/{promotion_id}/versions` what it was before.

use std::collections::HashSet;

use approval_requests::{ApprovalBody, Written};
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use domain::{Promotion, PromotionId, PromotionStatus, Reason};
use jiff::tz::TimeZone;
use loyalty_store::{Change, CodeEntry, CodeFilter, PromotionFilter, StoredPromotion};
use service_http::{
    CheckedBody, Code, FieldErrors, IfMatch, Language, Marketer, MergePatch, Page, PageSize,
    Problem, ProblemBody, Query, SortedPage, Staff, Versioned, Versions, path_number,
};
use staff_http::{StaffRequest, versions, written};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::approval::Wanted;
use crate::code_body::CodeBody;
use crate::field_error::FieldError;
use crate::promotion_body::{CreatedPromotion, PromotionBody};
use crate::promotion_entry::{self, ParsedPromotion};
use crate::promotion_fields::PromotionFields;
use crate::{MAX_PAGE, PAGE, State, code_fields, refused};

/// What promotions can be sorted by.
const SORTS: [&str; 3] = ["id", "title", "starts_at"];
/// The most promo codes that a promotion is created with.
const MAX_CODES: usize = 100;

pub(crate) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_promotions, create_promotion))
        .routes(routes!(
            get_promotion,
            replace_promotion,
            change_promotion,
            delete_promotion
        ))
        .routes(routes!(list_promotion_versions))
}

impl State {
    async fn find_promotion(&self, id: PromotionId) -> Result<StoredPromotion, Problem> {
        let found = self.store.find_promotion(id).await?;
        found.ok_or_else(|| Problem::new(Code::PromotionNotFound))
    }

    async fn promotion_body(&self, id: PromotionId) -> Result<Versioned<PromotionBody>, Problem> {
        let found = self.find_promotion(id).await?;
        Ok(Versioned {
            version: found.promotion.version,
            body: found.into(),
        })
    }

    /// Changes a promotion that has this version, or asks for the approval of that.
    async fn write(
        &self,
        before: &Promotion,
        version: Option<i32>,
        (promotion, reason): (Promotion, Option<Reason>),
        change: Change,
        language: Language,
    ) -> Result<Written<PromotionId>, Problem> {
        let wanted = Wanted {
            before: Some(before),
            version: version.unwrap_or(before.version),
            promotion: &promotion,
            codes: &[],
            reason: reason.as_ref(),
        };
        if let Some(approval) = self.ask_for_approval(wanted, change, language).await? {
            return Ok(Written::Waits(approval));
        }
        // That it needs no approval may hang on what there is before.
        let is_active = promotion.status == PromotionStatus::Active;
        let version = version.or_else(|| is_active.then_some(before.version));
        let id = before.id;
        let replaced = self
            .store
            .replace_promotion(id, version, &promotion, change);
        replaced.await.map_err(|error| refused(error, language))?;
        Ok(Written::Done(id))
    }

    /// A promotion that was changed, or the approval that its change waits for.
    async fn answer(
        &self,
        made: Written<PromotionId>,
    ) -> Result<Written<Versioned<PromotionBody>>, Problem> {
        match made {
            Written::Done(id) => written(self.promotion_body(id).await).map(Written::Done),
            Written::Waits(approval) => Ok(Written::Waits(approval)),
        }
    }

    /// Adds what only the database knows to be wrong: references to what does not exist, and a total that can't be paid for a
    /// tariff on sale. What was so `before` is accepted.
    async fn check_stored(
        &self,
        parsed: &mut ParsedPromotion,
        before: Option<&Promotion>,
    ) -> Result<(), Problem> {
        let unknown = self.store.unknown_references(&parsed.promotion, before);
        for field in unknown.await? {
            parsed
                .errors
                .check(&field, Err::<(), _>(FieldError::Unknown));
        }
        let price = |p: &Promotion| (p.effect, p.currency, p.tariffs.clone(), p.min_price_minor);
        let promotion = &parsed.promotion;
        let is_new = before.is_none_or(|before| price(before) != price(promotion));
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
}

/// List promotions
///
/// With their usage.
#[utoipa::path(
    get,
    path = "/admin/promotions",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("status" = Option<String>, Query, description = "Only promotions that are `draft`, `active`, `paused` or `archived`"),
        ("campaign_id" = Option<i64>, Query, description = "Only promotions of this campaign", minimum = 1),
        ("tariff" = Option<i64>, Query, description = "Only promotions that work for this tariff", minimum = 1),
        ("group_id" = Option<i64>, Query, description = "Only promotions that are for this group", minimum = 1),
        ("title" = Option<String>, Query, description = "Only those whose title contains this, in any case"),
        ("sort" = Option<String>, Query, description = "`id`, `title` or `starts_at`; `-` before it puts the largest first"),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page, with the same `sort`"),
    ),
    responses(
        (status = 200, description = "A page of promotions", body = Page<PromotionBody>),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
async fn list_promotions(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Page<PromotionBody>>, Problem> {
    let filter = PromotionFilter {
        status: query.optional_parsed("status")?,
        campaign_id: query.optional_number("campaign_id")?,
        tariff: query.optional_number("tariff")?,
        group_id: query.optional_number("group_id")?,
        title: query.optional_text("title")?,
    };
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let page = SortedPage::read(&query, &SORTS, size)?;
    let found = state.store.find_promotions(&filter, page.keyset()).await?;
    let id = |stored: &StoredPromotion| stored.promotion.id.0;
    Ok(Json(page.page(found, id, PromotionBody::from)))
}

/// Create a promotion
///
/// With its first promo codes, if there are any. Its period is given in local time of its time zone: `2026-03-01T00:00` in
/// `Europe/Moscow`. If it is active and its discount is as large as the shop has a second person approve, by default all of a
/// price, nothing is created yet: the answer is the approval that it waits for.
#[utoipa::path(
    post,
    path = "/admin/promotions",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = PromotionFields,
    responses(
        (status = 201, description = "The promotion, with its version as `ETag`", body = CreatedPromotion),
        (status = 202, description = "It waits for an approval, which is at `Location`", body = ApprovalBody),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 409, description = "`promocode_taken`", body = ProblemBody),
        (status = 410, description = "`deleted_since`: a repeated request, whose promotion has been deleted", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn create_promotion(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    request: StaffRequest,
    language: Language,
    body: CheckedBody<PromotionFields>,
) -> Result<Written<(StatusCode, Versioned<CreatedPromotion>)>, Problem> {
    let made = match request {
        StaffRequest::Repeated(made) => state.made_before(&made).await?,
        StaffRequest::New(change) => create(&state, body, change, language).await?,
    };
    let id = match made {
        Written::Done(id) => id,
        Written::Waits(approval) => return Ok(Written::Waits(approval)),
    };
    let promotion = written(state.promotion_body(id).await)?;
    let filter = CodeFilter {
        promotion_id: Some(id.0),
        ..CodeFilter::default()
    };
    let limit = i64::try_from(MAX_CODES).unwrap_or(i64::MAX);
    let mut codes = state.store.find_codes(&filter, i64::MAX, limit).await?;
    codes.reverse();
    let reader = state.reader(caller);
    let codes = state.store.show(&reader, |sight| {
        let codes = codes.into_iter();
        codes.map(|code| CodeBody::of(code, sight)).collect()
    });
    Ok(Written::Done((
        StatusCode::CREATED,
        Versioned {
            version: promotion.version,
            body: CreatedPromotion {
                promotion: promotion.body,
                promocodes: codes.await?,
            },
        },
    )))
}

async fn create(
    state: &State,
    CheckedBody { fields, mut errors }: CheckedBody<PromotionFields>,
    change: Change,
    language: Language,
) -> Result<Written<PromotionId>, Problem> {
    // What is malformed was taken out, so the places of the others are not those that were sent.
    let malformed = errors.has("promocodes");
    let codes = match malformed {
        true => Vec::new(),
        false => parse_codes(&fields, &mut errors),
    };
    let mut parsed = promotion_entry::parse(&fields, errors);
    state.check_stored(&mut parsed, None).await?;
    let entered = fields.promocodes.as_deref().unwrap_or_default();
    let users: Vec<_> = entered.iter().map(|code| code.user_id).collect();
    for at in state.store.unknown_users(&users).await? {
        if !malformed {
            let field = format!("promocodes[{at}].user_id");
            parsed.errors.refuse(&field, &FieldError::Unknown);
        }
    }
    let (promotion, reason) = parsed.finish()?;
    let codes: Vec<CodeEntry> = codes.into_iter().flatten().collect();
    let wanted = Wanted {
        before: None,
        version: 0,
        promotion: &promotion,
        codes: &codes,
        reason: reason.as_ref(),
    };
    if let Some(approval) = state.ask_for_approval(wanted, change, language).await? {
        return Ok(Written::Waits(approval));
    }
    let created = state.store.create_promotion(&promotion, &codes, change);
    let id = created.await.map_err(|error| refused(error, language))?;
    Ok(Written::Done(id))
}

/// The promo codes of a new promotion; `None` in the place of one that is not acceptable.
fn parse_codes(fields: &PromotionFields, errors: &mut FieldErrors) -> Vec<Option<CodeEntry>> {
    let codes = fields.promocodes.as_deref().unwrap_or_default();
    if codes.len() > MAX_CODES {
        errors.refuse("promocodes", &FieldError::TooManyCodes);
        return Vec::new();
    }
    let zone = TimeZone::get(&fields.time_zone).ok();
    let mut texts = HashSet::new();
    let mut entry = |(at, code)| {
        let prefix = format!("promocodes[{at}].");
        let entry = code_fields::parse(code, &prefix, zone.as_ref(), errors)?;
        if !texts.insert(entry.code.as_str().to_owned()) {
            errors.refuse(&format!("{prefix}promocode"), &FieldError::TextTwice);
        }
        Some(entry)
    };
    codes.iter().enumerate().map(&mut entry).collect()
}

/// Look up a promotion
#[utoipa::path(
    get,
    path = "/admin/promotions/{promotion_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promotion_id" = i64, Path, description = "The ID of the promotion", example = 5),
    ),
    responses(
        (status = 200, description = "The promotion, with its version as `ETag`", body = PromotionBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`promotion_not_found`", body = ProblemBody),
    )
)]
async fn get_promotion(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(promotion_id): Path<String>,
) -> Result<Versioned<PromotionBody>, Problem> {
    state.promotion_body(number(&promotion_id)?).await
}

/// Replace a promotion
///
/// All its promo codes follow at once. An archived promotion can't be changed. Users who have applied a code keep their price.
/// What makes a discount as large as a second person has to approve available to buyers, or to more of them, changes nothing
/// yet: the answer is the approval that it waits for.
#[utoipa::path(
    put,
    path = "/admin/promotions/{promotion_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promotion_id" = i64, Path, description = "The ID of the promotion", example = 5),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = PromotionFields,
    responses(
        (status = 200, description = "The updated promotion", body = PromotionBody),
        (status = 202, description = "It waits for an approval, which is at `Location`", body = ApprovalBody),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promotion_not_found`", body = ProblemBody),
        (status = 409, description = "`promotion_archived`, `approval_pending`", body = ProblemBody),
        (status = 410, description = "`deleted_since`: a repeated request, whose promotion has been deleted", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn replace_promotion(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(promotion_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    body: CheckedBody<PromotionFields>,
) -> Result<Written<Versioned<PromotionBody>>, Problem> {
    let id = number(&promotion_id)?;
    let made = match request {
        StaffRequest::Repeated(made) => state.made_before(&made).await?,
        StaffRequest::New(change) => {
            let before = state.find_promotion(id).await?.promotion;
            let parsed = parse_change(&state, body, &before, if_match.version()).await?;
            state
                .write(&before, if_match.version(), parsed, change, language)
                .await?
        }
    };
    state.answer(made).await
}

/// Change a promotion
///
/// Only the members that are named; `null` removes one. All its promo codes follow at once. An archived promotion can't be
/// changed. Users who have applied a code keep their price. What makes a discount as large as a second person has to approve
/// available to buyers, or to more of them, changes nothing yet: the answer is the approval that it waits for.
#[utoipa::path(
    patch,
    path = "/admin/promotions/{promotion_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promotion_id" = i64, Path, description = "The ID of the promotion", example = 5),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body(content = Value, description = "Members of a promotion", example = json!({ "title": "Скидка 30 %" })),
    responses(
        (status = 200, description = "The updated promotion", body = PromotionBody),
        (status = 202, description = "It waits for an approval, which is at `Location`", body = ApprovalBody),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promotion_not_found`", body = ProblemBody),
        (status = 409, description = "`promotion_archived`, `approval_pending`", body = ProblemBody),
        (status = 410, description = "`deleted_since`: a repeated request, whose promotion has been deleted", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn change_promotion(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(promotion_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    patch: MergePatch,
) -> Result<Written<Versioned<PromotionBody>>, Problem> {
    let id = number(&promotion_id)?;
    let made = match request {
        StaffRequest::Repeated(made) => state.made_before(&made).await?,
        StaffRequest::New(change) => {
            let replace = || async {
                let before = state.find_promotion(id).await?.promotion;
                // What the patch was merged into is what has to be there still.
                let version = if_match.version().unwrap_or(before.version);
                let body = patch
                    .clone()
                    .merge(&PromotionFields::from(before.clone()))?;
                let parsed = parse_change(&state, body, &before, Some(version)).await?;
                state
                    .write(&before, Some(version), parsed, change, language)
                    .await
            };
            if_match.change(replace).await?
        }
    };
    state.answer(made).await
}

/// Reads a changed promotion. What the store refuses first is checked before what is only checked here.
async fn parse_change(
    state: &State,
    CheckedBody { fields, mut errors }: CheckedBody<PromotionFields>,
    before: &Promotion,
    version: Option<i32>,
) -> Result<(Promotion, Option<Reason>), Problem> {
    if fields.promocodes.is_some() {
        errors.refuse("promocodes", &FieldError::NotHere);
    }
    let mut parsed = promotion_entry::parse(&fields, errors);
    let is_current = version.is_none_or(|version| version == before.version);
    if is_current && before.status != PromotionStatus::Archived {
        state.check_stored(&mut parsed, Some(before)).await?;
    }
    parsed.finish()
}

/// Delete a promotion
///
/// With its promo codes, whose texts are free again. Only a draft that was never active can be deleted; any other promotion
/// can be archived: that frees the texts, too.
#[utoipa::path(
    delete,
    path = "/admin/promotions/{promotion_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promotion_id" = i64, Path, description = "The ID of the promotion", example = 5),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    responses(
        (status = 204, description = "The promotion is deleted"),
        (status = 400, description = "`if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promotion_not_found`", body = ProblemBody),
        (status = 409, description = "`promotion_not_draft`", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn delete_promotion(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(promotion_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
) -> Result<StatusCode, Problem> {
    let id = number(&promotion_id)?;
    if let StaffRequest::New(change) = request {
        let deleted = state.store.delete_promotion(id, if_match.version(), change);
        deleted.await.map_err(|error| refused(error, language))?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// List the versions of a promotion
///
/// The newest first, each with who made it, when, and what changed.
#[utoipa::path(
    get,
    path = "/admin/promotions/{promotion_id}/versions",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promotion_id" = i64, Path, description = "The ID of the promotion", example = 5),
    ),
    responses(
        (status = 200, description = "The versions", body = Versions<PromotionFields>),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`promotion_not_found`", body = ProblemBody),
    )
)]
async fn list_promotion_versions(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(promotion_id): Path<String>,
) -> Result<Json<Versions<PromotionFields>>, Problem> {
    let past = state.store.promotion_versions(number(&promotion_id)?);
    versions(past.await?, Code::PromotionNotFound, PromotionFields::from)
}

fn number(promotion_id: &str) -> Result<PromotionId, Problem> {
    path_number(promotion_id, Code::PromotionNotFound).map(PromotionId)
}
