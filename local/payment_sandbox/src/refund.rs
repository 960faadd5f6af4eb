//! A refund in the sandbox, and how the API shows it.

use std::collections::BTreeMap;

use domain::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::payment::{amount_json, api_time};
use crate::script::{Refunding, Script};

/// What is asked for, already checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RefundOrder {
    pub(crate) payment: Uuid,
    pub(crate) amount: Money,
    pub(crate) description: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    /// With a receipt.
    pub(crate) receipt: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RefundStatus {
    Pending { until: Timestamp },
    Succeeded,
    Canceled { reason: String },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: Uuid,
    pub(crate) order: RefundOrder,
    pub(crate) created_at: Timestamp,
    pub(crate) status: RefundStatus,
    /// How often it has been read.
    pub(crate) reads: u64,
}

impl Refund {
    /// As `refunding` wants it.
    pub(crate) fn new(
        id: Uuid,
        order: RefundOrder,
        refunding: Refunding,
        now: Timestamp,
    ) -> Refund {
        let status = match refunding {
            Refunding::AtOnce => RefundStatus::Succeeded,
            Refunding::Later(seconds) => {
                let delay = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
                let until = now.checked_add(delay).unwrap_or(Timestamp::MAX);
                RefundStatus::Pending { until }
            }
            Refunding::Declined(reason) => RefundStatus::Canceled { reason },
        };
        Refund {
            id,
            order,
            created_at: now,
            status,
            reads: 0,
        }
    }

    /// Kopecks that the payment no longer has for other refunds.
    pub(crate) fn takes(&self) -> i64 {
        match self.status {
            RefundStatus::Canceled { .. } => 0,
            _ => self.order.amount.minor(),
        }
    }

    pub(crate) fn script(&self) -> Script {
        Script::of(self.order.description.as_deref().unwrap_or_default())
    }

    /// The refund as the API shows it.
    pub(crate) fn to_json(&self) -> Value {
        let status = match &self.status {
            RefundStatus::Pending { .. } => "pending",
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Canceled { .. } => "canceled",
        };
        let mut json = json!({
            "id": self.id,
            "payment_id": self.order.payment,
            "status": status,
            "amount": amount_json(self.order.amount),
            "created_at": api_time(self.created_at),
            "metadata": self.order.metadata,
        });
        if let Some(description) = &self.order.description {
            json["description"] = description.as_str().into();
        }
        if self.order.receipt {
            json["receipt_registration"] = status.into();
        }
        if let RefundStatus::Canceled { reason } = &self.status {
            json["cancellation_details"] = json!({"party": "yoo_money", "reason": reason});
        }
        json
    }
}
