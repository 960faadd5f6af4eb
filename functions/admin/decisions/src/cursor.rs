//! Where a page of decisions ends, for the next one to go on from.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use loyalty_store::DecisionPlace;

/// As it is written in a URL: microseconds, which is what the database keeps, and the decision's ID.
pub(crate) struct Cursor(pub(crate) DecisionPlace);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, id) = self.0;
        write!(f, "{}.{id}", at.as_microsecond())
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        let (at, id) = text.split_once('.').ok_or(())?;
        let at = at.parse().map_err(drop)?;
        let at = Timestamp::from_microsecond(at).map_err(drop)?;
        match is_kept(at) {
            true => Ok(Cursor((at, id.parse().map_err(drop)?))),
            false => Err(()),
        }
    }
}

/// Whether the database can keep the time, which is so from the year 2000 on: before that there is nothing to ask about.
pub(crate) fn is_kept(at: Timestamp) -> bool {
    at >= Timestamp::constant(946_684_800, 0)
}
