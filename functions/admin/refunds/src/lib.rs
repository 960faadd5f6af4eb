//! For staff: what users have bought (`GET /admin/purchases?user_id=…`, `GET /admin/purchases/{purchase_id}`), refunds
//! (`POST /admin/purchases/{purchase_id}/refunds`) and revocations (`POST /admin/purchases/{purchase_id}/revocation`).

mod dto;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use axum::http::StatusCode;
use cache::Cache;
use checkout::{Checkout, CheckoutError, PurchasesPage};
use domain::{Clock, Random, Title};
use loyalty_store::{Refund, RefundOutcome, Revocation};
use runtime::{ConfigError, OsRandom, SystemClock};
use service_http::{
    Access, Admin, AmountError, Code, FieldAdvice, JsonBody, Language, PageSize, Problem,
    ProblemBody, Query, RequiredIdempotencyKey, Staff, TimeCursor, parse_amount,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dto::{PurchaseOfUser, RefundBody, RefundRequest, RevocationRequest};

const PAGE: u16 = 20;
const MAX_PAGE: u16 = 100;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    checkout: Checkout,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl State {
    /// From the environment.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            access: Access::with_cache(Cache::from_env()?)?,
            checkout: Checkout::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_purchases))
        .routes(routes!(get_purchase))
        .routes(routes!(order_refund))
        .routes(routes!(revoke_purchase))
}

/// List a user's purchases
///
/// Newest first, in pages.
#[utoipa::path(
    get,
    path = "/admin/purchases",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Uuid, Query, description = "The user; `POST /admin/users/resolve` finds the ID of an e-mail address", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90"),
        ("limit" = Option<i64>, Query, description = "How many, 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The purchases", body = PurchasesPage),
        (status = 400, description = "`query_parameter_missing`, `query_parameter_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
async fn list_purchases(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<PurchasesPage>, Problem> {
    let user_id = query.parsed("user_id")?;
    let before = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let store = state.checkout.store();
    let purchases = store.find_purchases_of(user_id, before, size.fetch());
    Ok(Json(PurchasesPage::of(purchases.await?, size)))
}

/// Look up a user's purchase
#[utoipa::path(
    get,
    path = "/admin/purchases/{purchase_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("purchase_id" = Uuid, Path, description = "The ID of the purchase", example = "b3d9f0c4-72e1-4a58-8f36-1c5e9a0d2b47")),
    responses(
        (status = 200, description = "The purchase, with its refunds", body = PurchaseOfUser),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`purchase_not_found`", body = ProblemBody),
    )
)]
async fn get_purchase(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(purchase_id): Path<String>,
) -> Result<Json<PurchaseOfUser>, Problem> {
    find(&state, number(&purchase_id)?).await
}

/// Refund a purchase
///
/// Refunds `amount`, or everything that is left, of a paid purchase. Once everything is refunded, the subscription
/// ends, and the use of the promo code becomes available again if the code has `refund_returns_use`. A repeated call with
/// the same `Idempotency-Key` returns the same refund. `pending` means that the provider has not decided yet;
/// it is polled automatically.
#[utoipa::path(
    post,
    path = "/admin/purchases/{purchase_id}/refunds",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("purchase_id" = Uuid, Path, description = "The ID of the purchase", example = "b3d9f0c4-72e1-4a58-8f36-1c5e9a0d2b47"),
        ("Idempotency-Key" = String, Header, description = "Identifies this refund, so that the call can be repeated safely", example = "4e8b2f6a-9c3d-4071-8a5e-d2f1b7c6e093"),
    ),
    request_body = RefundRequest,
    responses(
        (status = 201, description = "The refund", body = RefundBody),
        (status = 400, description = "`idempotency_key_missing`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`admin_only`", body = ProblemBody),
        (status = 404, description = "`purchase_not_found`", body = ProblemBody),
        (status = 409, description = "`purchase_not_paid`, `nothing_to_refund`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `refund_too_large`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
async fn order_refund(
    extract::State(state): extract::State<State>,
    Admin(caller): Admin,
    Path(purchase_id): Path<String>,
    RequiredIdempotencyKey(key): RequiredIdempotencyKey,
    language: Language,
    JsonBody(RefundRequest { amount }): JsonBody<RefundRequest>,
) -> Result<(StatusCode, Json<RefundBody>), Problem> {
    let id = number(&purchase_id)?;
    let amount = match amount {
        None => None,
        Some(text) => {
            let purchase = state.checkout.store().find_purchase(id).await?;
            let purchase = purchase.ok_or_else(|| Problem::new(Code::PurchaseNotFound))?;
            let amount = parse_amount(&text, purchase.total.currency());
            let invalid =
                |error: AmountError| Problem::invalid_field("amount", error.advice(language));
            Some(amount.map_err(invalid)?.minor())
        }
    };
    let (now, random) = (state.clock.now(), state.random.as_ref());
    let ordered =
        state
            .checkout
            .store()
            .order_refund(id, amount, caller.user_id, Some(&key), now, random);
    let refund = match ordered.await? {
        RefundOutcome::Refund(refund) => *refund,
        RefundOutcome::KeyReused => return Err(Problem::new(Code::IdempotencyKeyReused)),
        RefundOutcome::NoPurchase => return Err(Problem::new(Code::PurchaseNotFound)),
        RefundOutcome::NotPaid => return Err(Problem::new(Code::PurchaseNotPaid)),
        RefundOutcome::NothingLeft => return Err(Problem::new(Code::NothingToRefund)),
        RefundOutcome::TooMuch { left } => {
            return Err(Problem::new(Code::RefundTooLarge).with("left", left.to_decimal()));
        }
    };
    let pushed = push(&state, refund).await?;
    Ok((StatusCode::CREATED, Json(pushed.into())))
}

/// Revoke a purchase
///
/// Takes back a complete purchase, a free one too: the subscription ends at once, those that follow it move up, and the use
/// of the promo code becomes available again if the code has `refund_returns_use`. No money is refunded by this; it still
/// can be. A repeated call changes nothing.
#[utoipa::path(
    post,
    path = "/admin/purchases/{purchase_id}/revocation",
    tag = "admin",
    security(("access_token" = [])),
    params(("purchase_id" = Uuid, Path, description = "The ID of the purchase", example = "b3d9f0c4-72e1-4a58-8f36-1c5e9a0d2b47")),
    request_body = RevocationRequest,
    responses(
        (status = 200, description = "The purchase, revoked", body = PurchaseOfUser),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`admin_only`", body = ProblemBody),
        (status = 404, description = "`purchase_not_found`", body = ProblemBody),
        (status = 409, description = "`purchase_not_paid`, `purchase_refunded`", body = ProblemBody),
        (status = 422, description = "`validation_failed`", body = ProblemBody),
    )
)]
async fn revoke_purchase(
    extract::State(state): extract::State<State>,
    Admin(caller): Admin,
    Path(purchase_id): Path<String>,
    language: Language,
    JsonBody(RevocationRequest { reason }): JsonBody<RevocationRequest>,
) -> Result<Json<PurchaseOfUser>, Problem> {
    let id = number(&purchase_id)?;
    let reason = Title::parse(&reason)
        .map_err(|error| Problem::invalid_field("reason", error.advice(language)))?;
    let (now, random) = (state.clock.now(), state.random.as_ref());
    let store = state.checkout.store();
    let revoked = store.revoke_purchase(id, caller.user_id, reason.as_str(), now, random);
    match revoked.await? {
        Revocation::Done => find(&state, id).await,
        Revocation::Refunded => Err(Problem::new(Code::PurchaseRefunded)),
        Revocation::NotPaid => Err(Problem::new(Code::PurchaseNotPaid)),
        Revocation::NoPurchase => Err(Problem::new(Code::PurchaseNotFound)),
    }
}

async fn find(state: &State, id: Uuid) -> Result<Json<PurchaseOfUser>, Problem> {
    let store = state.checkout.store();
    let purchase = store.find_purchase(id).await?;
    let purchase = purchase.ok_or_else(|| Problem::new(Code::PurchaseNotFound))?;
    let refunds = store.find_refunds_of(id).await?;
    Ok(Json(PurchaseOfUser::of(purchase, refunds)))
}

async fn push(state: &State, refund: Refund) -> Result<Refund, Problem> {
    match state.checkout.advance_refund(refund.clone()).await {
        Ok(refund) => Ok(refund),
        Err(CheckoutError::Database(error)) => Err(error.into()),
        // It is ordered; the sweeper polls again.
        Err(error) => {
            tracing::warn!(refund_id = %refund.id, %error, "a refund is still open");
            Ok(refund)
        }
    }
}

fn number(purchase_id: &str) -> Result<Uuid, Problem> {
    let number = purchase_id.parse();
    number.map_err(|_| Problem::new(Code::PurchaseNotFound))
}
