//! Purchases: a list, one of them, and taking one back.

use axum::Json;
use axum::extract::{self, Path};
use domain::{PromoCodeId, Reason, TariffId};
use loyalty_store::{PurchaseFilter, Revocation};
use service_http::{
    Admin, Code, FieldAdvice, JsonBody, Language, Page, PageSize, Problem, ProblemBody, Query,
    Staff, TimeCursor, TimeWindow,
};
use staff_http::StaffRequest;
use uuid::Uuid;

use crate::dto::{PurchaseDetails, PurchaseOfUser, RevocationRequest};
use crate::{MAX_PAGE, PAGE, State, parse_id};

/// List purchases
///
/// Newest first, in pages. Needs `user_id`, `promocode_id`, or `from` and `to` at most 31 days apart; without `to` the time
/// ends now.
#[utoipa::path(
    get,
    path = "/admin/purchases",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Option<Uuid>, Query, description = "Only those of this user; `POST /admin/users/resolve` finds the ID of an e-mail address", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90"),
        ("promocode_id" = Option<i64>, Query, description = "Only those with the promo code with this ID", minimum = 1),
        ("from" = Option<Timestamp>, Query, description = "Only those made at this time or later, RFC 3339"),
        ("to" = Option<Timestamp>, Query, description = "Only those made before this time, RFC 3339"),
        ("status" = Option<String>, Query, description = "Only those that are `pending`, `paid`, `refunded`, `revoked` or `failed`"),
        ("tariff" = Option<i64>, Query, description = "Only those of the tariff with this ID", minimum = 1),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of purchases", body = Page<PurchaseOfUser>),
        (status = 400, description = "`filter_too_wide`, or a query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
pub(crate) async fn list_purchases(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Page<PurchaseOfUser>>, Problem> {
    let others = ["user_id", "promocode_id"];
    let window = TimeWindow::read(&query)?;
    let filter = PurchaseFilter {
        user_id: query.optional_parsed("user_id")?,
        status: query.optional_parsed("status")?,
        tariff: query.optional_number("tariff")?.map(TariffId),
        code: query.optional_number("promocode_id")?.map(PromoCodeId),
        from: window.from,
        // Last: what is wrong with a parameter is said first.
        to: window.narrowing(&query, &others, state.clock.now())?.to,
    };
    let before = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let store = state.checkout.store();
    let mut found = store.find_purchases(&filter, before, size.fetch()).await?;
    Ok(Json(Page {
        next_cursor: size.cut(&mut found, |last| TimeCursor(last.place()).to_string()),
        items: found.into_iter().map(PurchaseOfUser::from).collect(),
        total: None,
    }))
}

/// Look up a purchase
///
/// With its refunds, and with who of the staff gave, revoked or refunded it, and why.
#[utoipa::path(
    get,
    path = "/admin/purchases/{purchase_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("purchase_id" = Uuid, Path, description = "The ID of the purchase", example = "b3d9f0c4-72e1-4a58-8f36-1c5e9a0d2b47")),
    responses(
        (status = 200, description = "The purchase, with its refunds", body = PurchaseDetails),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`purchase_not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn get_purchase(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(purchase_id): Path<String>,
) -> Result<Json<PurchaseDetails>, Problem> {
    load(&state, parse_id(&purchase_id)?).await
}

/// Revoke a purchase
///
/// Takes back a complete purchase, also one that was free or given: the subscription ends at once, those that follow it move
/// up, and the use of the promo code becomes available again if the code has `refund_returns_use`. No money is refunded by
/// this; it still can be. A repeated call changes nothing.
#[utoipa::path(
    post,
    path = "/admin/purchases/{purchase_id}/revocation",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("purchase_id" = Uuid, Path, description = "The ID of the purchase", example = "b3d9f0c4-72e1-4a58-8f36-1c5e9a0d2b47"),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = RevocationRequest,
    responses(
        (status = 200, description = "The purchase, revoked", body = PurchaseDetails),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`admin_only`", body = ProblemBody),
        (status = 404, description = "`purchase_not_found`", body = ProblemBody),
        (status = 409, description = "`own_account`, `purchase_not_paid`, `purchase_refunded`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn revoke_purchase(
    extract::State(state): extract::State<State>,
    _: Admin,
    Path(purchase_id): Path<String>,
    request: StaffRequest,
    language: Language,
    JsonBody(RevocationRequest { reason }): JsonBody<RevocationRequest>,
) -> Result<Json<PurchaseDetails>, Problem> {
    let id = parse_id(&purchase_id)?;
    let reason = Reason::parse(&reason)
        .map_err(|error| Problem::invalid_field("reason", error.advice(language)))?;
    let StaffRequest::New(change) = request else {
        return load(&state, id).await;
    };
    let store = state.checkout.store();
    let revoked = store.revoke_purchase(id, &reason, change, state.random.as_ref());
    match revoked.await? {
        Revocation::Done => load(&state, id).await,
        Revocation::Refunded => Err(Problem::new(Code::PurchaseRefunded)),
        Revocation::NotPaid => Err(Problem::new(Code::PurchaseNotPaid)),
        Revocation::NoPurchase => Err(Problem::new(Code::PurchaseNotFound)),
        Revocation::OwnAccount => Err(Problem::new(Code::OwnAccount)),
        Revocation::KeyReused => Err(Problem::new(Code::IdempotencyKeyReused)),
    }
}

async fn load(state: &State, id: Uuid) -> Result<Json<PurchaseDetails>, Problem> {
    let store = state.checkout.store();
    let purchase = store.find_purchase(id).await?;
    let purchase = purchase.ok_or_else(|| Problem::new(Code::PurchaseNotFound))?;
    let refunds = store.find_refunds_of(id).await?;
    Ok(Json(PurchaseDetails::of(purchase, refunds)))
}
