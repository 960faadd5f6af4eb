//! For staff: what users have bought (`GET /admin/purchases`, `GET /admin/purchases/{purchase_id}`), revocations
//! (`POST /admin/purchases/{purchase_id}/revocation`) and refunds (`GET /admin/refunds`,
//! `POST /admin/purchases/{purchase_id}/refunds`). All staff may read; administrators revoke and refund.

mod dto;
mod purchases;
mod refunds;

use std::sync::Arc;

use approval_requests::ApprovalPolicy;
use axum::extract::FromRef;
use cache::Cache;
use checkout::Checkout;
use domain::{Clock, Random};
use loyalty_store::LoyaltyStore;
use runtime::{ConfigError, OsRandom, SystemClock};
use service_http::{Access, Code, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Items on a page by default.
const PAGE: u16 = 20;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 100;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    checkout: Checkout,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    approvals: ApprovalPolicy,
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
            approvals: ApprovalPolicy::from_env()?,
        })
    }
}

impl FromRef<State> for LoyaltyStore {
    fn from_ref(state: &State) -> LoyaltyStore {
        state.checkout.store().clone()
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(purchases::list_purchases))
        .routes(routes!(purchases::get_purchase))
        .routes(routes!(purchases::revoke_purchase))
        .routes(routes!(refunds::order_refund))
        .routes(routes!(refunds::list_refunds))
}

fn parse_id(purchase_id: &str) -> Result<Uuid, Problem> {
    let id = purchase_id.parse();
    id.map_err(|_| Problem::new(Code::PurchaseNotFound))
}
