//! A password, for as short a time as possible.

use std::fmt;

use zeroize::Zeroizing;

use crate::caseless::caseless;
use crate::email::unique_form;

/// The minimum number of characters of a new password.
const MIN_CHARS: usize = 8;
/// The passwords that are guessed first, in lower case, one a line.
const COMMON: &str = include_str!("../common_passwords/list.txt");
/// The maximum number of characters of a new password: hashing must not be fed megabytes.
const MAX_CHARS: usize = 128;

/// A password in the clear. Wiped from memory when dropped; can't be printed, serialised or compared.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// A text that can't become a password. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than 8 characters.
    #[error("use a password of at least 8 characters")]
    TooShort,
    /// More than 128 characters.
    #[error("use a password of at most 128 characters")]
    TooLong,
    /// Among those that are guessed first, in whatever case.
    #[error("use a password that is not among the most common ones")]
    TooCommon,
    /// The user's address, or the part of it before the @, in whatever case.
    #[error("use a password other than your e-mail address")]
    IsAddress,
}

impl Password {
    /// A new password, of 8 to 128 characters, any characters, but for the most common ones.
    ///
    /// # Errors
    /// [`PasswordError`] says what it has to be.
    pub fn parse(text: String) -> Result<Password, PasswordError> {
        let password = Password::entered(text);
        match password.0.chars().count() {
            n if n < MIN_CHARS => Err(PasswordError::TooShort),
            n if n > MAX_CHARS => Err(PasswordError::TooLong),
            _ if password.is_common() => Err(PasswordError::TooCommon),
            _ => Ok(password),
        }
    }

    /// The same, unless it is the address whose unique form is `email_key`, or the part of it before the @.
    ///
    /// # Errors
    /// [`PasswordError::IsAddress`].
    pub fn other_than(self, email_key: &str) -> Result<Password, PasswordError> {
        let lower = self.caseless();
        let name = email_key.rsplit_once('@').map(|(name, _)| name);
        let as_address = unique_form(&self.0).map(Zeroizing::new);
        let is_address = as_address.is_some_and(|address| *address == email_key);
        if is_address || *lower == email_key || Some(lower.as_str()) == name {
            return Err(PasswordError::IsAddress);
        }
        Ok(self)
    }

    fn is_common(&self) -> bool {
        // Some microseconds, before a hash of some 20,000.
        let lower = self.caseless();
        COMMON.lines().any(|common| common == *lower)
    }

    fn caseless(&self) -> Zeroizing<String> {
        Zeroizing::new(caseless(&self.0))
    }

    /// A password typed to sign in: whatever it is, it is right or wrong, and its length gets no answer of its own.
    pub fn entered(text: String) -> Password {
        Password(Zeroizing::new(text))
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<(), PasswordError> {
        Password::parse(text.to_owned()).map(drop)
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(parse("пароль7"), Err(PasswordError::TooShort));
        assert_eq!(parse("пароль78"), Ok(()));
        assert_eq!(parse(&"ы".repeat(128)), Ok(()));
        assert_eq!(parse(&"ы".repeat(129)), Err(PasswordError::TooLong));
    }

    #[test]
    fn common_passwords_are_refused_in_whatever_case() {
        for common in ["password", "PassWord1", "12345678", "QWERTY123", "iloveyou"] {
            assert_eq!(parse(common), Err(PasswordError::TooCommon), "{common}");
        }
        for rare in ["password of mine", "drowssap 1", "12345678 "] {
            assert_eq!(parse(rare), Ok(()), "{rare}");
        }
    }

    #[test]
    fn common_password_list_has_no_duplicates() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.is_sorted_by(|a, b| a < b));
        for line in lines {
            assert_eq!(line, *Password::entered(line.to_owned()).caseless());
            assert!(line.chars().count() >= MIN_CHARS, "{line}");
        }
    }

    #[test]
    fn address_is_refused_as_password() {
        let check = |text: &str| {
            let password = Password::parse(text.to_owned()).unwrap();
            password.other_than("anna.petrova@example.com").map(drop)
        };
        for address in ["Anna.Petrova@Example.com", "ANNA.petrova"] {
            assert_eq!(check(address), Err(PasswordError::IsAddress), "{address}");
        }
        assert_eq!(check("anna.petrova and more"), Ok(()));
        let password = Password::parse("Anna@Пример.РФ".to_owned()).unwrap();
        let refused = password.other_than("anna@xn--e1afmkfd.xn--p1ai").map(drop);
        assert_eq!(refused, Err(PasswordError::IsAddress));
    }

    #[test]
    fn debug_output_is_redacted() {
        let password = Password::parse("correct horse".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }

    proptest! {
        #[test]
        fn password_is_kept_as_typed(text in any::<String>()) {
            let chars = text.chars().count();
            match Password::parse(text.clone()) {
                Ok(password) => prop_assert_eq!(password.as_bytes(), text.as_bytes()),
                Err(_) => prop_assert!(!(MIN_CHARS..=MAX_CHARS).contains(&chars)),
            }
        }
    }
}
