//! Short texts that people give to things and to themselves.

use crate::invisible::{breaks_line, is_invisible, turns_text};

/// The longest text, in characters.
const MAX_CHARS: usize = 100;
/// The longest reason, in characters.
const MAX_REASON_CHARS: usize = 200;

/// A text that is not one line of 1 to 100 characters, or to 200 for a reason. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SingleLineError {
    /// Nothing to see: white space, or characters without a form.
    #[error("enter at least one visible character")]
    Empty,
    /// More than 100 characters.
    #[error("use at most 100 characters")]
    TooLong,
    /// A reason of more than 200 characters.
    #[error("use at most 200 characters")]
    ReasonTooLong,
    /// Line breaks, other control characters, or those that turn the text around them.
    #[error(
        "use a single line without control characters or marks that change the direction of text"
    )]
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

/// Why staff do something to a user: 1 to 200 characters in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Parses a reason; white space around it is dropped.
    ///
    /// # Errors
    /// [`SingleLineError`] says what to put in its place.
    pub fn parse(text: &str) -> Result<Reason, SingleLineError> {
        line_of(text, MAX_REASON_CHARS, SingleLineError::ReasonTooLong).map(Reason)
    }

    /// The reason as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `text` without the white space around it, when it is one line of 1 to 100 characters.
pub(crate) fn single_line(text: &str) -> Result<String, SingleLineError> {
    line_of(text, MAX_CHARS, SingleLineError::TooLong)
}

fn line_of(
    text: &str,
    max_chars: usize,
    too_long: SingleLineError,
) -> Result<String, SingleLineError> {
    let text = text.trim();
    if !text
        .chars()
        .any(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(c))
    {
        Err(SingleLineError::Empty)
    } else if text.chars().count() > max_chars {
        Err(too_long)
    } else if text
        .chars()
        .any(|c| c.is_control() || breaks_line(c) || turns_text(c))
    {
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
        for nothing in ["\u{200b}", "\u{202e}", "\u{3164} \u{feff}", "\u{2800}"] {
            assert_eq!(title(nothing), Err(SingleLineError::Empty));
        }
        // U+0085 and the others of a mandatory break, and those that turn the text.
        for c in
            "\n\r\u{b}\u{c}\u{85}\u{2028}\u{2029}\u{61c}\u{200e}\u{202a}\u{202e}\u{2066}\u{2069}"
                .chars()
        {
            let text = format!("a{c}b");
            assert_eq!(title(&text), Err(SingleLineError::Unprintable), "{c:?}");
            assert_eq!(Reason::parse(&text), Err(SingleLineError::Unprintable));
        }
        // Joiners belong to some scripts, and to emoji.
        assert!(title("Семья 👨\u{200d}👩\u{200d}👧").is_ok());
        assert_eq!(title("a\0b"), Err(SingleLineError::Unprintable));
        assert!(title(&"я".repeat(100)).is_ok());
        assert_eq!(title(&"я".repeat(101)), Err(SingleLineError::TooLong));
    }

    #[test]
    fn reason_is_one_line_of_up_to_200_characters() {
        let reason = |text: &str| Reason::parse(text).map(|reason| reason.0);
        assert_eq!(reason(" Звонок 123 ").as_deref(), Ok("Звонок 123"));
        assert_eq!(reason(" "), Err(SingleLineError::Empty));
        assert_eq!(reason("a\nb"), Err(SingleLineError::Unprintable));
        assert!(reason(&"я".repeat(200)).is_ok());
        assert_eq!(
            reason(&"я".repeat(201)),
            Err(SingleLineError::ReasonTooLong)
        );
    }
}
