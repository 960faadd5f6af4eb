//! What waits for an approval, and what became of it.

use approval_requests::ApprovalBody;
use axum::Json;
use axum::extract::{self, Path};
use loyalty_store::ApprovalFilter;
use service_http::{Page, PageSize, Problem, ProblemBody, Query, Staff, TimeCursor};

use crate::State;
use crate::dto::ApprovalDetails;

/// Items on a page by default.
const PAGE: u16 = 20;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 100;

/// List approvals
///
/// Changes that a second person has to approve: promotions with large discounts, and large refunds. Newest first, in pages.
#[utoipa::path(
    get,
    path = "/admin/approvals",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("state" = Option<String>, Query, description = "Only those that are `pending`, `approved`, `rejected`, `withdrawn` or `expired`"),
        ("kind" = Option<String>, Query, description = "Only those of a `promotion`, or of a `refund`"),
        ("requested_by" = Option<Uuid>, Query, description = "Only those that this member of staff has asked for"),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of approvals", body = Page<ApprovalBody>),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
pub(crate) async fn list_approvals(
    extract::State(state): extract::State<State>,
    _: Staff,
    query: Query,
) -> Result<Json<Page<ApprovalBody>>, Problem> {
    let filter = ApprovalFilter {
        state: query.optional_parsed("state")?,
        kind: query.optional_parsed("kind")?,
        requested_by: query.optional_parsed("requested_by")?,
    };
    let before = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let (store, now) = (state.checkout.store(), state.clock.now());
    let found = store.find_approvals(&filter, before, size.fetch(), now);
    let mut found = found.await?;
    Ok(Json(Page {
        next_cursor: size.cut(&mut found, |last| TimeCursor(last.place()).to_string()),
        items: found.into_iter().map(ApprovalBody::from).collect(),
        total: None,
    }))
}

/// Look up an approval
///
/// With what would change, and with the purchase that would be refunded, as it is now. The texts of promo codes are left out.
#[utoipa::path(
    get,
    path = "/admin/approvals/{approval_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("approval_id" = Uuid, Path, description = "The ID of the approval", example = "2f7c1d9e-5b80-4a36-9e14-c8d3f6b0a752"),
    ),
    responses(
        (status = 200, description = "The approval", body = ApprovalDetails),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`approval_not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn get_approval(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(approval_id): Path<String>,
) -> Result<Json<ApprovalDetails>, Problem> {
    let approval = state.find(&approval_id).await?;
    state.details(approval).await
}
