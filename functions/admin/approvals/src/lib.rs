//! For staff: changes that need a second person. `/admin/approvals` lists them, `/admin/approvals/{approval_id}` is one of them,
//! with what would change; `…/approve`, `…/reject` and `…/withdraw` decide. All staff may read. Marketers decide on
//! promotions, administrators on refunds as well; nobody on what they have asked for themselves.

mod decisions;
mod dto;
mod reads;

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRef;
use cache::Cache;
use checkout::Checkout;
use domain::Clock;
use loyalty_store::Approval;
use runtime::{ConfigError, SystemClock};
use service_http::{Access, Code, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dto::ApprovalDetails;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    checkout: Checkout,
    clock: Arc<dyn Clock>,
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
        })
    }

    async fn find(&self, approval_id: &str) -> Result<Approval, Problem> {
        let not_found = || Problem::new(Code::ApprovalNotFound);
        let id: Uuid = approval_id.parse().map_err(|_| not_found())?;
        let found = self.checkout.store().find_approval(id, self.clock.now());
        found.await?.ok_or_else(not_found)
    }

    /// An approval with what a person needs to judge it.
    async fn details(&self, approval: Approval) -> Result<Json<ApprovalDetails>, Problem> {
        let store = self.checkout.store();
        let purchase = match approval.purchase_id {
            Some(id) => store.find_purchase(id).await?,
            None => None,
        };
        Ok(Json(ApprovalDetails::of(approval, purchase)))
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(reads::list_approvals))
        .routes(routes!(reads::get_approval))
        .routes(routes!(decisions::approve))
        .routes(routes!(decisions::reject))
        .routes(routes!(decisions::withdraw))
}
