//! An e-mail address, checked at the edge.

use std::fmt;

use email_address::{EmailAddress, Options};

use crate::caseless::caseless;

/// The longest address that mail can be sent to, in bytes (RFC 5321 §4.5.3.1.3).
const MAX_BYTES: usize = 254;

/// An e-mail address as its owner typed it. Personal data: its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// A text that is no e-mail address. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was given.
    #[error("enter an e-mail address")]
    Empty,
    /// More than 254 bytes.
    #[error("use an e-mail address of at most 254 characters")]
    TooLong,
    /// Not `name@domain.tld`.
    #[error("enter an e-mail address such as name@example.com")]
    Malformed,
}

impl Email {
    /// Parses an address; white space around it is dropped.
    ///
    /// # Errors
    /// [`EmailError`] says what to put in its place.
    pub fn parse(text: &str) -> Result<Email, EmailError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        let options = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        // The grammar lets any character beyond ASCII through, invisible ones too.
        if text.chars().any(char::is_control)
            || EmailAddress::parse_with_options(text, options).is_err()
        {
            return Err(EmailError::Malformed);
        }
        Ok(Email(text.to_owned()))
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique, without regard to case and to whether accents are composed.
    pub fn key(&self) -> String {
        caseless(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn email_is_trimmed_and_keeps_case() {
        let email = Email::parse("  Anna.Petrova+promo@Example.COM\n").unwrap();
        assert_eq!(email.as_str(), "Anna.Petrova+promo@Example.COM");
        assert_eq!(email.key(), "anna.petrova+promo@example.com");
        assert_eq!(
            Email::parse("Почта@Пример.РФ").unwrap().key(),
            "почта@пример.рф"
        );
        assert_eq!(
            Email::parse("И\u{306}о@example.com").unwrap().key(),
            "йо@example.com"
        );
    }

    #[test]
    fn invalid_address_is_refused() {
        assert_eq!(Email::parse("  "), Err(EmailError::Empty));
        for text in [
            "anna",
            "@example.com",
            "anna@",
            "anna@localhost",
            "anna@@example.com",
            "an na@example.com",
            "anna@exa mple.com",
            "Anna <anna@example.com>",
            "anna@[127.0.0.1]",
            "anna@example.com\0",
            "\"a\u{85}b\"@example.com",
            "anna.@example.com",
            "anna@-example.com",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Malformed), "{text:?}");
        }
        let domain = format!("{0}.{0}.{0}.{0}", "d".repeat(60));
        let long = format!("{}@{domain}", "a".repeat(60));
        assert_eq!(Email::parse(&long), Err(EmailError::TooLong));
    }

    #[test]
    fn debug_output_is_redacted() {
        let email = Email::parse("anna@example.com").unwrap();
        assert!(!format!("{email:?}").contains("anna"));
    }

    proptest! {
        #[test]
        fn addresses_are_compared_without_case(name in "[a-z0-9]{1,20}", upper in any::<u32>()) {
            let mixed: String = name
                .chars()
                .enumerate()
                .map(|(i, c)| if upper >> (i % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c })
                .collect();
            let plain = Email::parse(&format!("{name}@example.com")).unwrap();
            let other = Email::parse(&format!("{mixed}@EXAMPLE.com")).unwrap();
            prop_assert_eq!(plain.key(), other.key());
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,300}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.as_str().len() <= MAX_BYTES);
                prop_assert!(email.as_str().contains('@'));
            }
        }
    }
}
