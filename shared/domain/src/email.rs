//! An e-mail address, checked at the edge.

use std::fmt;

use email_address::{EmailAddress, Options};
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use crate::caseless::caseless;

/// The longest address that mail can be sent to, in bytes (RFC 5321 §4.5.3.1.3).
const MAX_BYTES: usize = 254;

/// An e-mail address as its owner typed it. Personal data: its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    typed: String,
    key: String,
}

/// A text that is no e-mail address. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was given.
    #[error("enter an e-mail address")]
    Empty,
    /// More than 254 bytes.
    #[error("use an e-mail address of at most 254 characters")]
    TooLong,
    /// Not `name@domain.tld`, or a domain that can't exist.
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
        Ok(Email {
            key: unique_form(text).ok_or(EmailError::Malformed)?,
            typed: text.to_owned(),
        })
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The form that is unique: without regard to case, to whether accents are composed, to quotes that change nothing,
    /// and with the domain as the DNS has it (`пример.рф` is `xn--e1afmkfd.xn--p1ai`).
    pub fn key(&self) -> String {
        self.key.clone()
    }
}

/// [`Email::key`] of an address; none if its domain can't exist.
pub(crate) fn unique_form(address: &str) -> Option<String> {
    let (name, domain) = address.rsplit_once('@')?;
    Some(format!(
        "{}@{}",
        caseless(&plain(name)),
        ascii_domain(domain)?
    ))
}

/// A domain as the DNS has it: in ASCII and lower case (UTS 46, without transitional processing).
pub(crate) fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    ascii.ok().map(std::borrow::Cow::into_owned)
}

/// The name without its quotes, unless it needs them; and without escapes that change nothing (RFC 5321 §4.1.2).
fn plain(name: &str) -> String {
    let Some(quoted) = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut content = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        content.extend(match c {
            '\\' => characters.next(),
            _ => Some(c),
        });
    }
    let atom =
        |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if content
        .split('.')
        .all(|part| !part.is_empty() && part.chars().all(atom))
    {
        return content;
    }
    format!("\"{}\"", content.replace('\\', "\\\\").replace('"', "\\\""))
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
            "почта@xn--e1afmkfd.xn--p1ai"
        );
        assert_eq!(
            Email::parse("И\u{306}о@example.com").unwrap().key(),
            "йо@example.com"
        );
    }

    #[test]
    fn spellings_of_one_address_share_a_key() {
        let key = |text: &str| match Email::parse(text) {
            Ok(email) => email.key(),
            Err(error) => panic!("{text}: {error}"),
        };
        for (one, other) in [
            ("x@пример.рф", "x@xn--e1afmkfd.xn--p1ai"),
            ("x@пример.рф", "X@XN--E1AFMKFD.рф"),
            ("x@bücher.example", "x@bu\u{308}cher.example"),
            ("x@bücher.example", "x@xn--bcher-kva.example"),
            ("x@example.com", "x@ｅｘａｍｐｌｅ.com"),
            ("anna.p@example.com", "\"anna.p\"@example.com"),
            ("anna@example.com", "\"an\\na\"@example.com"),
            ("\"an na\"@example.com", "\"An Na\"@example.com"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in [
            ("x@пример.рф", "x@пример.com"),
            ("anna+1@gmail.com", "anna@gmail.com"),
            ("an.na@gmail.com", "anna@gmail.com"),
            ("\"an na\"@example.com", "anna@example.com"),
            ("x@faß.example", "x@fass.example"),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
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
            "anna@xn--a.com",
            "anna@ex\u{ad}\u{ad}.\u{ad}",
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
