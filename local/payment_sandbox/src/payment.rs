//! A payment in the sandbox, and how the API shows it.

use std::collections::BTreeMap;

use domain::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::settings::Settings;

/// What is asked for, already checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) amount: Money,
    pub(crate) description: Option<String>,
    pub(crate) return_url: String,
    pub(crate) metadata: BTreeMap<String, String>,
    /// Take the money at once, or hold it when the buyer approves.
    pub(crate) capture: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Pending,
    WaitingForCapture,
    Succeeded { at: Timestamp },
    Canceled { party: String, reason: String },
}

/// Who ended a payment, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancellation {
    Declined,
    Expired,
    ByMerchant,
}

impl Cancellation {
    pub(crate) fn status(self) -> Status {
        let (party, reason) = match self {
            Cancellation::Declined => ("payment_network", "general_decline"),
            Cancellation::Expired => ("yoo_money", "expired_on_confirmation"),
            Cancellation::ByMerchant => ("merchant", "canceled_by_merchant"),
        };
        Status::Canceled {
            party: party.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: Uuid,
    pub(crate) order: Order,
    pub(crate) created_at: Timestamp,
    pub(crate) status: Status,
    /// False while a change of status waits to be announced.
    pub(crate) announced: bool,
}

impl Payment {
    pub(crate) fn is_pending(&self) -> bool {
        self.status == Status::Pending
    }

    /// The event that announces the current status, if any.
    pub(crate) fn event(&self) -> Option<&'static str> {
        match self.status {
            Status::Pending => None,
            Status::WaitingForCapture => Some("payment.waiting_for_capture"),
            Status::Succeeded { .. } => Some("payment.succeeded"),
            Status::Canceled { .. } => Some("payment.canceled"),
        }
    }

    /// The payment as the API shows it.
    pub(crate) fn to_json(&self, settings: &Settings) -> Value {
        let status = match &self.status {
            Status::Pending => "pending",
            Status::WaitingForCapture => "waiting_for_capture",
            Status::Succeeded { .. } => "succeeded",
            Status::Canceled { .. } => "canceled",
        };
        let paid = matches!(
            self.status,
            Status::WaitingForCapture | Status::Succeeded { .. }
        );
        let mut json = json!({
            "id": self.id,
            "status": status,
            "amount": {
                "value": self.order.amount.to_decimal(),
                "currency": self.order.amount.currency(),
            },
            "recipient": {"account_id": settings.shop_id, "gateway_id": settings.shop_id},
            "created_at": api_time(self.created_at),
            "test": true,
            "paid": paid,
            "refundable": false,
            "metadata": self.order.metadata,
        });
        if let Some(description) = &self.order.description {
            json["description"] = description.as_str().into();
        }
        match &self.status {
            Status::Pending => {
                json["confirmation"] = json!({
                    "type": "redirect",
                    "return_url": self.order.return_url,
                    "confirmation_url": self.page(settings),
                });
            }
            Status::WaitingForCapture => {}
            Status::Succeeded { at } => json["captured_at"] = api_time(*at).into(),
            Status::Canceled { party, reason } => {
                json["cancellation_details"] = json!({"party": party, "reason": reason});
            }
        }
        json
    }

    fn page(&self, settings: &Settings) -> String {
        let base = settings.public_url.trim_end_matches('/');
        format!("{base}/pay/{}", self.id)
    }
}

/// The API's times have milliseconds, always.
fn api_time(at: Timestamp) -> String {
    format!("{at:.3}")
}
