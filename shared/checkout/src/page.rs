//! A page of purchases.

use loyalty_store::Purchase;
use serde::Serialize;
use service_http::{PageSize, TimeCursor};
use utoipa::ToSchema;

use crate::PurchaseBody;

/// A user's purchases, newest first.
#[derive(Serialize, ToSchema)]
pub struct PurchasesPage {
    purchases: Vec<PurchaseBody>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl PurchasesPage {
    /// Of the purchases that were fetched for a page of this size.
    pub fn of(mut purchases: Vec<Purchase>, size: PageSize) -> PurchasesPage {
        let next_cursor = size.cut(&mut purchases, |last| TimeCursor(last.place()).to_string());
        PurchasesPage {
            purchases: purchases.into_iter().map(PurchaseBody::from).collect(),
            next_cursor,
        }
    }
}
