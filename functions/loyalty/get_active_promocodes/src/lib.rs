//! `GET /get_active_promocodes`: the promo codes that the caller can use now, with the price after each.

mod cursor;
mod listing;

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef};
use domain::Clock;
use loyalty_store::LoyaltyStore;
use runtime::{ConfigError, SystemClock};
use service_http::{Access, Caller, PageSize, Problem, ProblemBody, Query};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::cursor::Cursor;
use crate::listing::Promocodes;

/// Codes on a page by default.
const PAGE: u16 = 50;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 100;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    store: LoyaltyStore,
    clock: Arc<dyn Clock>,
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
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(get_active_promocodes))
}

/// List the promo codes that the caller can apply now
///
/// With the tariffs that each code makes cheaper, and the caller's application, if there is one. A code is listed only
/// if applying it would pass. Applied codes come first, then those that save the most.
#[utoipa::path(
    get,
    path = "/get_active_promocodes",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("limit" = Option<i64>, Query, description = "Page size; 50 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The codes", body = Promocodes),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
    )
)]
async fn get_active_promocodes(
    extract::State(state): extract::State<State>,
    caller: Caller,
    query: Query,
) -> Result<Json<Promocodes>, Problem> {
    let after: Option<Cursor> = query.optional_parsed("cursor")?;
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let now = state.clock.now();
    let codes = state
        .store
        .list_codes(
            caller.user_id,
            after.map(|after| after.0),
            size.fetch(),
            now,
        )
        .await?;
    Ok(Json(Promocodes::page(codes, size)))
}
