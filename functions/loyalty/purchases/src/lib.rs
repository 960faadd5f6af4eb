//! `GET /purchases` and `GET /purchases/{purchase_id}`: what the caller has bought, and how far it is paid;
//! `POST /purchases/{purchase_id}/cancel` gives a purchase up.

use std::sync::Arc;

use axum::Json;
use axum::extract::{self, FromRef, Path};
use checkout::{PurchaseBody, PurchasesPage};
use domain::Clock;
use loyalty_store::{LoyaltyStore, PurchaseCancellation};
use runtime::{ConfigError, SystemClock};
use service_http::{Access, Caller, Code, PageSize, Problem, ProblemBody, Query, TimeCursor};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

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
    OpenApiRouter::default()
        .routes(routes!(list_purchases))
        .routes(routes!(get_purchase))
        .routes(routes!(cancel_purchase))
}

const PAGE: u16 = 20;
const MAX_PAGE: u16 = 100;

/// List the caller's purchases
///
/// Newest first, in pages.
#[utoipa::path(
    get,
    path = "/purchases",
    tag = "loyalty",
    security(("access_token" = [])),
    params(
        ("limit" = Option<i64>, Query, description = "How many, 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The purchases", body = PurchasesPage),
        (status = 400, description = "A query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
    )
)]
async fn list_purchases(
    extract::State(state): extract::State<State>,
    caller: Caller,
    query: Query,
) -> Result<Json<PurchasesPage>, Problem> {
    let before = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let purchases = state
        .store
        .find_purchases_of(caller.user_id, before, size.fetch());
    Ok(Json(PurchasesPage::of(purchases.await?, size)))
}

/// Look up a purchase
///
/// Poll it when the buyer returns from the payment page, until the purchase is no longer `pending`.
#[utoipa::path(
    get,
    path = "/purchases/{purchase_id}",
    tag = "loyalty",
    security(("access_token" = [])),
    params(("purchase_id" = Uuid, Path, description = "The ID of the purchase", example = "b3d9f0c4-72e1-4a58-8f36-1c5e9a0d2b47")),
    responses(
        (status = 200, description = "The purchase", body = PurchaseBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "The caller has no such purchase", body = ProblemBody),
    )
)]
async fn get_purchase(
    extract::State(state): extract::State<State>,
    caller: Caller,
    Path(purchase_id): Path<String>,
) -> Result<Json<PurchaseBody>, Problem> {
    find(&state, &caller, parse(&purchase_id)?).await
}

/// Cancel a purchase that is not paid yet
///
/// The use of the promo code is released at once, and the tariff can be bought in another way. Should the payment succeed
/// all the same, the purchase is completed if the promo code still allows it, and refunded otherwise. A repeated call
/// has the same answer, as has one for a purchase that has failed by itself.
#[utoipa::path(
    post,
    path = "/purchases/{purchase_id}/cancel",
    tag = "loyalty",
    security(("access_token" = [])),
    params(("purchase_id" = Uuid, Path, description = "The ID of the purchase", example = "b3d9f0c4-72e1-4a58-8f36-1c5e9a0d2b47")),
    responses(
        (status = 200, description = "The purchase, which has failed", body = PurchaseBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 404, description = "The caller has no such purchase", body = ProblemBody),
        (status = 409, description = "The purchase is complete", body = ProblemBody),
    )
)]
async fn cancel_purchase(
    extract::State(state): extract::State<State>,
    caller: Caller,
    Path(purchase_id): Path<String>,
) -> Result<Json<PurchaseBody>, Problem> {
    let id = parse(&purchase_id)?;
    let (store, now) = (&state.store, state.clock.now());
    match store.cancel_purchase(id, caller.user_id, now).await? {
        PurchaseCancellation::Failed => find(&state, &caller, id).await,
        PurchaseCancellation::Paid => Err(Problem::new(Code::PurchasePaid)),
        PurchaseCancellation::NoPurchase => Err(Problem::new(Code::PurchaseNotFound)),
    }
}

fn parse(purchase_id: &str) -> Result<Uuid, Problem> {
    let id = purchase_id.parse();
    id.map_err(|_| Problem::new(Code::PurchaseNotFound))
}

/// The caller's purchase.
async fn find(state: &State, caller: &Caller, id: Uuid) -> Result<Json<PurchaseBody>, Problem> {
    let purchase = state.store.find_purchase(id).await?;
    let own = purchase.filter(|purchase| purchase.user_id == caller.user_id);
    let own = own.ok_or_else(|| Problem::new(Code::PurchaseNotFound))?;
    Ok(Json(own.into()))
}
