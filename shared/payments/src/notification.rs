//! The provider's notification (webhook): unsigned, so it only says which payment to read again.

use serde::Deserialize;

use crate::PaymentId;

/// What a notification claims has happened. A hint for logs; the truth is what [`crate::YooKassa::get`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentEvent {
    /// `payment.succeeded`
    Succeeded,
    /// `payment.canceled`
    Canceled,
    /// `payment.waiting_for_capture`
    WaitingForCapture,
}

/// A notification about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// What it claims.
    pub event: PaymentEvent,
    /// Which payment to read again.
    pub payment_id: PaymentId,
}

/// A body that is no notification about a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// A notification, but of another kind (a refund, a payout): acknowledge and ignore it.
    #[error("the notification is not about a payment")]
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
    /// [`NotificationError`] when it is not one, or not about a payment.
    pub fn parse(body: &[u8]) -> Result<Notification, NotificationError> {
        let wire: Wire = serde_json::from_slice(body)
            .map_err(|_| NotificationError::Malformed("expected type, event and object.id"))?;
        if wire.r#type != "notification" {
            return Err(NotificationError::Malformed("type is not notification"));
        }
        let event = match wire.event.as_str() {
            "payment.succeeded" => PaymentEvent::Succeeded,
            "payment.canceled" => PaymentEvent::Canceled,
            "payment.waiting_for_capture" => PaymentEvent::WaitingForCapture,
            _ => return Err(NotificationError::OtherEvent),
        };
        let payment_id = wire
            .object
            .id
            .parse()
            .map_err(|_| NotificationError::Malformed("object.id is no identifier"))?;
        Ok(Notification { event, payment_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_identifier_is_taken() {
        let body = br#"{"type":"notification","event":"payment.succeeded","object":{"id":"22e12f66-000f-5000",
            "status":"succeeded","amount":{"value":"1000000.00","currency":"RUB"}}}"#;
        let notification = Notification::parse(body).unwrap();
        assert_eq!(notification.event, PaymentEvent::Succeeded);
        assert_eq!(notification.payment_id.as_str(), "22e12f66-000f-5000");
    }

    #[test]
    fn what_is_not_about_a_payment_is_told_from_what_is_no_notification() {
        let parse = |body: &str| Notification::parse(body.as_bytes()).unwrap_err();
        assert_eq!(
            parse(r#"{"type":"notification","event":"refund.succeeded","object":{"id":"1"}}"#),
            NotificationError::OtherEvent
        );
        for body in [
            "",
            "[]",
            "null",
            r#"{"type":"notification","event":"payment.succeeded"}"#,
            r#"{"type":"notification","event":"payment.succeeded","object":{"id":7}}"#,
            r#"{"type":"notification","event":"payment.succeeded","object":{"id":"../me"}}"#,
            r#"{"type":"error","event":"payment.succeeded","object":{"id":"1"}}"#,
        ] {
            assert!(
                matches!(parse(body), NotificationError::Malformed(_)),
                "{body}"
            );
        }
    }
}
