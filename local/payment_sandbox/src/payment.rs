//! A payment in the sandbox, and how the API shows it.

use std::collections::BTreeMap;

use domain::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::script::Script;
use crate::settings::Settings;

/// How long a payment waits for the buyer: the API's usual hour.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// How long money is held for the shop to take: the API's seven days for cards.
pub const HOLDING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is asked for, already checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    /// After a capture in part, that part.
    pub(crate) amount: Money,
    pub(crate) description: Option<String>,
    pub(crate) return_url: String,
    pub(crate) metadata: BTreeMap<String, String>,
    /// Take the money at once, or hold it when the buyer approves.
    pub(crate) capture: bool,
    /// With a receipt.
    #[serde(default)]
    pub(crate) receipt: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Pending,
    WaitingForCapture,
    Succeeded { at: Timestamp },
    Canceled { party: String, reason: String },
}

/// Who ended a payment, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cancellation {
    Declined(String),
    ExpiredUnpaid,
    ExpiredHeld,
    ByMerchant,
}

impl Cancellation {
    pub(crate) fn status(self) -> Status {
        let (party, reason) = match self {
            Cancellation::Declined(reason) => ("payment_network", reason),
            Cancellation::ExpiredUnpaid => ("yoo_money", "expired_on_confirmation".to_owned()),
            Cancellation::ExpiredHeld => ("yoo_money", "expired_on_capture".to_owned()),
            Cancellation::ByMerchant => ("merchant", "canceled_by_merchant".to_owned()),
        };
        Status::Canceled {
            party: party.to_owned(),
            reason,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: Uuid,
    pub(crate) order: Order,
    pub(crate) created_at: Timestamp,
    pub(crate) status: Status,
    /// Until when the money is held.
    #[serde(default)]
    pub(crate) held_until: Option<Timestamp>,
    /// Kopecks refunded.
    #[serde(default)]
    pub(crate) refunded: i64,
    /// How often it has been read.
    #[serde(default)]
    pub(crate) reads: u64,
    /// How many changes have been announced.
    #[serde(default)]
    pub(crate) announcements: u64,
    /// What the buyer chose on the page, in the words of a script.
    #[serde(default)]
    pub(crate) choice: String,
}

impl Payment {
    pub(crate) fn new(id: Uuid, order: Order, now: Timestamp) -> Payment {
        Payment {
            id,
            order,
            created_at: now,
            status: Status::Pending,
            held_until: None,
            refunded: 0,
            reads: 0,
            announcements: 0,
            choice: String::new(),
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.status == Status::Pending
    }

    pub(crate) fn script(&self) -> Script {
        let description = self.order.description.as_deref().unwrap_or_default();
        Script::of(&format!("{description} {}", self.choice))
    }

    /// Until when the buyer may pay.
    pub(crate) fn deadline(&self) -> Timestamp {
        let lifetime = match self.script().lifetime.map(i64::try_from) {
            Some(Ok(seconds)) => SignedDuration::from_secs(seconds),
            _ => LIFETIME,
        };
        let end = self.created_at.checked_add(lifetime);
        end.unwrap_or(Timestamp::MAX)
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
        let (status, receipt) = match &self.status {
            Status::Pending => ("pending", "pending"),
            Status::WaitingForCapture => ("waiting_for_capture", "pending"),
            Status::Succeeded { .. } => ("succeeded", "succeeded"),
            Status::Canceled { .. } => ("canceled", "canceled"),
        };
        let paid = matches!(
            self.status,
            Status::WaitingForCapture | Status::Succeeded { .. }
        );
        let succeeded = matches!(self.status, Status::Succeeded { .. });
        let amount = self.order.amount;
        let mut json = json!({
            "id": self.id,
            "status": status,
            "amount": amount_json(amount),
            "recipient": {"account_id": settings.shop_id, "gateway_id": settings.shop_id},
            "created_at": api_time(self.created_at),
            "test": true,
            "paid": paid,
            "refundable": succeeded && self.refunded < amount.minor(),
            "metadata": self.order.metadata,
        });
        if let Some(description) = &self.order.description {
            json["description"] = description.as_str().into();
        }
        if self.order.receipt {
            json["receipt_registration"] = receipt.into();
        }
        match &self.status {
            Status::Pending => {
                json["confirmation"] = json!({
                    "type": "redirect",
                    "return_url": self.order.return_url,
                    "confirmation_url": self.page(settings),
                });
            }
            Status::WaitingForCapture => {
                if let Some(until) = self.held_until {
                    json["expires_at"] = api_time(until).into();
                }
            }
            Status::Succeeded { at } => {
                json["captured_at"] = api_time(*at).into();
                if let Some(refunded) = Money::from_minor(self.refunded, amount.currency()) {
                    json["refunded_amount"] = amount_json(refunded);
                }
            }
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

/// An amount as the API shows it.
pub(crate) fn amount_json(amount: Money) -> Value {
    json!({"value": amount.to_decimal(), "currency": amount.currency()})
}

/// The API's times have milliseconds, always.
pub(crate) fn api_time(at: Timestamp) -> String {
    format!("{at:.3}")
}
