//! How purchases and payments are told to the buyer: the same in every call that has to do with them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use checkout::{Checkout, CheckoutError};
use domain::{PaymentFailure, PurchaseStatus};
use jiff::Timestamp;
use loyalty_store::{Purchase, Subscription};
use serde::Serialize;
use service_http::{Code, MoneyBody, Problem};
use utoipa::ToSchema;
use uuid::Uuid;

/// A purchase of a tariff.
#[derive(Serialize, ToSchema)]
pub struct PurchaseBody {
    /// Its number.
    purchase_id: Uuid,
    /// `paid`, `pending` while the payment is awaited, `failed`, or `refunded` when all of it went back.
    #[schema(example = "pending", value_type = String)]
    status: PurchaseStatus,
    /// Why it failed: `payment_failed`, `payment_expired` or `payment_rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    failure: Option<PaymentFailure>,
    /// The tariff.
    tariff: i64,
    /// The promo code's number; absent at the full price.
    #[serde(skip_serializing_if = "Option::is_none")]
    promocode_id: Option<i64>,
    /// The price without the code.
    price: MoneyBody,
    /// What is paid.
    total: MoneyBody,
    /// What of it went back; absent for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded: Option<MoneyBody>,
    /// Where the buyer pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_url: Option<String>,
    /// What was bought, once it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<SubscriptionBody>,
}

/// A time for which a tariff is paid.
#[derive(Serialize, ToSchema)]
pub struct SubscriptionBody {
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
            failure: purchase.failure,
            tariff,
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
    /// The time `period` of the tariff with this number.
    pub fn new(tariff: i64, period: Subscription) -> SubscriptionBody {
        SubscriptionBody {
            tariff,
            starts_at: period.starts_at,
            ends_at: period.ends_at,
        }
    }
}

/// Sees to it that a pending purchase has a payment, and answers: 201 with the page to pay at, or 200 when nothing is to
/// pay (any more).
///
/// # Errors
/// `payment_refused`; `payment_outcome_unknown`: the same call later goes on.
pub async fn answer(
    checkout: &Checkout,
    purchase: Purchase,
) -> Result<(StatusCode, Json<PurchaseBody>), Problem> {
    let purchase = checkout
        .start_payment(purchase)
        .await
        .map_err(payment_problem)?;
    let status = match purchase.status {
        PurchaseStatus::Pending => StatusCode::CREATED,
        PurchaseStatus::Paid | PurchaseStatus::Failed | PurchaseStatus::Refunded => StatusCode::OK,
    };
    Ok((status, Json(purchase.into())))
}

fn payment_problem(error: CheckoutError) -> Problem {
    match error {
        CheckoutError::Database(error) => error.into(),
        CheckoutError::Refused(_) | CheckoutError::NotFound => {
            Problem::new(Code::PaymentRefused).caused_by(error)
        }
        CheckoutError::Unknown(_) => Problem::new(Code::PaymentOutcomeUnknown)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("3"))
            .caused_by(error),
    }
}
