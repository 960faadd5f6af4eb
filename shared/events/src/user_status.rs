//! The event of a user's status and its form on the wire.

use domain::UserStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Event;

/// A user's status became another one. Carries no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserStatusChanged {
    /// Names the event: the same in every repetition of it.
    pub event_id: Uuid,
    /// Whose status.
    pub user_id: Uuid,
    /// The new status.
    pub status: UserStatus,
    /// Increases by one with every change of this user's status, from 1. Receivers keep the highest.
    pub version: i64,
    /// When it changed, UTC.
    pub occurred_at: Timestamp,
    /// The first account of the same e-mail address, when that was deleted before this one was made. Does not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_account_id: Option<Uuid>,
}

/// A message that is no event this version knows. Tells where it breaks and never what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a known event (line {line}, column {column})")]
pub struct Malformed {
    line: usize,
    column: usize,
}

/// The schema tag goes along, so that a breaking change gets a name of its own; fields it doesn't know are skipped.
#[derive(Serialize, Deserialize)]
#[serde(tag = "schema")]
enum Message {
    #[serde(rename = "user_status_changed.v1")]
    UserStatusChangedV1(UserStatusChanged),
}

impl UserStatusChanged {
    /// The event as a message: JSON with a `schema` tag.
    #[expect(
        clippy::expect_used,
        reason = "identifiers, numbers and texts always have a JSON form"
    )]
    pub fn to_message(&self) -> String {
        serde_json::to_string(&Message::UserStatusChangedV1(self.clone())).expect("has a JSON form")
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`Malformed`] for anything but an event of a known schema with a version above zero.
    pub fn from_message(message: &[u8]) -> Result<UserStatusChanged, Malformed> {
        // The parser's own text can quote the message, which may be anything.
        let Message::UserStatusChangedV1(event) =
            serde_json::from_slice(message).map_err(|error| Malformed {
                line: error.line(),
                column: error.column(),
            })?;
        if event.version < 1 {
            return Err(Malformed { line: 1, column: 1 });
        }
        Ok(event)
    }
}

impl Event for UserStatusChanged {
    fn id(&self) -> Uuid {
        self.event_id
    }

    fn user_id(&self) -> Uuid {
        self.user_id
    }

    fn message(&self) -> String {
        self.to_message()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = r#"{"schema":"user_status_changed.v1","event_id":"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a01","user_id":"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a02","status":"blocked","version":2,"occurred_at":"2026-01-02T03:04:05.000006Z"}"#;

    #[test]
    fn wire_format_is_stable() {
        let event = UserStatusChanged::from_message(MESSAGE.as_bytes()).unwrap();
        assert_eq!(event.status, UserStatus::Blocked);
        assert_eq!(event.to_message(), MESSAGE);
    }

    #[test]
    fn earlier_account_is_included() {
        let first = "\"first_account_id\":\"6f1c1c1e-0a3f-4d43-9f64-2b9d3c1f0a03\"}";
        let later = format!("{},{first}", MESSAGE.trim_end_matches('}'));
        let event = UserStatusChanged::from_message(later.as_bytes()).unwrap();
        assert_eq!(
            event.first_account_id,
            Some(Uuid::from_u128(0x6f1c1c1e_0a3f_4d43_9f64_2b9d3c1f0a03))
        );
        assert_eq!(event.to_message(), later);
    }

    #[test]
    fn unknown_fields_are_skipped() {
        let more = MESSAGE.replace("{\"schema\"", "{\"reason\":[1],\"schema\"");
        assert_eq!(
            UserStatusChanged::from_message(more.as_bytes()),
            UserStatusChanged::from_message(MESSAGE.as_bytes())
        );
    }

    #[test]
    fn malformed_event_is_not_quoted() {
        for message in [
            "",
            "secret",
            "{}",
            "\u{feff}{}",
            &MESSAGE.replace("status_changed.v1", "secret.v2"),
            &MESSAGE.replace("blocked", "secret"),
            &MESSAGE.replace("\"version\":2", "\"version\":0"),
            &MESSAGE.replace("\"version\":2", "\"version\":\"secret\""),
            &MESSAGE.replace("2026-01-02", "secret"),
        ] {
            let error = UserStatusChanged::from_message(message.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
        assert!(UserStatusChanged::from_message(&[0xff, 0xfe]).is_err());
    }
}
