//! Who is limited, and how.

use std::num::NonZeroU32;
use std::time::Duration;

use service_http::{Code, Problem};

/// How often a subject may be wrong.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// The misses after which every further attempt is refused until the window ends.
    pub misses: NonZeroU32,
    /// How long misses count, from the first attempt on.
    pub window: Duration,
}

/// Somebody whose attempts are counted together: a user, an address, an account.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// What it is and for what it is counted, such as `promo-user`.
    pub kind: &'static str,
    /// Which one. May be personal: it is kept as a keyed hash alone.
    pub name: &'a [u8],
    /// Its limit.
    pub limit: Limit,
}

/// Why there is no place for an attempt; the greater is the harder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Full {
    /// Guesses under way fill it, and those end soon.
    UnderWay,
    /// Misses do, for this long.
    Misses(Duration),
}

impl From<Full> for TooMany {
    fn from(full: Full) -> TooMany {
        let retry_after = match full {
            Full::UnderWay => Duration::from_secs(1),
            Full::Misses(wait) => wait,
        };
        TooMany { retry_after }
    }
}

/// A limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong attempts")]
pub struct TooMany {
    /// How long to wait. Not zero.
    pub retry_after: Duration,
}

impl From<TooMany> for Problem {
    fn from(TooMany { retry_after }: TooMany) -> Problem {
        Problem::new(Code::TooManyAttempts).with_retry_after(retry_after)
    }
}
