//! Refunds, as the API takes and shows them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::receipt::{self, ReceiptRequest};
use super::{
    Amount, CancellationDetails, Metadata, MetadataRequest, cut, malformed, purchase_id, reason,
};
use crate::{Config, NewRefund, PaymentError, Refund, RefundStatus};

/// The provider's limit on the reason of a refund, in characters.
const REASON_LIMIT: usize = 250;

#[derive(Serialize)]
pub(crate) struct RefundRequest<'a> {
    payment_id: &'a str,
    amount: Amount,
    description: String,
    metadata: MetadataRequest,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptRequest<'a>>,
}

impl<'a> RefundRequest<'a> {
    pub(crate) fn new(refund: &'a NewRefund, config: &'a Config) -> RefundRequest<'a> {
        let receipts = config.receipts.as_ref();
        RefundRequest {
            payment_id: refund.payment_id.as_str(),
            amount: refund.amount.into(),
            description: cut(&refund.reason, REASON_LIMIT),
            metadata: MetadataRequest {
                purchase_id: refund.purchase_id,
            },
            receipt: receipts
                .map(|receipts| ReceiptRequest::new(receipts, &refund.description, refund.amount)),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct RefundAnswer {
    id: String,
    payment_id: String,
    status: String,
    amount: Amount,
    created_at: Timestamp,
    cancellation_details: Option<CancellationDetails>,
    metadata: Option<Metadata>,
    receipt_registration: Option<String>,
}

impl RefundAnswer {
    pub(crate) fn into_refund(self) -> Result<Refund, PaymentError> {
        let status = match self.status.as_str() {
            "pending" => RefundStatus::Pending,
            "succeeded" => RefundStatus::Succeeded,
            "canceled" => RefundStatus::Canceled {
                reason: reason(self.cancellation_details),
            },
            _ => return Err(malformed("status is not one we know")),
        };
        Ok(Refund {
            id: self.id.parse().map_err(|_| malformed("id"))?,
            payment_id: self
                .payment_id
                .parse()
                .map_err(|_| malformed("payment_id"))?,
            purchase_id: purchase_id(self.metadata),
            status,
            amount: self.amount.into_money()?,
            created_at: self.created_at,
            receipt: receipt::status(self.receipt_registration.as_deref()),
        })
    }
}
