//! Refunds: a list, and ordering one.

use approval_requests::{ApprovalBody, Written};
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use checkout::CheckoutError;
use domain::Reason;
use loyalty_store::{Change, Refund, RefundFilter, RefundOrder, RefundOutcome};
use service_http::{
    Admin, Code, FieldErrors, JsonBody, Language, Page, PageSize, Problem, ProblemBody, Query,
    RequiredIdempotencyKey, Staff, StaffRequestKey, TimeCursor, TimeWindow, parse_amount,
};

use crate::dto::{ListedRefund, RefundBody, RefundRequest};
use crate::{MAX_PAGE, PAGE, State, parse_id};

/// List refunds
///
/// Newest first, in pages. Needs `purchase_id`, `user_id`, or `from` and `to` at most 31 days apart; without `to` the time
/// ends now.
#[utoipa::path(
    get,
    path = "/admin/refunds",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("purchase_id" = Option<Uuid>, Query, description = "Only those of this purchase"),
        ("user_id" = Option<Uuid>, Query, description = "Only those of this user's purchases", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90"),
        ("from" = Option<Timestamp>, Query, description = "Only those ordered at this time or later, RFC 3339"),
        ("to" = Option<Timestamp>, Query, description = "Only those ordered before this time, RFC 3339"),
        ("status" = Option<String>, Query, description = "Only those that are `pending`, `succeeded` or `failed`"),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of refunds", body = Page<ListedRefund>),
        (status = 400, description = "`filter_too_wide`, or a query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
pub(crate) async fn list_refunds(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Page<ListedRefund>>, Problem> {
    let others = ["purchase_id", "user_id"];
    let window = TimeWindow::read(&query)?;
    let filter = RefundFilter {
        purchase_id: query.optional_parsed("purchase_id")?,
        user_id: query.optional_parsed("user_id")?,
        status: query.optional_parsed("status")?,
        from: window.from,
        // Last: what is wrong with a parameter is said first.
        to: window.narrowing(&query, &others, state.clock.now())?.to,
    };
    let before = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let store = state.checkout.store();
    let mut found = store.find_refunds(&filter, before, size.fetch()).await?;
    Ok(Json(Page {
        next_cursor: size.cut(&mut found, |last| TimeCursor(last.place()).to_string()),
        items: found.into_iter().map(ListedRefund::from).collect(),
        total: None,
    }))
}

/// Refund a purchase
///
/// Refunds `amount`, or everything that is left, of a paid purchase. Once everything is refunded, the subscription
/// ends, and the use of the promo code becomes available again if the code has `refund_returns_use`. A repeated call with
/// the same `Idempotency-Key` returns the same refund; the key belongs to the purchase. `pending` means that the provider
/// has not decided yet; it is polled automatically. If all refunds of the purchase together are more than one administrator
/// may refund alone, by default 10,000 roubles, no money moves yet: the answer is the approval that the refund waits for.
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
        (status = 202, description = "It waits for an approval, which is at `Location`", body = ApprovalBody),
        (status = 400, description = "`body_not_json`, `idempotency_key_missing`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`admin_only`", body = ProblemBody),
        (status = 404, description = "`purchase_not_found`", body = ProblemBody),
        (status = 409, description = "`own_account`, `purchase_not_paid`, `nothing_to_refund`, `approval_pending`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `refund_too_large`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn order_refund(
    extract::State(state): extract::State<State>,
    Admin(caller): Admin,
    Path(purchase_id): Path<String>,
    RequiredIdempotencyKey(key): RequiredIdempotencyKey,
    StaffRequestKey(request): StaffRequestKey,
    language: Language,
    JsonBody(RefundRequest { amount, reason }): JsonBody<RefundRequest>,
) -> Result<Written<(StatusCode, Json<RefundBody>)>, Problem> {
    let id = parse_id(&purchase_id)?;
    let store = state.checkout.store();
    let mut errors = FieldErrors::new(language);
    let reason = errors.check("reason", Reason::parse(&reason));
    let purchase = store.find_purchase(id).await?;
    let currency = purchase.map(|purchase| purchase.total.currency());
    let currency = currency.ok_or_else(|| Problem::new(Code::PurchaseNotFound));
    let amount = match amount {
        None => None,
        Some(text) => errors.check("amount", parse_amount(&text, currency.clone()?)),
    };
    let Some(reason) = reason.filter(|_| errors.is_empty()) else {
        return Err(errors.into_problem());
    };
    let order = RefundOrder {
        purchase_id: id,
        amount_minor: amount.map(domain::Money::minor),
        key: Some(&key),
        reason: &reason,
        limit: state.approvals.refund_limit(currency?, state.clock.now()),
    };
    let change = Change {
        actor_id: caller.user_id,
        at: state.clock.now(),
        request,
    };
    let ordered = store.order_refund(order, change, state.random.as_ref());
    let refund = match ordered.await? {
        RefundOutcome::Refund(refund) => *refund,
        RefundOutcome::Requested(approval_id) => {
            let approval = store.find_approval(approval_id, change.at).await?;
            let approval = approval.ok_or_else(|| Problem::new(Code::ApprovalNotFound))?;
            return Ok(Written::Waits(Box::new(approval.into())));
        }
        RefundOutcome::ApprovalPending(approval_id) => {
            let problem = Problem::new(Code::ApprovalPending);
            return Err(problem.with("approval_id", approval_id.to_string()));
        }
        RefundOutcome::KeyReused => return Err(Problem::new(Code::IdempotencyKeyReused)),
        RefundOutcome::NoPurchase => return Err(Problem::new(Code::PurchaseNotFound)),
        RefundOutcome::OwnAccount => return Err(Problem::new(Code::OwnAccount)),
        RefundOutcome::NotPaid => return Err(Problem::new(Code::PurchaseNotPaid)),
        RefundOutcome::NothingLeft => return Err(Problem::new(Code::NothingToRefund)),
        RefundOutcome::TooMuch { left } => {
            return Err(Problem::new(Code::RefundTooLarge).with("left", left.to_decimal()));
        }
    };
    let refund = advance(&state, refund).await?;
    Ok(Written::Done((StatusCode::CREATED, Json(refund.into()))))
}

async fn advance(state: &State, refund: Refund) -> Result<Refund, Problem> {
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
