//! How a user wants to be called.

use std::fmt;

/// The longest name, in characters.
const MAX_CHARS: usize = 100;

/// A user's name as typed. Personal data: its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// A text that can't be a name. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    /// Nothing but white space.
    #[error("enter a name, or leave the name out")]
    Empty,
    /// More than 100 characters.
    #[error("use a name of at most 100 characters")]
    TooLong,
    /// Line breaks or other control characters.
    #[error("write the name in one line, without control characters")]
    Unprintable,
}

impl PersonName {
    /// Parses a name of 1 to 100 characters in one line; white space around it is dropped.
    ///
    /// # Errors
    /// [`PersonNameError`] says what to put in its place.
    pub fn parse(text: &str) -> Result<PersonName, PersonNameError> {
        let text = text.trim();
        if text.is_empty() {
            Err(PersonNameError::Empty)
        } else if text.chars().count() > MAX_CHARS {
            Err(PersonNameError::TooLong)
        } else if text.chars().any(char::is_control) {
            Err(PersonNameError::Unprintable)
        } else {
            Ok(PersonName(text.to_owned()))
        }
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_up_to_100_characters() {
        assert_eq!(PersonName::parse(" Анна ").unwrap().as_str(), "Анна");
        assert_eq!(PersonName::parse("\t"), Err(PersonNameError::Empty));
        assert_eq!(PersonName::parse("a\0b"), Err(PersonNameError::Unprintable));
        assert!(PersonName::parse(&"я".repeat(100)).is_ok());
        assert_eq!(
            PersonName::parse(&"я".repeat(101)),
            Err(PersonNameError::TooLong)
        );
    }
}
