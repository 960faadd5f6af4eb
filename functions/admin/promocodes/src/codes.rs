//! `/admin/promocodes` lists and creates promo codes, `/admin/promocodes/{promocode_id}` is one of them, and
//! `/admin/promocodes/{promocode_id}/versions` what it was before.

use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use domain::{CodeState, PromoCode, PromoCodeId, PromotionId};
use jiff::tz::TimeZone;
use loyalty_store::{Change, CodeFilter, StaffReader, StoredCode};
use serde::{Deserialize, Serialize};
use service_http::{
    CheckedBody, Code, IfMatch, Language, Marketer, MergePatch, PageSize, Problem, ProblemBody,
    Query, Staff, Versioned, Versions, path_number,
};
use staff_http::{StaffRequest, versions, written};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::approval::gives_no_more;
use crate::code_body::{self, CodeBody, Codes, ShownCode};
use crate::code_fields::{self, CodeFields};
use crate::field_error::FieldError;
use crate::{MAX_PAGE, PAGE, State, refused};

pub(crate) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_promocodes, create_promocode))
        .routes(routes!(
            get_promocode,
            replace_promocode,
            change_promocode,
            delete_promocode
        ))
        .routes(routes!(list_promocode_versions))
}

/// A promo code that is added to a promotion.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "promotion_id": 5, "promocode": "Весна 31" }))]
struct NewCode {
    /// The ID of its promotion.
    #[schema(example = 5)]
    promotion_id: i64,
    /// Its text, shown as it is typed here: 3 to 32 letters and digits. Case, hyphens and spaces don't matter when it is
    /// entered.
    #[schema(example = "SPRING31")]
    promocode: String,
    /// The ID of the only user whom it is for; `POST /admin/users/resolve` finds the ID of an e-mail address.
    user_id: Option<Uuid>,
    /// The number of uses of this code alone, beside the limits of its promotion; 1 makes it a one-time code.
    #[schema(minimum = 1)]
    max_uses: Option<i64>,
    /// An end of its own, before that of its promotion, in local time of its promotion's time zone.
    #[schema(example = "2026-03-15T00:00")]
    ends_at: Option<String>,
}

impl State {
    async fn find_code(&self, id: PromoCodeId) -> Result<StoredCode, Problem> {
        let found = self.store.find_code(id).await?;
        found.ok_or_else(|| Problem::new(Code::PromoNotFound))
    }

    async fn code_body(
        &self,
        id: PromoCodeId,
        reader: &StaffReader,
    ) -> Result<Versioned<CodeBody>, Problem> {
        self.shown(self.find_code(id).await?, reader).await
    }

    pub(crate) async fn shown(
        &self,
        code: StoredCode,
        reader: &StaffReader,
    ) -> Result<Versioned<CodeBody>, Problem> {
        let version = code.code.version;
        let body = self.store.show(reader, |sight| CodeBody::of(code, sight));
        Ok(Versioned {
            version,
            body: body.await?,
        })
    }
}

/// List promo codes
///
/// Newest first; those of batches only for one promotion or one user, since there may be millions of them.
#[utoipa::path(
    get,
    path = "/admin/promocodes",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promotion_id" = Option<i64>, Query, description = "Only promo codes of this promotion", minimum = 1),
        ("user_id" = Option<Uuid>, Query, description = "Only promo codes that are for this user alone; `POST /admin/users/resolve` finds the ID of an e-mail address"),
        ("status" = Option<String>, Query, description = "Only promo codes whose promotion is `draft`, `active`, `paused` or `archived`"),
        ("state" = Option<String>, Query, description = "Only promo codes that are `issued` or `disabled`"),
        ("campaign_id" = Option<i64>, Query, description = "Only promo codes of this campaign", minimum = 1),
        ("begins_with" = Option<String>, Query, description = "Only promo codes whose text begins with this: at least 3 characters. For support, only listed ones"),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<i64>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The promo codes", body = Codes),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
async fn list_promocodes(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    query: Query,
) -> Result<Json<Codes>, Problem> {
    let reader = state.reader(caller);
    let invalid = |_| Problem::new(Code::QueryParameterInvalid).with("parameter", "begins_with");
    let begins_with = query.optional("begins_with")?.map(PromoCode::parse);
    let filter = CodeFilter {
        promotion_id: query.optional_number("promotion_id")?,
        user_id: query.optional_parsed("user_id")?,
        status: query.optional_parsed("status")?,
        state: query.optional_parsed("state")?,
        campaign_id: query.optional_number("campaign_id")?,
        // Otherwise a text could be found out one character after the other.
        listed_alone: begins_with.is_some() && reader.sees_listed_alone(),
        begins_with: begins_with.transpose().map_err(invalid)?,
    };
    let before = query.optional_number("cursor")?.unwrap_or(i64::MAX);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let codes = state.store.find_codes(&filter, before, size.fetch());
    let codes = codes.await?;
    let page = state
        .store
        .show(&reader, |sight| Codes::page(codes, size, sight));
    Ok(Json(page.await?))
}

/// Create a promo code
///
/// Another text for a promotion. `POST /admin/promotions` creates a promotion with its first promo codes.
#[utoipa::path(
    post,
    path = "/admin/promocodes",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = NewCode,
    responses(
        (status = 201, description = "The promo code, with its version as `ETag`", body = CodeBody),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promotion_not_found`", body = ProblemBody),
        (status = 409, description = "`promotion_archived`, `promotion_unlimited`, `approval_pending`, `promocode_taken`", body = ProblemBody),
        (status = 410, description = "`deleted_since`: a repeated request, whose promo code has been deleted", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn create_promocode(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    request: StaffRequest,
    language: Language,
    body: CheckedBody<NewCode>,
) -> Result<(StatusCode, Versioned<CodeBody>), Problem> {
    let id = match request {
        StaffRequest::Repeated(made) => PromoCodeId(made.resource_id()?),
        StaffRequest::New(change) => create(&state, body, change, language).await?,
    };
    Ok((
        StatusCode::CREATED,
        written(state.code_body(id, &state.reader(caller)).await)?,
    ))
}

async fn create(
    state: &State,
    CheckedBody { fields, mut errors }: CheckedBody<NewCode>,
    change: Change,
    language: Language,
) -> Result<PromoCodeId, Problem> {
    let promotion_id = PromotionId(fields.promotion_id);
    let promotion = state.store.find_promotion(promotion_id).await?;
    // Without its promotion only its time zone is missing: what else is wrong is said first.
    let zone = promotion
        .as_ref()
        .map(|found| &found.promotion.schedule.zone);
    let zone = zone.cloned().unwrap_or(TimeZone::UTC);
    let code = CodeFields {
        promocode: fields.promocode,
        user_id: fields.user_id,
        max_uses: fields.max_uses,
        ends_at: fields.ends_at,
        state: CodeState::Issued,
    };
    let entry = code_fields::parse(&code, "", Some(&zone), &mut errors);
    if !state.store.unknown_users(&[code.user_id]).await?.is_empty() {
        errors.check("user_id", Err::<(), _>(FieldError::Unknown));
    }
    let Some(entry) = entry.filter(|_| errors.is_empty()) else {
        return Err(errors.into_problem());
    };
    if let Some(promotion) = promotion
        && state.is_extended_by_codes(&promotion.promotion).await?
    {
        return Err(Problem::new(Code::PromotionUnlimited));
    }
    let created = state.store.create_code(promotion_id, &entry, change);
    created.await.map_err(|error| refused(error, language))
}

/// Read a promo code
#[utoipa::path(
    get,
    path = "/admin/promocodes/{promocode_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5),
    ),
    responses(
        (status = 200, description = "The promo code, with its version as `ETag`", body = CodeBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
    )
)]
async fn get_promocode(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    Path(promocode_id): Path<String>,
) -> Result<Versioned<CodeBody>, Problem> {
    let reader = state.reader(caller);
    state.code_body(number(&promocode_id)?, &reader).await
}

/// Replace a promo code
///
/// Its text can be changed only while its promotion is a draft that was never active; other spellings of it always. Users who
/// have applied it keep their price.
#[utoipa::path(
    put,
    path = "/admin/promocodes/{promocode_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = CodeFields,
    responses(
        (status = 200, description = "The updated promo code", body = CodeBody),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
        (status = 409, description = "`promotion_archived`, `promotion_unlimited`, `approval_pending`, `promocode_taken`", body = ProblemBody),
        (status = 410, description = "`deleted_since`: a repeated request, whose promo code has been deleted", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn replace_promocode(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    Path(promocode_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    body: CheckedBody<CodeFields>,
) -> Result<Versioned<CodeBody>, Problem> {
    let id = number(&promocode_id)?;
    if let StaffRequest::New(change) = request {
        let before = state.find_code(id).await?;
        let write = Write {
            version: if_match.version(),
            before: &before,
            language,
        };
        write.replace(&state, body, change).await?;
    }
    written(state.code_body(id, &state.reader(caller)).await)
}

/// Change a promo code
///
/// Only the members that are named; `null` removes one. Its text can be changed only while its promotion is a draft that was
/// never active; other spellings of it always. Users who have applied it keep their price.
#[utoipa::path(
    patch,
    path = "/admin/promocodes/{promocode_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body(content = Value, description = "Members of a promo code", example = json!({ "state": "issued" })),
    responses(
        (status = 200, description = "The updated promo code", body = CodeBody),
        (status = 400, description = "`body_not_json`, `if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
        (status = 409, description = "`promotion_archived`, `promotion_unlimited`, `approval_pending`, `promocode_taken`", body = ProblemBody),
        (status = 410, description = "`deleted_since`: a repeated request, whose promo code has been deleted", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn change_promocode(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    Path(promocode_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
    patch: MergePatch,
) -> Result<Versioned<CodeBody>, Problem> {
    let id = number(&promocode_id)?;
    if let StaffRequest::New(change) = request {
        let replace = || async {
            let before = state.find_code(id).await?;
            let fields = code_body::entered(before.code.clone(), &zone(&before));
            let body = patch.clone().merge(&fields)?;
            let write = Write {
                // What the patch was merged into is what has to be there still.
                version: Some(if_match.version().unwrap_or(before.code.version)),
                before: &before,
                language,
            };
            write.replace(&state, body, change).await
        };
        if_match.change(replace).await?;
    }
    written(state.code_body(id, &state.reader(caller)).await)
}

/// A change of a promo code.
struct Write<'a> {
    /// The version that it must have, if it must have a certain one.
    version: Option<i32>,
    before: &'a StoredCode,
    language: Language,
}

impl Write<'_> {
    async fn replace(
        self,
        state: &State,
        CheckedBody { fields, mut errors }: CheckedBody<CodeFields>,
        change: Change,
    ) -> Result<(), Problem> {
        let entry = code_fields::parse(&fields, "", Some(&zone(self.before)), &mut errors);
        let is_new = fields.user_id != self.before.code.user_id;
        if is_new
            && !state
                .store
                .unknown_users(&[fields.user_id])
                .await?
                .is_empty()
        {
            errors.check("user_id", Err::<(), _>(FieldError::Unknown));
        }
        let Some(entry) = entry.filter(|_| errors.is_empty()) else {
            return Err(errors.into_problem());
        };
        let before = &self.before.code;
        if !gives_no_more(&entry, before)
            && let Some(promotion) = state.store.find_promotion(before.promotion_id).await?
            && state.is_extended_by_codes(&promotion.promotion).await?
        {
            return Err(Problem::new(Code::PromotionUnlimited));
        }
        let replaced = state
            .store
            .replace_code(self.before.code.id, self.version, &entry, change);
        let language = self.language;
        replaced.await.map_err(|error| refused(error, language))
    }
}

/// Delete a promo code
///
/// Only while its promotion is a draft that was never active; its text is free again. Any other promo code can be `disabled`.
#[utoipa::path(
    delete,
    path = "/admin/promocodes/{promocode_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*` for any", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    responses(
        (status = 204, description = "The promo code is deleted"),
        (status = 400, description = "`if_match_invalid`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
        (status = 409, description = "`promotion_not_draft`", body = ProblemBody),
        (status = 412, description = "`changed_meanwhile`", body = ProblemBody),
        (status = 422, description = "`idempotency_key_reused`", body = ProblemBody),
        (status = 428, description = "`if_match_missing`", body = ProblemBody),
    )
)]
async fn delete_promocode(
    extract::State(state): extract::State<State>,
    _: Marketer,
    Path(promocode_id): Path<String>,
    if_match: IfMatch,
    request: StaffRequest,
    language: Language,
) -> Result<StatusCode, Problem> {
    let id = number(&promocode_id)?;
    if let StaffRequest::New(change) = request {
        let deleted = state.store.delete_code(id, if_match.version(), change);
        deleted.await.map_err(|error| refused(error, language))?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// List the versions of a promo code
///
/// The newest first, each with who made it, when, and what changed.
#[utoipa::path(
    get,
    path = "/admin/promocodes/{promocode_id}/versions",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5),
    ),
    responses(
        (status = 200, description = "The versions", body = Versions<ShownCode>),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
    )
)]
async fn list_promocode_versions(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    Path(promocode_id): Path<String>,
) -> Result<Json<Versions<ShownCode>>, Problem> {
    let id = number(&promocode_id)?;
    let present = state.find_code(id).await?;
    let zone = zone(&present);
    let past = state.store.code_versions(id).await?;
    let reader = state.reader(caller);
    let shown = state.store.show(&reader, |sight| {
        versions(past, Code::PromoNotFound, |code| {
            let text = present.text.earlier(code.text());
            ShownCode::of(&code, &text, &zone, sight)
        })
    });
    shown.await?
}

pub(crate) fn number(promocode_id: &str) -> Result<PromoCodeId, Problem> {
    path_number(promocode_id, Code::PromoNotFound).map(PromoCodeId)
}

fn zone(code: &StoredCode) -> TimeZone {
    TimeZone::get(&code.time_zone).unwrap_or(TimeZone::UTC)
}
