//! The events of a purchase and their form on the wire: docs/purchase-events.md.

use domain::{Money, PromoCodeId, TariffId};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::Event;

/// A purchase was paid or revoked, or money of a paid one went back. Carries no personal data.
///
/// Money that came too late and went straight back was never a sale: it makes no event, neither coming nor going.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurchaseEvent {
    /// Names the event: the same in every repetition of it.
    pub event_id: Uuid,
    /// Who bought.
    pub user_id: Uuid,
    /// Increases by one with every event of this user. What happened before there were events is counted too.
    pub sequence: i64,
    /// The purchase.
    pub purchase_id: Uuid,
    /// What was bought.
    pub tariff: TariffId,
    /// The promo code; absent at the full price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promocode_id: Option<PromoCodeId>,
    /// The price without the code.
    pub price: Money,
    /// What was paid.
    pub total: Money,
    /// The period that this purchase pays for, after the change in the event.
    pub subscription: Period,
    /// The end of the tariff for this user, all purchases together, UTC: the user has it before, and not after.
    pub paid_until: Timestamp,
    /// What went back; `None` when the purchase was paid.
    #[serde(flatten)]
    pub refund: Option<Refunded>,
    /// Whether staff took the purchase back, with or without a refund of its own.
    #[serde(skip)]
    pub revoked: bool,
    /// When it happened, UTC.
    pub occurred_at: Timestamp,
}

/// A time for which a tariff is paid. Of a purchase that was refunded before it began both ends are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Its first instant, UTC.
    pub starts_at: Timestamp,
    /// The first instant after it, UTC.
    pub ends_at: Timestamp,
}

/// Money that went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Refunded {
    /// This time.
    pub refund: Money,
    /// In all, with this time.
    pub refunded: Money,
    /// Whether that is all that was paid.
    pub fully_refunded: bool,
}

#[derive(Serialize)]
#[serde(tag = "schema")]
enum Message<'a> {
    #[serde(rename = "purchase_paid.v1")]
    Paid(&'a PurchaseEvent),
    #[serde(rename = "purchase_refunded.v1")]
    Refunded(&'a PurchaseEvent),
    #[serde(rename = "purchase_revoked.v1")]
    Revoked(&'a PurchaseEvent),
}

impl Event for PurchaseEvent {
    fn id(&self) -> Uuid {
        self.event_id
    }

    fn user_id(&self) -> Uuid {
        self.user_id
    }

    #[expect(
        clippy::expect_used,
        reason = "identifiers, numbers and texts always have a JSON form"
    )]
    fn message(&self) -> String {
        let message = match self.refund {
            None if self.revoked => Message::Revoked(self),
            None => Message::Paid(self),
            Some(_) => Message::Refunded(self),
        };
        serde_json::to_string(&message).expect("has a JSON form")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;

    const PAID: &str = r#"{"schema":"purchase_paid.v1","event_id":"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a01","user_id":"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a02","sequence":3,"purchase_id":"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a01","tariff":1,"promocode_id":5,"price":{"amount":"299.00","currency":"RUB"},"total":{"amount":"209.30","currency":"RUB"},"subscription":{"starts_at":"2026-01-02T03:04:05.000006Z","ends_at":"2026-02-02T03:04:05.000006Z"},"paid_until":"2026-03-02T03:04:05.000006Z","occurred_at":"2026-01-02T03:04:05.000006Z"}"#;
    const REFUNDED: &str = r#"{"schema":"purchase_refunded.v1","event_id":"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a03","user_id":"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a02","sequence":4,"purchase_id":"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a01","tariff":1,"price":{"amount":"299.00","currency":"RUB"},"total":{"amount":"299.00","currency":"RUB"},"subscription":{"starts_at":"2026-01-02T03:04:05.000006Z","ends_at":"2026-02-02T03:04:05.000006Z"},"paid_until":"2026-02-02T03:04:05.000006Z","refund":{"amount":"99.00","currency":"RUB"},"refunded":{"amount":"149.05","currency":"RUB"},"fully_refunded":false,"occurred_at":"2026-01-03T00:00:00Z"}"#;

    fn id(last: u128) -> Uuid {
        Uuid::from_u128(0x6f1c1c1e_0a3f_4d43_9f64_2b9d3c1f0a00 + last)
    }

    fn rub(minor: i64) -> Money {
        Money::from_minor(minor, Currency::RUB).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn wire_format_is_stable() {
        let paid = PurchaseEvent {
            event_id: id(1),
            user_id: id(2),
            sequence: 3,
            purchase_id: id(1),
            tariff: TariffId(1),
            promocode_id: Some(PromoCodeId(5)),
            price: rub(29_900),
            total: rub(20_930),
            subscription: Period {
                starts_at: at("2026-01-02T03:04:05.000006Z"),
                ends_at: at("2026-02-02T03:04:05.000006Z"),
            },
            paid_until: at("2026-03-02T03:04:05.000006Z"),
            refund: None,
            revoked: false,
            occurred_at: at("2026-01-02T03:04:05.000006Z"),
        };
        assert_eq!(paid.message(), PAID);
        let revoked = PurchaseEvent {
            revoked: true,
            ..paid.clone()
        };
        let expected = PAID.replace("purchase_paid.v1", "purchase_revoked.v1");
        assert_eq!(revoked.message(), expected);
        let refunded = PurchaseEvent {
            event_id: id(3),
            sequence: 4,
            promocode_id: None,
            total: rub(29_900),
            paid_until: at("2026-02-02T03:04:05.000006Z"),
            refund: Some(Refunded {
                refund: rub(9_900),
                refunded: rub(14_905),
                fully_refunded: false,
            }),
            occurred_at: at("2026-01-03T00:00:00Z"),
            ..paid
        };
        assert_eq!(refunded.message(), REFUNDED);
    }

    #[test]
    fn documented_format_is_current() {
        let page = include_str!("../../../docs/purchase-events.md");
        let keys = |text: &str| {
            let object: serde_json::Map<_, _> = serde_json::from_str(text).unwrap();
            object.keys().cloned().collect::<Vec<_>>()
        };
        let mut examples = page.split("```json").skip(1);
        for message in [
            PAID,
            REFUNDED
                .replace(r#""price""#, r#""promocode_id":5,"price""#)
                .as_str(),
        ] {
            let example = examples.next().unwrap().split("```").next().unwrap();
            assert_eq!(keys(example), keys(message));
        }
    }
}
