//! The provider's identifiers.

use std::fmt;
use std::str::FromStr;

/// A text that cannot be an identifier of the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider's identifiers are 1 to 64 letters, digits, hyphens and underscores")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                checked(text).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// The provider's identifier of a payment: up to 64 letters, digits, `-` and `_`, so it is safe in a path.
    PaymentId
}

id! {
    /// The provider's identifier of a refund; as safe in a path as a [`PaymentId`].
    RefundId
}

fn checked(text: &str) -> Result<String, InvalidId> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payment_id_cannot_leave_its_path_segment() {
        assert!(
            "22e12f66-000f-5000-8000-18db351245c7"
                .parse::<PaymentId>()
                .is_ok()
        );
        for text in ["", "..", "a/b", "a?b", "a%2fb", "a b", &"a".repeat(65)] {
            assert_eq!(text.parse::<PaymentId>(), Err(InvalidId), "{text}");
            assert_eq!(text.parse::<RefundId>(), Err(InvalidId), "{text}");
        }
    }
}
