//! Purchases and subscriptions in answers: the same in every call.

use domain::{PaymentFailure, PurchaseStatus};
use jiff::Timestamp;
use loyalty_store::{Purchase, Subscription};
use serde::Serialize;
use service_http::MoneyBody;
use utoipa::ToSchema;
use uuid::Uuid;

/// A purchase of a tariff.
#[derive(Serialize, ToSchema)]
pub struct PurchaseBody {
    /// Its ID.
    purchase_id: Uuid,
    /// `paid`, `pending`, `failed`, `refunded` once everything is refunded, or `revoked` when support took it back.
    #[schema(example = "pending", value_type = String)]
    status: PurchaseStatus,
    /// Why it failed: `payment_failed`, `payment_expired`, `payment_rejected` or `cancelled_by_buyer`; `user_not_active` or
    /// `not_first_purchase` if the money came too late and is refunded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    failure: Option<PaymentFailure>,
    /// When it was made.
    created_at: Timestamp,
    /// The tariff.
    tariff: i64,
    /// Whether it was given for nothing by support, and not bought.
    given: bool,
    /// The ID of the promo code; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    promocode_id: Option<i64>,
    /// The price without the code.
    price: MoneyBody,
    /// The amount paid; 0.00 for what was given.
    total: MoneyBody,
    /// The amount refunded; absent if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded: Option<MoneyBody>,
    /// The URL of the payment page.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_url: Option<String>,
    /// The subscription, once it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<SubscriptionBody>,
}

/// A period for which a tariff is paid.
#[derive(Serialize, ToSchema)]
pub struct SubscriptionBody {
    /// The tariff.
    tariff: i64,
    /// The first instant of the period.
    starts_at: Timestamp,
    /// The first instant after the period.
    ends_at: Timestamp,
}

impl From<Purchase> for PurchaseBody {
    fn from(purchase: Purchase) -> PurchaseBody {
        let tariff = purchase.tariff.0;
        let pending = purchase.status == PurchaseStatus::Pending;
        PurchaseBody {
            purchase_id: purchase.id,
            status: purchase.status,
            failure: purchase.failure,
            created_at: purchase.created_at,
            tariff,
            given: purchase.given.is_some(),
            promocode_id: purchase.promo.map(|(id, _)| id.0),
            price: purchase.price.into(),
            total: purchase.total.into(),
            refunded: Some(purchase.refunded)
                .filter(|refunded| !refunded.is_zero())
                .map(MoneyBody::from),
            confirmation_url: purchase.confirmation_url.filter(|_| pending),
            subscription: purchase
                .subscription
                .map(|period| SubscriptionBody::new(tariff, period)),
        }
    }
}

impl SubscriptionBody {
    /// The time `period` of the tariff with this ID.
    pub fn new(tariff: i64, period: Subscription) -> SubscriptionBody {
        SubscriptionBody {
            tariff,
            starts_at: period.starts_at,
            ends_at: period.ends_at,
        }
    }
}
