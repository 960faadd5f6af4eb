//! What staff did with accounts.

use auth_store::StaffLogFilter;
use axum::Json;
use axum::extract;
use domain::AccountAction;
use service_http::{Admin, PageSize, Problem, ProblemBody, Query, TimeCursor, TimeWindow};

use crate::State;
use crate::dto::AccountAuditLog;

/// Items on a page by default.
const PAGE: u16 = 50;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 500;

/// List what staff did with accounts
///
/// Newest first: who found an account by its e-mail address, blocked or unblocked it, or gave it another role. People are
/// named by their IDs alone. Filters can be combined; without any, it is everything of the last three years.
#[utoipa::path(
    get,
    path = "/admin/users/audit",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("actor_id" = Option<Uuid>, Query, description = "Only what this member of staff did"),
        ("user_id" = Option<Uuid>, Query, description = "Only what was done with this user's account"),
        ("action" = Option<String>, Query, description = "Only this: `look_up`, `set_status` or `set_role`", example = "set_role"),
        ("from" = Option<Timestamp>, Query, description = "Only what was done at this time or later, RFC 3339", example = "2026-03-01T00:00:00Z"),
        ("to" = Option<Timestamp>, Query, description = "Only what was done before this time, RFC 3339"),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of actions", body = AccountAuditLog),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "`token_missing`, `token_invalid`, `token_expired`, `token_revoked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`admin_only`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_account_changes(
    extract::State(state): extract::State<State>,
    _: Admin,
    query: Query,
) -> Result<Json<AccountAuditLog>, Problem> {
    let window = TimeWindow::read(&query)?;
    let filter = StaffLogFilter {
        actor_id: query.optional_parsed("actor_id")?,
        user_id: query.optional_parsed("user_id")?,
        action: query.optional_parsed::<AccountAction>("action")?,
        from: window.from,
        to: window.to,
    };
    let after = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let actions = state.store.find_staff_actions(&filter, after, size.fetch());
    Ok(Json(AccountAuditLog::page(actions.await?, size)))
}
