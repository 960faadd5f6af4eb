//! For staff: applications of promo codes. `/admin/applications` lists them and applies a code for a user;
//! `/admin/applications/{application_id}` is one of them, which `…/cancel` ends and `…/extend` holds longer.

mod dto;
mod fields;
mod filter;

use std::sync::Arc;

use attempts::PromoGuesses;
use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use cache::Cache;
use domain::{Clock, Random, Role};
use loyalty_store::{
    ApplicationChangeError, ForUser, LoyaltyStore, PromoRequest, StaffReader, TypedIn,
};
use redemption::ApplyForUserOutcome;
use runtime::{ConfigError, OsRandom, SystemClock};
use serde_json::json;
use service_http::{
    Access, Caller, CheckedBody, ClientAddress, Code, MoneyBody, PageSize, Problem, ProblemBody,
    Query, Staff, TimeCursor, TrustedProxies,
};
use staff_http::StaffRequest;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dto::{ApplicationDetails, Applications, ApplyRequest, CancelRequest, ExtendRequest};

/// Applications on a page by default.
const PAGE: u16 = 20;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 100;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    proxies: TrustedProxies,
    guesses: PromoGuesses,
    store: LoyaltyStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl State {
    /// From the environment.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        let cache = Cache::from_env()?;
        Ok(State {
            access: Access::with_cache(cache.clone())?,
            proxies: TrustedProxies::from_env()?,
            guesses: PromoGuesses::from_env(cache)?,
            store: LoyaltyStore::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }

    /// Who reads what is answered to the caller.
    fn reader(&self, caller: Caller) -> StaffReader {
        StaffReader::new(caller.user_id, caller.role, self.clock.now())
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_applications, apply_for_user))
        .routes(routes!(get_application))
        .routes(routes!(cancel_application))
        .routes(routes!(extend_application))
}

/// List applications
///
/// Newest first. Needs a user, a promo code, a promotion or a campaign; or `from`, at most 31 days before `to`.
#[utoipa::path(
    get,
    path = "/admin/applications",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Option<Uuid>, Query, description = "Only those of this user; `POST /admin/users/resolve` finds the ID of an e-mail address", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90"),
        ("promocode_id" = Option<i64>, Query, description = "Only those of the promo code with this ID", minimum = 1),
        ("promotion_id" = Option<i64>, Query, description = "Only those of the promotion with this ID", minimum = 1),
        ("campaign_id" = Option<i64>, Query, description = "Only those that count in the campaign with this ID", minimum = 1),
        ("tariff" = Option<i64>, Query, description = "Only those for the tariff with this ID", minimum = 1),
        ("state" = Option<String>, Query, description = "Only those in this state: `applied`, `paying`, `used`, `cancelled` or `expired`"),
        ("applied_by_staff" = Option<bool>, Query, description = "Only those that staff made"),
        ("from" = Option<jiff::Timestamp>, Query, description = "Only those made at this time or later, RFC 3339"),
        ("to" = Option<jiff::Timestamp>, Query, description = "Only those made before this time, RFC 3339"),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The applications", body = Applications),
        (status = 400, description = "`query_parameter_invalid`, `query_parameter_repeated`, `filter_too_wide`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
async fn list_applications(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    query: Query,
) -> Result<Json<Applications>, Problem> {
    let filter = filter::filter(&query, state.clock.now())?;
    let after = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let applications = state.store.find_applications(&filter, after, size.fetch());
    let (applications, reader) = (applications.await?, state.reader(caller));
    let page = state.store.show(&reader, |sight| {
        Applications::page(applications, size, sight)
    });
    Ok(Json(page.await?))
}

/// Apply a promo code for a user
///
/// Reserves a use for the user by the rules that count when users apply codes themselves. Marketers and administrators may
/// waive some of them; those that the code does not pass are kept in the decision with its values. The user sees the
/// application as made by staff and can pay or cancel. Applying the same code to the same tariff again returns the same
/// application. With `use`, the purchase is made at once if nothing is left to pay; otherwise nothing is done. A refusal
/// names every rule that did not pass, also those that users do not see.
#[utoipa::path(
    post,
    path = "/admin/applications",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = ApplyRequest,
    responses(
        (status = 201, description = "Applied, or bought", body = ApplicationDetails),
        (status = 200, description = "Applied before; or a repeated call", body = ApplicationDetails),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`; `marketer_only`: the caller may not waive rules", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`, `tariff_not_found`", body = ProblemBody),
        (status = 409, description = "`own_account`; `buyer_must_pay`: `use` was asked for, and `total` is left to pay", body = ProblemBody),
        (status = 422, description = "Refused: `reasons` names every rule that did not pass; `validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 429, description = "Too many unknown promo codes: wait for `Retry-After`", body = ProblemBody),
    )
)]
async fn apply_for_user(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    address: ClientAddress,
    request: StaffRequest,
    body: CheckedBody<ApplyRequest>,
) -> Result<(StatusCode, Json<ApplicationDetails>), Problem> {
    let change = match request {
        StaffRequest::New(change) => change,
        StaffRequest::Repeated(made) => {
            return Ok((
                StatusCode::OK,
                find(&state, made.resource_id()?, &state.reader(caller)).await?,
            ));
        }
    };
    let fields::Application { request, by } = fields::application(body, change)?;
    if !by.waivers.is_empty() && caller.role == Role::Support {
        return Err(Problem::new(Code::MarketerOnly));
    }
    let is_known = async || {
        Ok(state
            .store
            .is_known_to_staff(&request.promo, &by.change)
            .await?)
    };
    let guess = state
        .guesses
        .begin_by_staff(caller.user_id, address, &request.promo, is_known)
        .await?;
    let reader = state.reader(caller);
    guess.end(apply(&state, &request, &by, reader).await).await
}

async fn apply(
    state: &State,
    request: &PromoRequest,
    by: &ForUser,
    reader: StaffReader,
) -> Result<(StatusCode, Json<ApplicationDetails>), Problem> {
    let (store, now, random) = (&state.store, by.change.at, state.random.as_ref());
    let outcome = redemption::apply_for_user(store, request, by, now, random).await?;
    let reader = match outcome.is_about_code() {
        true => {
            let call = TypedIn::Application(request.user_id, by.reason.as_str());
            store.record_typed(reader, &request.promo, call).await?
        }
        false => reader,
    };
    let (status, id) = match outcome {
        ApplyForUserOutcome::Done(id) => (StatusCode::CREATED, id),
        ApplyForUserOutcome::AppliedBefore(id) => (StatusCode::OK, id),
        ApplyForUserOutcome::NotFree(quote) => {
            let total = json!(MoneyBody::from(quote.total));
            return Err(Problem::new(Code::BuyerMustPay).with("total", total));
        }
        ApplyForUserOutcome::Refused {
            decision_id,
            decision,
        } => return Err(Problem::refused_to_staff(&decision, decision_id)),
        ApplyForUserOutcome::OwnAccount => return Err(Problem::new(Code::OwnAccount)),
        ApplyForUserOutcome::NoCode => return Err(Problem::new(Code::PromoNotFound)),
        ApplyForUserOutcome::NoTariff => return Err(Problem::new(Code::TariffNotFound)),
        ApplyForUserOutcome::KeyReused => return Err(Problem::new(Code::IdempotencyKeyReused)),
    };
    Ok((status, find(state, id, &reader).await?))
}

/// Look up an application
///
/// With who made it and why, what was waived, and its purchase.
#[utoipa::path(
    get,
    path = "/admin/applications/{application_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("application_id" = Uuid, Path, description = "The ID of the application", example = "0e7a4c91-5b2d-4f83-a6c0-9d1e3f5b7a28")),
    responses(
        (status = 200, description = "The application", body = ApplicationDetails),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`application_not_found`", body = ProblemBody),
    )
)]
async fn get_application(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    Path(application_id): Path<String>,
) -> Result<Json<ApplicationDetails>, Problem> {
    find(&state, number(&application_id)?, &state.reader(caller)).await
}

/// Cancel an application
///
/// Releases the use that it holds, so that it is available again. A repeated call changes nothing. A purchase that has
/// begun is for the buyer to cancel.
#[utoipa::path(
    post,
    path = "/admin/applications/{application_id}/cancel",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("application_id" = Uuid, Path, description = "The ID of the application", example = "0e7a4c91-5b2d-4f83-a6c0-9d1e3f5b7a28"),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = CancelRequest,
    responses(
        (status = 200, description = "The application, cancelled", body = ApplicationDetails),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`application_not_found`", body = ProblemBody),
        (status = 409, description = "`own_account`, `application_expired`, `application_cancelled`, `application_paying`, `application_already_used`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn cancel_application(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    Path(application_id): Path<String>,
    request: StaffRequest,
    body: CheckedBody<CancelRequest>,
) -> Result<Json<ApplicationDetails>, Problem> {
    let id = number(&application_id)?;
    if let StaffRequest::New(change) = request {
        let reason = fields::cancellation(body)?;
        let cancelled = state.store.cancel_for_user(id, &reason, change);
        cancelled.await.map_err(refused)?;
    }
    find(&state, id, &state.reader(caller)).await
}

/// Hold an application longer
///
/// From now for `hold_minutes`, or `until` a time. One that is held longer already stays as it is.
#[utoipa::path(
    post,
    path = "/admin/applications/{application_id}/extend",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("application_id" = Uuid, Path, description = "The ID of the application", example = "0e7a4c91-5b2d-4f83-a6c0-9d1e3f5b7a28"),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = ExtendRequest,
    responses(
        (status = 200, description = "The application, with its new `expires_at`", body = ApplicationDetails),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`application_not_found`", body = ProblemBody),
        (status = 409, description = "`own_account`, `application_expired`, `application_cancelled`, `application_paying`, `application_already_used`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn extend_application(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    Path(application_id): Path<String>,
    request: StaffRequest,
    body: CheckedBody<ExtendRequest>,
) -> Result<Json<ApplicationDetails>, Problem> {
    let id = number(&application_id)?;
    let StaffRequest::New(change) = request else {
        return find(&state, id, &state.reader(caller)).await;
    };
    let (until, reason) = fields::extension(body, change.at)?;
    let extended = state.store.extend_application(id, until, &reason, change);
    extended.await.map_err(refused)?;
    find(&state, id, &state.reader(caller)).await
}

async fn find(
    state: &State,
    id: Uuid,
    reader: &StaffReader,
) -> Result<Json<ApplicationDetails>, Problem> {
    let application = state.store.find_application(id).await?;
    let application = application.ok_or_else(|| Problem::new(Code::ApplicationNotFound))?;
    let purchase = match application.purchase_id {
        None => None,
        Some(id) => state.store.find_purchase(id).await?,
    };
    let shown = state.store.show(reader, |sight| {
        ApplicationDetails::of(application, purchase, sight)
    });
    Ok(Json(shown.await?))
}

fn number(application_id: &str) -> Result<Uuid, Problem> {
    let number = application_id.parse();
    number.map_err(|_| Problem::new(Code::ApplicationNotFound))
}

fn refused(error: ApplicationChangeError) -> Problem {
    Problem::new(match error {
        ApplicationChangeError::NotFound => Code::ApplicationNotFound,
        ApplicationChangeError::Expired => Code::ApplicationExpired,
        ApplicationChangeError::Cancelled => Code::ApplicationCancelled,
        ApplicationChangeError::Paying => Code::ApplicationPaying,
        ApplicationChangeError::Used => Code::ApplicationAlreadyUsed,
        ApplicationChangeError::OwnAccount => Code::OwnAccount,
        ApplicationChangeError::KeyReused => Code::IdempotencyKeyReused,
        ApplicationChangeError::Pg(error) => return error.into(),
    })
}
