//! Where a page of a list that is in the order of time ends, for the next one to go on from.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

/// The time and the ID of the last item. As it is written in a URL: microseconds, which is what the database keeps, and
/// the ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeCursor<I = Uuid>(pub (Timestamp, I));

impl<I: fmt::Display> fmt::Display for TimeCursor<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, id) = &self.0;
        write!(f, "{}.{id}", at.as_microsecond())
    }
}

impl<I: FromStr> FromStr for TimeCursor<I> {
    type Err = ();

    fn from_str(text: &str) -> Result<TimeCursor<I>, ()> {
        let (at, id) = text.split_once('.').ok_or(())?;
        let at = at.parse().map_err(drop)?;
        let at = Timestamp::from_microsecond(at).map_err(drop)?;
        match is_kept(at) {
            true => Ok(TimeCursor((at, id.parse().map_err(drop)?))),
            false => Err(()),
        }
    }
}

/// Whether the database can keep the time, which is so from the year 2000 on: before that there is nothing to ask about.
pub fn is_kept(at: Timestamp) -> bool {
    at >= Timestamp::constant(946_684_800, 0)
}
