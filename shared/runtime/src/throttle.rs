//! Telling once in a while what anyone can make happen thousands of times.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Lets one in a while through, and counts the others.
#[derive(Debug)]
pub struct Throttle {
    gap: SignedDuration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Timestamp>,
    held_back: u64,
}

impl Throttle {
    /// At least `gap` between two that are let through.
    pub fn new(gap: SignedDuration) -> Throttle {
        Throttle {
            gap,
            state: Mutex::default(),
        }
    }

    /// Asks at the time `now`. How many were held back since the last that was let through, or `None` to hold this one
    /// back, too.
    pub fn pass(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not silence it until the clock is there again.
        let early = |last: Timestamp| now >= last && now.duration_since(last) < self.gap;
        if state.last.is_some_and(early) {
            state.held_back += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttle_passes_one_a_minute_with_the_suppressed_count() {
        let throttle = Throttle::new(SignedDuration::from_mins(1));
        let at = |second: i64| throttle.pass(Timestamp::constant(1_800_000_000 + second, 0));
        assert_eq!(at(0), Some(0));
        for second in [0, 1, 59] {
            assert_eq!(at(second), None);
        }
        assert_eq!(at(60), Some(3));
        assert_eq!(at(119), None);
        assert_eq!(at(500), Some(1));
        assert_eq!(at(400), Some(0), "the clock was set back");
        assert_eq!(at(401), None);
    }
}
