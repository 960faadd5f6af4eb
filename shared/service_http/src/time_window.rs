//! The period that a list is narrowed down to.

use jiff::Timestamp;

use crate::query::invalid;
use crate::{Problem, Query, is_kept};

/// The parameters `from` and `to`: what happened at `from` or later, and before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeWindow {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

impl TimeWindow {
    /// Reads both; either may be absent.
    ///
    /// # Errors
    /// `query_parameter_repeated`; `query_parameter_invalid`, also of `to` when it does not come after `from`.
    pub fn read(query: &Query) -> Result<TimeWindow, Problem> {
        let window = TimeWindow {
            from: time(query, "from")?,
            to: time(query, "to")?,
        };
        match window.from.zip(window.to) {
            Some((from, to)) if from >= to => Err(invalid("to")),
            _ => Ok(window),
        }
    }
}

fn time(query: &Query, name: &str) -> Result<Option<Timestamp>, Problem> {
    let time = query.optional_parsed(name)?;
    match time.is_none_or(is_kept) {
        true => Ok(time),
        false => Err(invalid(name)),
    }
}
