//! Short texts that people give to things and to themselves.

/// The longest text, in characters.
const MAX_CHARS: usize = 100;

/// A text that is not one line of 1 to 100 characters. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SingleLineError {
    /// Nothing but white space.
    #[error("enter at least one visible character")]
    Empty,
    /// More than 100 characters.
    #[error("use at most 100 characters")]
    TooLong,
    /// Line breaks or other control characters.
    #[error("use a single line without control characters")]
    Unprintable,
}

/// What staff call a group, a tariff, a campaign or a promo code: 1 to 100 characters in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// Parses a title; white space around it is dropped.
    ///
    /// # Errors
    /// [`SingleLineError`] says what to put in its place.
    pub fn parse(text: &str) -> Result<Title, SingleLineError> {
        single_line(text).map(Title)
    }

    /// The title as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `text` without the white space around it, when it is one line of 1 to 100 characters.
pub(crate) fn single_line(text: &str) -> Result<String, SingleLineError> {
    let text = text.trim();
    if text.is_empty() {
        Err(SingleLineError::Empty)
    } else if text.chars().count() > MAX_CHARS {
        Err(SingleLineError::TooLong)
    } else if text.chars().any(char::is_control) {
        Err(SingleLineError::Unprintable)
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_is_one_line_of_up_to_100_characters() {
        let title = |text: &str| Title::parse(text).map(|title| title.0);
        assert_eq!(title(" Весна 2026 ").as_deref(), Ok("Весна 2026"));
        assert_eq!(title("\t"), Err(SingleLineError::Empty));
        assert_eq!(title("a\0b"), Err(SingleLineError::Unprintable));
        assert_eq!(title("a\nb"), Err(SingleLineError::Unprintable));
        assert!(title(&"я".repeat(100)).is_ok());
        assert_eq!(title(&"я".repeat(101)), Err(SingleLineError::TooLong));
    }
}
