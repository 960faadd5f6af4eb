//! The API's own JSON, and its translation.

use domain::{Currency, Money};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{NewPayment, Payment, PaymentError, PaymentStatus};

/// The provider's limit on a description, in characters.
const DESCRIPTION_LIMIT: usize = 128;

#[derive(Serialize, Deserialize)]
struct Amount {
    value: String,
    currency: String,
}

#[derive(Serialize)]
pub(crate) struct CreateRequest<'a> {
    amount: Amount,
    /// Take the money at once: the API's default is to hold it.
    capture: bool,
    confirmation: ConfirmationRequest<'a>,
    description: String,
    metadata: MetadataRequest,
}

#[derive(Serialize)]
struct ConfirmationRequest<'a> {
    r#type: &'static str,
    return_url: &'a str,
}

#[derive(Serialize)]
struct MetadataRequest {
    purchase_id: Uuid,
}

impl<'a> CreateRequest<'a> {
    pub(crate) fn new(payment: &NewPayment, return_url: &'a str) -> CreateRequest<'a> {
        CreateRequest {
            amount: Amount {
                value: payment.amount.to_decimal(),
                currency: payment.amount.currency().to_string(),
            },
            capture: true,
            confirmation: ConfirmationRequest {
                r#type: "redirect",
                return_url,
            },
            description: payment
                .description
                .chars()
                .take(DESCRIPTION_LIMIT)
                .collect(),
            metadata: MetadataRequest {
                purchase_id: payment.purchase_id,
            },
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct PaymentAnswer {
    id: String,
    status: String,
    amount: Amount,
    created_at: Timestamp,
    captured_at: Option<Timestamp>,
    paid: bool,
    #[serde(default)]
    test: bool,
    confirmation: Option<Confirmation>,
    cancellation_details: Option<CancellationDetails>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Confirmation {
    confirmation_url: Option<String>,
}

#[derive(Deserialize)]
struct CancellationDetails {
    reason: Option<String>,
}

/// Payments made by hand in the dashboard have metadata of other shapes: read ours leniently.
#[derive(Deserialize)]
struct Metadata {
    purchase_id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ErrorAnswer {
    pub(crate) r#type: String,
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) parameter: Option<String>,
}

impl PaymentAnswer {
    pub(crate) fn into_payment(self) -> Result<Payment, PaymentError> {
        let malformed = |what: &str| PaymentError::Malformed(what.to_owned());
        let status = match self.status.as_str() {
            "pending" => PaymentStatus::Pending,
            "waiting_for_capture" => PaymentStatus::WaitingForCapture,
            "succeeded" if self.paid => PaymentStatus::Succeeded,
            "succeeded" => return Err(malformed("status is succeeded, paid is false")),
            "canceled" => PaymentStatus::Canceled {
                // A cancelled payment is no less cancelled for want of a reason.
                reason: self
                    .cancellation_details
                    .and_then(|details| details.reason)
                    .unwrap_or_else(|| "unspecified".to_owned()),
            },
            _ => return Err(malformed("status is not one we know")),
        };
        let currency: Currency = self
            .amount
            .currency
            .parse()
            .map_err(|_| malformed("amount.currency"))?;
        Ok(Payment {
            id: self.id.parse().map_err(|_| malformed("id"))?,
            status,
            amount: Money::parse_decimal(&self.amount.value, currency)
                .map_err(|_| malformed("amount.value"))?,
            purchase_id: self
                .metadata
                .and_then(|metadata| metadata.purchase_id)
                .and_then(|text| text.parse().ok()),
            confirmation_url: self.confirmation.and_then(|c| c.confirmation_url),
            created_at: self.created_at,
            captured_at: self.captured_at,
            test: self.test,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_the_one_the_api_documents() {
        let payment = NewPayment {
            idempotence_key: Uuid::nil(),
            purchase_id: Uuid::nil(),
            amount: Money::from_minor(19_900, Currency::RUB).unwrap(),
            description: "Ы".repeat(200),
        };
        let json = serde_json::to_value(CreateRequest::new(&payment, "https://shop.example/"));
        assert_eq!(
            json.unwrap(),
            serde_json::json!({
                "amount": {"value": "199.00", "currency": "RUB"},
                "capture": true,
                "confirmation": {"type": "redirect", "return_url": "https://shop.example/"},
                "description": "Ы".repeat(128),
                "metadata": {"purchase_id": "00000000-0000-0000-0000-000000000000"},
            })
        );
    }
}
