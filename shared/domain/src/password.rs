//! A password, for as short a time as possible.

use std::fmt;

use zeroize::Zeroizing;

/// Fewest characters of a new password.
const MIN_CHARS: usize = 8;
/// Most characters of a new password: hashing must not be fed megabytes.
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
}

impl Password {
    /// A new password, of 8 to 128 characters, any characters.
    ///
    /// # Errors
    /// [`PasswordError`] says how long it has to be.
    pub fn parse(text: String) -> Result<Password, PasswordError> {
        let password = Password::entered(text);
        match password.0.chars().count() {
            n if n < MIN_CHARS => Err(PasswordError::TooShort),
            n if n > MAX_CHARS => Err(PasswordError::TooLong),
            _ => Ok(password),
        }
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
    fn debug_shows_nothing() {
        let password = Password::parse("correct horse".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }

    proptest! {
        #[test]
        fn a_password_is_kept_as_typed(text in any::<String>()) {
            let chars = text.chars().count();
            match Password::parse(text.clone()) {
                Ok(password) => prop_assert_eq!(password.as_bytes(), text.as_bytes()),
                Err(_) => prop_assert!(!(MIN_CHARS..=MAX_CHARS).contains(&chars)),
            }
        }
    }
}
