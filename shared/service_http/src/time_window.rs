//! The times between which a list of what grows with use is read.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::query::invalid;
use crate::{Code, Problem, Query, is_kept};

/// The longest window by which alone a list can be filtered, in days.
const MAX_DAYS: i64 = 31;

/// The parameters `from` and `to` of a list, half-open.
#[derive(Debug, Clone, Copy)]
pub struct TimeWindow {
    /// The first time, UTC.
    pub from: Option<Timestamp>,
    /// The first time after the window, UTC.
    pub to: Option<Timestamp>,
}

impl TimeWindow {
    /// From the query.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `query_parameter_invalid`: also for `to` if it is not after `from`.
    pub fn read(query: &Query) -> Result<TimeWindow, Problem> {
        let time = |name| match query.optional_parsed(name)? {
            Some(at) if !is_kept(at) => Err(invalid(name)),
            at => Ok(at),
        };
        let window = TimeWindow {
            from: time("from")?,
            to: time("to")?,
        };
        match Option::zip(window.from, window.to) {
            Some((from, to)) if to <= from => Err(invalid("to")),
            _ => Ok(window),
        }
    }

    /// The window of a list that has to be filtered by something that an index finds: one of the parameters `others`, or a
    /// window of at most 31 days. Without `to`, a window that begins ends now.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `filter_too_wide`.
    pub fn narrowing(
        mut self,
        query: &Query,
        others: &[&str],
        now: Timestamp,
    ) -> Result<TimeWindow, Problem> {
        self.to = self.to.or(self.from.map(|_| now));
        for name in others {
            if query.optional(name)?.is_some() {
                return Ok(self);
            }
        }
        let longest = SignedDuration::from_hours(24 * MAX_DAYS);
        match Option::zip(self.from, self.to) {
            Some((from, to)) if to.duration_since(from) <= longest => Ok(self),
            _ => Err(Problem::new(Code::FilterTooWide)
                .with("any_of", json!(others))
                .with("days", MAX_DAYS)),
        }
    }
}
