//! Payments, as the API takes and shows them.

use domain::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::receipt::{self, ReceiptRequest};
use super::{
    Amount, CancellationDetails, DESCRIPTION_LIMIT, Metadata, MetadataRequest, cut, malformed,
    purchase_id, reason,
};
use crate::{CaptureAmount, CaptureMode, Config, NewPayment, Payment, PaymentError, PaymentStatus};

#[derive(Serialize)]
pub(crate) struct CreateRequest<'a> {
    amount: Amount,
    /// The API's default is to hold the money.
    capture: bool,
    confirmation: ConfirmationRequest<'a>,
    description: String,
    metadata: MetadataRequest,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptRequest<'a>>,
}

#[derive(Serialize)]
struct ConfirmationRequest<'a> {
    r#type: &'static str,
    return_url: &'a str,
}

impl<'a> CreateRequest<'a> {
    pub(crate) fn new(payment: &'a NewPayment, config: &'a Config) -> CreateRequest<'a> {
        let receipts = config.receipts.as_ref();
        CreateRequest {
            amount: payment.amount.into(),
            capture: payment.capture == CaptureMode::AtOnce,
            confirmation: ConfirmationRequest {
                r#type: "redirect",
                return_url: config.return_url.as_str(),
            },
            description: cut(&payment.description, DESCRIPTION_LIMIT),
            metadata: MetadataRequest {
                purchase_id: payment.purchase_id,
            },
            receipt: receipts.map(|receipts| {
                ReceiptRequest::new(receipts, &payment.description, payment.amount)
            }),
        }
    }
}

/// Empty for all of it: then the receipt stays what it was.
#[derive(Serialize)]
pub(crate) struct CaptureRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptRequest<'a>>,
}

impl<'a> CaptureRequest<'a> {
    pub(crate) fn new(amount: &CaptureAmount, config: &'a Config) -> CaptureRequest<'a> {
        match amount {
            CaptureAmount::Whole => CaptureRequest {
                amount: None,
                receipt: None,
            },
            CaptureAmount::Part {
                amount,
                description,
            } => CaptureRequest {
                amount: Some((*amount).into()),
                receipt: config
                    .receipts
                    .as_ref()
                    .map(|receipts| ReceiptRequest::new(receipts, description, *amount)),
            },
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct PaymentAnswer {
    id: String,
    status: String,
    amount: Amount,
    refunded_amount: Option<Amount>,
    created_at: Timestamp,
    captured_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    paid: bool,
    #[serde(default)]
    test: bool,
    confirmation: Option<Confirmation>,
    cancellation_details: Option<CancellationDetails>,
    metadata: Option<Metadata>,
    receipt_registration: Option<String>,
}

#[derive(Deserialize)]
struct Confirmation {
    confirmation_url: Option<String>,
}

impl PaymentAnswer {
    pub(crate) fn into_payment(self) -> Result<Payment, PaymentError> {
        let status = match self.status.as_str() {
            "pending" => PaymentStatus::Pending,
            "waiting_for_capture" => PaymentStatus::WaitingForCapture,
            "succeeded" if self.paid => PaymentStatus::Succeeded,
            "succeeded" => return Err(malformed("status is succeeded, paid is false")),
            "canceled" => PaymentStatus::Canceled {
                reason: reason(self.cancellation_details),
            },
            _ => return Err(malformed("status is not one we know")),
        };
        let amount = self.amount.into_money()?;
        let refunded = match self.refunded_amount {
            Some(refunded) => refunded.into_money()?,
            None => Money::zero(amount.currency()),
        };
        if refunded.currency() != amount.currency() || refunded.minor() > amount.minor() {
            return Err(malformed("refunded_amount is more than the amount"));
        }
        Ok(Payment {
            id: self.id.parse().map_err(|_| malformed("id"))?,
            status,
            amount,
            refunded,
            purchase_id: purchase_id(self.metadata),
            confirmation_url: self.confirmation.and_then(|c| c.confirmation_url),
            created_at: self.created_at,
            captured_at: self.captured_at,
            expires_at: self.expires_at,
            receipt: receipt::status(self.receipt_registration.as_deref()),
            test: self.test,
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::Currency;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::Receipts;

    fn config() -> Config {
        Config::new("http://127.0.0.1/v3", "1", "k", "https://shop.example/").unwrap()
    }

    fn rubles(minor: i64) -> Money {
        Money::from_minor(minor, Currency::RUB).unwrap()
    }

    fn order() -> NewPayment {
        NewPayment {
            idempotence_key: Uuid::nil(),
            purchase_id: Uuid::nil(),
            amount: rubles(19_900),
            description: "Ы".repeat(200),
            capture: CaptureMode::AtOnce,
        }
    }

    #[test]
    fn request_matches_the_documented_one() {
        let order = order();
        let mut expected = json!({
            "amount": {"value": "199.00", "currency": "RUB"},
            "capture": true,
            "confirmation": {"type": "redirect", "return_url": "https://shop.example/"},
            "description": "Ы".repeat(128),
            "metadata": {"purchase_id": "00000000-0000-0000-0000-000000000000"},
        });
        let json = serde_json::to_value(CreateRequest::new(&order, &config())).unwrap();
        assert_eq!(json, expected);

        let receipts = Receipts::new("11", "receipts@shop.example", Some("2"), None, None).unwrap();
        let config = config().with_receipts(receipts);
        expected["receipt"] = json!({
            "customer": {"email": "receipts@shop.example"},
            "items": [{
                "description": "Ы".repeat(128),
                "amount": {"value": "199.00", "currency": "RUB"},
                "quantity": 1,
                "measure": "piece",
                "vat_code": 11,
                "payment_subject": "service",
                "payment_mode": "full_payment",
            }],
            "tax_system_code": 2,
        });
        let json = serde_json::to_value(CreateRequest::new(&order, &config)).unwrap();
        assert_eq!(json, expected);
    }

    #[test]
    fn only_partial_capture_has_amount_and_receipt() {
        let receipts = Receipts::new("1", "receipts@shop.example", None, None, None).unwrap();
        let config = config().with_receipts(receipts);
        let json = serde_json::to_value(CaptureRequest::new(&CaptureAmount::Whole, &config));
        assert_eq!(json.unwrap(), json!({}));
        let part = CaptureAmount::Part {
            amount: rubles(100),
            description: " ".to_owned(),
        };
        let json = serde_json::to_value(CaptureRequest::new(&part, &config)).unwrap();
        assert_eq!(json["amount"]["value"], "1.00");
        assert_eq!(json["receipt"]["items"][0]["amount"]["value"], "1.00");
        assert_eq!(json["receipt"]["items"][0]["description"], "Подписка");
        assert!(json["receipt"]["tax_system_code"].is_null());
    }
}
