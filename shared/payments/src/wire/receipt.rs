//! Receipts, as the API takes and shows them.

use domain::Money;
use serde::Serialize;

use super::{Amount, DESCRIPTION_LIMIT, cut};
use crate::{ReceiptStatus, Receipts};

#[derive(Serialize)]
pub(super) struct ReceiptRequest<'a> {
    customer: Customer<'a>,
    items: [Item<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_system_code: Option<u8>,
}

#[derive(Serialize)]
struct Customer<'a> {
    email: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    description: String,
    /// Of one.
    amount: Amount,
    quantity: u8,
    measure: &'static str,
    vat_code: u8,
    payment_subject: &'a str,
    payment_mode: &'a str,
}

impl<'a> ReceiptRequest<'a> {
    /// One of what `description` says, for `amount`.
    pub(super) fn new(receipts: &'a Receipts, description: &str, amount: Money) -> Self {
        let description = match description.trim() {
            // The law wants a name.
            "" => "Подписка".to_owned(),
            name => cut(name, DESCRIPTION_LIMIT),
        };
        ReceiptRequest {
            customer: Customer {
                email: &receipts.email,
            },
            items: [Item {
                description,
                amount: amount.into(),
                quantity: 1,
                measure: "piece",
                vat_code: receipts.vat_code,
                payment_subject: &receipts.payment_subject,
                payment_mode: &receipts.payment_mode,
            }],
            tax_system_code: receipts.tax_system_code,
        }
    }
}

/// A status that is not known yet leaves the payment what it is.
pub(super) fn status(text: Option<&str>) -> Option<ReceiptStatus> {
    match text? {
        "pending" => Some(ReceiptStatus::Pending),
        "succeeded" => Some(ReceiptStatus::Succeeded),
        "canceled" => Some(ReceiptStatus::Canceled),
        _ => None,
    }
}
