//! Names of users.

use std::fmt;

use crate::SingleLineError;
use crate::single_line::single_line;

/// A user's name as typed, 1 to 100 characters in one line. Personal data: its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Parses a name; white space around it is dropped.
    ///
    /// # Errors
    /// [`SingleLineError`] says what to put in its place.
    pub fn parse(text: &str) -> Result<PersonName, SingleLineError> {
        single_line(text).map(PersonName)
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
