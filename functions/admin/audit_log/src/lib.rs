//! For staff: who changed what, when and why. `GET /admin/audit` lists what staff have changed of what is offered and done
//! for users. Changes of accounts are at `GET /admin/users/audit`: they are in the other database.

mod dto;
mod filter;

use axum::Json;
use axum::extract::{self, FromRef};
use domain::Role;
use loyalty_store::LoyaltyStore;
use runtime::ConfigError;
use service_http::{Access, PageSize, Problem, ProblemBody, Query, Staff, TimeCursor};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dto::AuditLog;
use crate::filter::filter;

/// Items on a page by default.
const PAGE: u16 = 50;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 500;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    store: LoyaltyStore,
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
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(list_staff_changes))
}

/// List what staff changed
///
/// Newest first. Filters can be combined; without any, it is everything. Support sees only what concerns users, such as
/// refunds and subscriptions that were given: that is what they are asked about. Who changed a tariff, a promotion or a
/// promo code is also at its `versions`, for all staff.
#[utoipa::path(
    get,
    path = "/admin/audit",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("actor_id" = Option<Uuid>, Query, description = "Only changes that this member of staff made"),
        ("user_id" = Option<Uuid>, Query, description = "Only changes that concern this user; `POST /admin/users/resolve` finds the ID of an e-mail address"),
        ("resource" = Option<String>, Query, description = "Only changes of resources of this kind: `tariff`, `campaign`, `promotion`, `promo_code`, `group`, `user`, `application`, `purchase`, `refund`, `subscription` or `approval`", example = "promotion"),
        ("resource_id" = Option<String>, Query, description = "Only changes of resources with this ID; together with `resource`, of one", max_length = 100),
        ("action" = Option<String>, Query, description = "Only this action, such as `create`, `change` or `delete`", example = "change", max_length = 100),
        ("from" = Option<Timestamp>, Query, description = "Only changes made at this time or later, RFC 3339", example = "2026-03-01T00:00:00Z"),
        ("to" = Option<Timestamp>, Query, description = "Only changes made before this time, RFC 3339"),
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "A page of changes", body = AuditLog),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
    )
)]
async fn list_staff_changes(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    query: Query,
) -> Result<Json<AuditLog>, Problem> {
    let mut filter = filter(&query)?;
    filter.about_users = caller.role == Role::Support;
    let after = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let changes = state.store.find_staff_changes(&filter, after, size.fetch());
    Ok(Json(AuditLog::page(changes.await?, size)))
}
