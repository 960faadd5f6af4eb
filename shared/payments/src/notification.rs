//! The provider's notification (webhook): unsigned, so it only says what to read again.

use serde::Deserialize;

use crate::{PaymentId, RefundId};

/// What a notification claims has happened to a payment. A hint for logs; the truth is what
/// [`crate::Provider::get`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentEvent {
    /// `payment.succeeded`
    Succeeded,
    /// `payment.canceled`
    Canceled,
    /// `payment.waiting_for_capture`
    WaitingForCapture,
}

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// About a payment.
    Payment {
        /// What it claims.
        event: PaymentEvent,
        /// Which payment to read again.
        id: PaymentId,
    },
    /// `refund.succeeded`: there is a refund, which staff may have made in the provider's dashboard.
    Refund {
        /// Which refund to read again.
        id: RefundId,
    },
}

/// A body that is no notification we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// A notification, but of another kind (a payout, a deal): acknowledge and ignore it.
    #[error("the notification is about neither a payment nor a refund")]
    OtherEvent,
    /// Not a notification; says which part is wrong.
    #[error("not a notification: {0}")]
    Malformed(&'static str),
}

#[derive(Deserialize)]
struct Wire {
    r#type: String,
    event: String,
    object: WireObject,
}

#[derive(Deserialize)]
struct WireObject {
    id: String,
}

impl Notification {
    /// Reads a notification's body.
    ///
    /// # Errors
    /// [`NotificationError`] when it is not one, or not about a payment or a refund.
    pub fn parse(body: &[u8]) -> Result<Notification, NotificationError> {
        let wire: Wire = serde_json::from_slice(body)
            .map_err(|_| NotificationError::Malformed("expected type, event and object.id"))?;
        if wire.r#type != "notification" {
            return Err(NotificationError::Malformed("type is not notification"));
        }
        let no_identifier = |_| NotificationError::Malformed("object.id is no identifier");
        let event = match wire.event.as_str() {
            "payment.succeeded" => PaymentEvent::Succeeded,
            "payment.canceled" => PaymentEvent::Canceled,
            "payment.waiting_for_capture" => PaymentEvent::WaitingForCapture,
            "refund.succeeded" => {
                let id = wire.object.id.parse().map_err(no_identifier)?;
                return Ok(Notification::Refund { id });
            }
            _ => return Err(NotificationError::OtherEvent),
        };
        let id = wire.object.id.parse().map_err(no_identifier)?;
        Ok(Notification::Payment { event, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(event: &str) -> String {
        format!(
            r#"{{"type":"notification","event":"{event}","object":{{"id":"22e12f66-000f-5000",
            "status":"succeeded","amount":{{"value":"1000000.00","currency":"RUB"}}}}}}"#
        )
    }

    #[test]
    fn only_the_id_is_read() {
        let payment = |event| Notification::Payment {
            event,
            id: "22e12f66-000f-5000".parse().unwrap(),
        };
        let refund = Notification::Refund {
            id: "22e12f66-000f-5000".parse().unwrap(),
        };
        for (event, expected) in [
            ("payment.succeeded", payment(PaymentEvent::Succeeded)),
            ("payment.canceled", payment(PaymentEvent::Canceled)),
            (
                "payment.waiting_for_capture",
                payment(PaymentEvent::WaitingForCapture),
            ),
            ("refund.succeeded", refund),
        ] {
            assert_eq!(Notification::parse(body(event).as_bytes()), Ok(expected));
        }
    }

    #[test]
    fn other_notifications_are_distinguished_from_malformed_ones() {
        let parse = |body: &str| Notification::parse(body.as_bytes()).unwrap_err();
        assert_eq!(
            parse(&body("payout.succeeded")),
            NotificationError::OtherEvent
        );
        for body in [
            "",
            "[]",
            "null",
            r#"{"type":"notification","event":"payment.succeeded"}"#,
            r#"{"type":"notification","event":"payment.succeeded","object":{"id":7}}"#,
            r#"{"type":"notification","event":"payment.succeeded","object":{"id":"../me"}}"#,
            r#"{"type":"notification","event":"refund.succeeded","object":{"id":"../me"}}"#,
            r#"{"type":"error","event":"payment.succeeded","object":{"id":"1"}}"#,
        ] {
            assert!(
                matches!(parse(body), NotificationError::Malformed(_)),
                "{body}"
            );
        }
    }
}
