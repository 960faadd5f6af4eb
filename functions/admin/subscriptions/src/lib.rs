//! For staff: the subscriptions of a user. `/admin/subscriptions` lists their periods and gives another, and
//! `POST /admin/subscriptions/end` ends them. All staff may read and give, each role so much; administrators end.

mod dto;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::StatusCode;
use domain::{Clock, GiftLength, Random, Reason, Role, TariffId};
use loyalty_store::{Change, EndOutcome, Gift, GiftOutcome, LoyaltyStore};
use runtime::{ConfigError, OsRandom, SystemClock};
use service_http::{
    Access, Admin, Caller, CheckedBody, Code, FieldAdvice, JsonBody, Language, Page, PageSize,
    Problem, ProblemBody, Query, Staff, TimeCursor,
};
use staff_http::StaffRequest;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dto::{EndRequest, EndedPeriods, GiftRequest, PeriodBody};

/// Items on a page by default.
const PAGE: u16 = 20;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 100;
/// The variable for the most days that support gives at once.
const SUPPORT_MAX_GIFT_DAYS: &str = "SUPPORT_MAX_GIFT_DAYS";
/// Its default: a month.
const DEFAULT_SUPPORT_DAYS: i32 = 31;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    store: LoyaltyStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    support_days: i32,
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
            random: Arc::new(OsRandom),
            support_days: runtime::parsed_or(SUPPORT_MAX_GIFT_DAYS, DEFAULT_SUPPORT_DAYS)?,
        })
    }

    /// Whether the caller may give so much.
    fn check(&self, caller: Caller, length: GiftLength) -> Result<(), Problem> {
        let is_limited = !matches!(caller.role, Role::Marketer | Role::Admin);
        if is_limited && length.max_days() > self.support_days {
            let limit = self.support_days;
            return Err(Problem::new(Code::GiftTooLong).with("limit_days", limit));
        }
        Ok(())
    }

    async fn load(&self, purchase_ids: &[Uuid]) -> Result<Vec<PeriodBody>, Problem> {
        let (periods, now) = (self.store.find_periods(purchase_ids), self.clock.now());
        let body = |period| PeriodBody::of(period, now);
        Ok(periods.await?.into_iter().map(body).collect())
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_periods, give_subscription))
        .routes(routes!(end_subscription))
}

/// List a user's subscriptions
///
/// All periods, past and future ones, too: one for each purchase, the newest purchase first.
#[utoipa::path(
    get,
    path = "/admin/subscriptions",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Uuid, Query, description = "The user; `POST /admin/users/resolve` finds the ID of an e-mail address", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90"),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of periods", body = Page<PeriodBody>),
        (status = 400, description = "A query parameter is missing, repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
async fn list_periods(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Page<PeriodBody>>, Problem> {
    let user_id = query.parsed("user_id")?;
    let before = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let found = state.store.find_periods_of(user_id, before, size.fetch());
    let (mut found, now) = (found.await?, state.clock.now());
    let body = |period| PeriodBody::of(period, now);
    Ok(Json(Page {
        next_cursor: size.cut(&mut found, |last| TimeCursor(last.place()).to_string()),
        items: found.into_iter().map(body).collect(),
        total: None,
    }))
}

/// Give a subscription
///
/// Gives a user a tariff for `days` or `months`, or extends what the user has: the period begins when the user's
/// subscription to the tariff ends. It is a purchase for nothing, which does not count as the user's first purchase, and as
/// no trial. An archived tariff can be extended, but not begun. Support gives up to 31 days at once, marketers and
/// administrators up to 12 months, nobody to themselves.
#[utoipa::path(
    post,
    path = "/admin/subscriptions",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = GiftRequest,
    responses(
        (status = 201, description = "The period that is given", body = PeriodBody),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`, `gift_too_long`", body = ProblemBody),
        (status = 404, description = "`user_not_found`, also if the account is deleted; `tariff_not_found`", body = ProblemBody),
        (status = 409, description = "`own_account`, `user_blocked`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `tariff_not_on_sale`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn give_subscription(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    request: StaffRequest,
    body: CheckedBody<GiftRequest>,
) -> Result<(StatusCode, Json<PeriodBody>), Problem> {
    let id = match request {
        StaffRequest::Repeated(given) => given.resource_id()?,
        StaffRequest::New(change) => give(&state, caller, body, change).await?,
    };
    let period = state.load(&[id]).await?.pop();
    let gone = || Problem::new(Code::Internal).caused_by("a purchase that is gone");
    Ok((StatusCode::CREATED, Json(period.ok_or_else(gone)?)))
}

async fn give(
    state: &State,
    caller: Caller,
    body: CheckedBody<GiftRequest>,
    change: Change,
) -> Result<Uuid, Problem> {
    let (user_id, tariff, length, reason) = dto::parse(body)?;
    state.check(caller, length)?;
    let gift = Gift {
        user_id,
        tariff,
        length,
        reason: &reason,
    };
    let given = (state.store).give_subscription(gift, change, state.random.as_ref());
    match given.await? {
        GiftOutcome::Given(id) => Ok(id),
        GiftOutcome::NoUser => Err(Problem::new(Code::UserNotFound)),
        GiftOutcome::OwnAccount => Err(Problem::new(Code::OwnAccount)),
        GiftOutcome::Blocked => Err(Problem::new(Code::UserBlocked)),
        GiftOutcome::NoTariff => Err(Problem::new(Code::TariffNotFound)),
        GiftOutcome::NotOnSale => Err(Problem::new(Code::TariffNotOnSale)),
        GiftOutcome::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
    }
}

/// End a subscription
///
/// Ends a user's current and future periods of a tariff at once, bought or given: their purchases are revoked. No money is
/// refunded by this; it still can be. Also for users who are blocked or deleted.
#[utoipa::path(
    post,
    path = "/admin/subscriptions/end",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = EndRequest,
    responses(
        (status = 200, description = "The periods that have ended, in their order", body = EndedPeriods),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`admin_only`", body = ProblemBody),
        (status = 404, description = "`user_not_found`, `subscription_not_found`", body = ProblemBody),
        (status = 409, description = "`own_account`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn end_subscription(
    extract::State(state): extract::State<State>,
    _: Admin,
    request: StaffRequest,
    language: Language,
    JsonBody(body): JsonBody<EndRequest>,
) -> Result<Json<EndedPeriods>, Problem> {
    let reason = Reason::parse(&body.reason)
        .map_err(|error| Problem::invalid_field("reason", error.advice(language)))?;
    let change = match request {
        StaffRequest::New(change) => change,
        StaffRequest::Repeated(ended) => {
            let ids: Vec<Uuid> = ended.answer()?;
            let items = state.load(&ids).await?;
            return Ok(Json(EndedPeriods { items }));
        }
    };
    let random = state.random.as_ref();
    let (user_id, tariff) = (body.user_id, TariffId(body.tariff));
    let ended = state
        .store
        .end_subscription(user_id, tariff, &reason, change, random);
    match ended.await? {
        EndOutcome::Ended(ids) => {
            let items = state.load(&ids).await?;
            Ok(Json(EndedPeriods { items }))
        }
        EndOutcome::NoUser => Err(Problem::new(Code::UserNotFound)),
        EndOutcome::OwnAccount => Err(Problem::new(Code::OwnAccount)),
        EndOutcome::NotSubscribed => Err(Problem::new(Code::SubscriptionNotFound)),
        EndOutcome::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
    }
}
