//! Approving, rejecting and withdrawing.

use axum::Json;
use axum::extract::{self, Path};
use checkout::CheckoutError;
use domain::{ApprovalKind, Reason, Role};
use loyalty_store::{Approval, Change, Verdict, VerdictOutcome};
use service_http::{
    Caller, Code, FieldAdvice, JsonBody, Language, Marketer, Problem, ProblemBody, StaffRequestKey,
};

use crate::State;
use crate::dto::{ApprovalDetails, ApproveRequest, RefuseRequest};

/// Approve a change
///
/// Makes the change at once, in the name of who asked for it: the promotion is created or changed, the refund is ordered from
/// the payment provider. Somebody else than who asked for it has to approve; a refund, an administrator. If the promotion has
/// changed since, nothing is done (`approval_outdated`).
#[utoipa::path(
    post,
    path = "/admin/approvals/{approval_id}/approve",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("approval_id" = Uuid, Path, description = "The ID of the approval", example = "2f7c1d9e-5b80-4a36-9e14-c8d3f6b0a752"),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = ApproveRequest,
    responses(
        (status = 200, description = "The change is made", body = ApprovalDetails),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`; of a refund, `admin_only`", body = ProblemBody),
        (status = 404, description = "`approval_not_found`", body = ProblemBody),
        (status = 409, description = "`approval_decided`, `approval_outdated`, `own_approval`; of a refund, `own_account`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn approve(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    Path(approval_id): Path<String>,
    key: StaffRequestKey,
    language: Language,
    JsonBody(ApproveRequest { reason }): JsonBody<ApproveRequest>,
) -> Result<Json<ApprovalDetails>, Problem> {
    let approval = state.find(&approval_id).await?;
    check_role(&approval, caller)?;
    let reason = reason
        .map(|text| parse_reason(&text, language))
        .transpose()?;
    let verdict = Verdict::Approve(reason.as_ref());
    let approved = decide(&state, approval, verdict, caller, key).await?;
    if approved.kind == ApprovalKind::Refund {
        advance_refund(&state, &approved).await?;
    }
    state.details(approved).await
}

/// Reject a change
///
/// Nothing is changed. Who asked for it withdraws it instead.
#[utoipa::path(
    post,
    path = "/admin/approvals/{approval_id}/reject",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("approval_id" = Uuid, Path, description = "The ID of the approval", example = "2f7c1d9e-5b80-4a36-9e14-c8d3f6b0a752"),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = RefuseRequest,
    responses(
        (status = 200, description = "The approval, rejected", body = ApprovalDetails),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`; of a refund, `admin_only`", body = ProblemBody),
        (status = 404, description = "`approval_not_found`", body = ProblemBody),
        (status = 409, description = "`approval_decided`, `own_approval`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn reject(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    Path(approval_id): Path<String>,
    key: StaffRequestKey,
    language: Language,
    JsonBody(RefuseRequest { reason }): JsonBody<RefuseRequest>,
) -> Result<Json<ApprovalDetails>, Problem> {
    let approval = state.find(&approval_id).await?;
    check_role(&approval, caller)?;
    let reason = parse_reason(&reason, language)?;
    let rejected = decide(&state, approval, Verdict::Reject(&reason), caller, key).await?;
    state.details(rejected).await
}

/// Withdraw a change
///
/// Nothing is changed. Only who asked for it withdraws it, or an administrator.
#[utoipa::path(
    post,
    path = "/admin/approvals/{approval_id}/withdraw",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("approval_id" = Uuid, Path, description = "The ID of the approval", example = "2f7c1d9e-5b80-4a36-9e14-c8d3f6b0a752"),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = RefuseRequest,
    responses(
        (status = 200, description = "The approval, withdrawn", body = ApprovalDetails),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`marketer_only`, `not_own_approval`", body = ProblemBody),
        (status = 404, description = "`approval_not_found`", body = ProblemBody),
        (status = 409, description = "`approval_decided`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn withdraw(
    extract::State(state): extract::State<State>,
    Marketer(caller): Marketer,
    Path(approval_id): Path<String>,
    key: StaffRequestKey,
    language: Language,
    JsonBody(RefuseRequest { reason }): JsonBody<RefuseRequest>,
) -> Result<Json<ApprovalDetails>, Problem> {
    let approval = state.find(&approval_id).await?;
    let verdict = Verdict::Withdraw {
        reason: &parse_reason(&reason, language)?,
        of_others: caller.role == Role::Admin,
    };
    let withdrawn = decide(&state, approval, verdict, caller, key).await?;
    state.details(withdrawn).await
}

/// Money is the business of administrators, as when it is refunded without an approval.
fn check_role(approval: &Approval, caller: Caller) -> Result<(), Problem> {
    match approval.kind {
        ApprovalKind::Refund if caller.role != Role::Admin => Err(Problem::new(Code::AdminOnly)),
        ApprovalKind::Refund | ApprovalKind::Promotion => Ok(()),
    }
}

fn parse_reason(text: &str, language: Language) -> Result<Reason, Problem> {
    Reason::parse(text).map_err(|error| Problem::invalid_field("reason", error.advice(language)))
}

async fn decide(
    state: &State,
    approval: Approval,
    verdict: Verdict<'_>,
    caller: Caller,
    StaffRequestKey(request): StaffRequestKey,
) -> Result<Approval, Problem> {
    let (store, at) = (state.checkout.store(), state.clock.now());
    let change = Change {
        actor_id: caller.user_id,
        at,
        request,
    };
    let problem = match store.decide_approval(approval.id, verdict, change).await? {
        VerdictOutcome::Done => {
            let decided = store.find_approval(approval.id, at).await?;
            return decided.ok_or_else(|| Problem::new(Code::ApprovalNotFound));
        }
        VerdictOutcome::NotFound => Problem::new(Code::ApprovalNotFound),
        VerdictOutcome::Decided(state) => {
            Problem::new(Code::ApprovalDecided).with("state", state.as_str())
        }
        VerdictOutcome::Own => Problem::new(Code::OwnApproval),
        VerdictOutcome::OwnAccount => Problem::new(Code::OwnAccount),
        VerdictOutcome::NotOwn => Problem::new(Code::NotOwnApproval),
        VerdictOutcome::Outdated(outcome) => {
            let problem = Problem::new(Code::ApprovalOutdated);
            match cause(&outcome) {
                Some(code) => problem.with("cause", code.as_str()),
                None => problem,
            }
        }
        VerdictOutcome::KeyReused => Problem::new(Code::IdempotencyKeyReused),
    };
    Err(problem)
}

/// What the change would be answered if it were made directly.
fn cause(outcome: &str) -> Option<Code> {
    Some(match outcome {
        "changed" => Code::ChangedMeanwhile,
        "no_promotion" => Code::PromotionNotFound,
        "archived" => Code::PromotionArchived,
        "taken" => Code::PromoTaken,
        "unknown" | "other_currency" => Code::ValidationFailed,
        "not_paid" => Code::PurchaseNotPaid,
        "nothing_left" => Code::NothingToRefund,
        "too_much" => Code::RefundTooLarge,
        "own_account" => Code::OwnAccount,
        _ => return None,
    })
}

async fn advance_refund(state: &State, approved: &Approval) -> Result<(), Problem> {
    let Some(refund) = state.checkout.store().find_refund(approved.id).await? else {
        return Ok(());
    };
    match state.checkout.advance_refund(refund).await {
        Ok(_) => Ok(()),
        Err(CheckoutError::Database(error)) => Err(error.into()),
        // It is ordered; the sweeper polls again.
        Err(error) => {
            tracing::warn!(refund_id = %approved.id, %error, "a refund is still open");
            Ok(())
        }
    }
}
