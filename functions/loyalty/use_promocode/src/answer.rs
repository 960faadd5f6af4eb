//! The answer: a purchase.

use domain::PurchaseStatus;
use jiff::Timestamp;
use loyalty_store::Purchase;
use serde::Serialize;
use service_http::MoneyBody;
use utoipa::ToSchema;
use uuid::Uuid;

/// A purchase of a tariff.
#[derive(Serialize, ToSchema)]
pub(crate) struct PurchaseBody {
    /// Its number.
    purchase_id: Uuid,
    /// `paid`, or `pending` while the payment is awaited.
    #[schema(example = "pending", value_type = String)]
    status: PurchaseStatus,
    /// The tariff.
    tariff: i64,
    /// The price without the code.
    price: MoneyBody,
    /// What is paid.
    total: MoneyBody,
    /// Where the buyer pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_url: Option<String>,
    /// What was bought, once it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<SubscriptionBody>,
}

/// A time for which a tariff is paid.
#[derive(Serialize, ToSchema)]
struct SubscriptionBody {
    /// The tariff.
    tariff: i64,
    /// Its first instant.
    starts_at: Timestamp,
    /// The first instant after it.
    ends_at: Timestamp,
}

impl From<Purchase> for PurchaseBody {
    fn from(purchase: Purchase) -> PurchaseBody {
        let tariff = purchase.tariff.0;
        let pending = purchase.status == PurchaseStatus::Pending;
        PurchaseBody {
            purchase_id: purchase.id,
            status: purchase.status,
            tariff,
            price: purchase.price.into(),
            total: purchase.total.into(),
            confirmation_url: purchase.confirmation_url.filter(|_| pending),
            subscription: purchase.subscription.map(|period| SubscriptionBody {
                tariff,
                starts_at: period.starts_at,
                ends_at: period.ends_at,
            }),
        }
    }
}
