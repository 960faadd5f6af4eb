//! Counting in this process, for the time that Redis is away.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Limit;
use crate::claim::Claim;
use crate::limit::Full;

/// The maximum number of counters. With that many in use, a new subject is refused: some megabytes are the bound, and
/// nobody gets rid of a counter by making others.
const CAPACITY: usize = 10_000;
/// For how long a new subject is refused then.
const CROWDED: Duration = Duration::from_secs(1);

/// The same counters as in Redis, by the same rules, with half of the limits: other processes count too.
#[derive(Default)]
pub(crate) struct Local(Mutex<HashMap<String, Counter>>);

struct Counter {
    missed: u32,
    /// The guesses under way, each with the number of requests that make it.
    under_way: HashMap<String, u32>,
    ends: Instant,
}

impl Local {
    /// Reserves an attempt in every counter, or in none.
    pub fn reserve(&self, claim: &Claim, now: Instant) -> Result<(), Full> {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() + claim.counters.len() > CAPACITY {
            counters.retain(|_, counter| counter.ends > now);
        }
        let mut full = None;
        for (name, limit) in &claim.counters {
            let counter = counters.get(name).filter(|counter| counter.ends > now);
            full = full.max(match counter {
                Some(counter) => counter.full(&claim.guess, *limit, now),
                None if counters.len() + claim.counters.len() > CAPACITY => {
                    Some(Full::Misses(CROWDED))
                }
                None => None,
            });
        }
        full.map_or(Ok(()), Err)?;
        for (name, limit) in &claim.counters {
            let counter = counter(&mut counters, name, *limit, now);
            let requests = counter.under_way.entry(claim.guess.clone()).or_default();
            *requests += 1;
        }
        Ok(())
    }

    /// Ends an attempt; a miss is counted in every counter, or in none when one is full.
    pub fn settle(&self, claim: &Claim, missed: bool, now: Instant) -> Result<(), Full> {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut full = None;
        for (name, limit) in &claim.counters {
            let counter = counter(&mut counters, name, *limit, now);
            if let Some(requests) = counter.under_way.get_mut(&claim.guess) {
                *requests -= 1;
                if *requests == 0 {
                    counter.under_way.remove(&claim.guess);
                }
            }
            if missed && counter.missed >= strict(*limit) {
                full = full.max(Some(Full::Misses(counter.ends - now)));
            }
        }
        for (name, _) in &claim.counters {
            if let Some(counter) = counters.get_mut(name) {
                if missed && full.is_none() {
                    counter.missed += 1;
                }
                if counter.missed == 0 && counter.under_way.is_empty() {
                    counters.remove(name);
                }
            }
        }
        full.map_or(Ok(()), Err)
    }
}

impl Counter {
    /// Why there is no place for `guess`, if there is none.
    fn full(&self, guess: &str, limit: Limit, now: Instant) -> Option<Full> {
        let others = self.under_way.keys().filter(|other| *other != guess);
        let others = u32::try_from(others.count()).unwrap_or(u32::MAX);
        if self.missed >= strict(limit) {
            Some(Full::Misses(self.ends - now))
        } else if self.missed.saturating_add(others) >= strict(limit) {
            Some(Full::UnderWay)
        } else {
            None
        }
    }
}

/// The counter of this name, a new one when its window has ended.
fn counter<'a>(
    counters: &'a mut HashMap<String, Counter>,
    name: &str,
    limit: Limit,
    now: Instant,
) -> &'a mut Counter {
    let new = || Counter {
        missed: 0,
        under_way: HashMap::new(),
        ends: now + limit.window,
    };
    let counter = counters.entry(name.to_owned()).or_insert_with(new);
    if counter.ends <= now {
        *counter = new();
    }
    counter
}

fn strict(limit: Limit) -> u32 {
    limit.misses.get().div_ceil(2)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(600);

    fn claim(counter: &str, guess: &str) -> Claim {
        let misses = NonZeroU32::new(4).unwrap();
        let window = WINDOW;
        Claim {
            counters: vec![(counter.to_owned(), Limit { misses, window })],
            guess: guess.to_owned(),
        }
    }

    #[test]
    fn local_limit_is_half_until_the_window_ends() {
        let (local, now) = (Local::default(), Instant::now());
        let [one, two] = ["1", "2"].map(|guess| claim("anna", guess));
        for under_way in [&one, &two, &two] {
            local.reserve(under_way, now).unwrap();
        }
        let full = local.reserve(&claim("anna", "3"), now);
        assert_eq!(full, Err(Full::UnderWay));
        for (done, missed) in [(&one, true), (&two, true)] {
            local.settle(done, missed, now).unwrap();
        }
        let later = now + WINDOW / 2;
        let refused = Err(Full::Misses(WINDOW / 2));
        assert_eq!(local.settle(&two, true, later), refused, "one too many");
        assert_eq!(local.reserve(&one, later), refused);
        assert_eq!(local.reserve(&one, now + WINDOW), Ok(()));
    }

    #[test]
    fn refunded_attempt_is_forgotten_and_full_window_stays_full() {
        let (local, now) = (Local::default(), Instant::now());
        local.reserve(&claim("anna", "1"), now).unwrap();
        local.settle(&claim("anna", "1"), false, now).unwrap();
        assert!(local.0.lock().unwrap().is_empty());

        for user in 0..CAPACITY {
            local.reserve(&claim(&user.to_string(), "1"), now).unwrap();
        }
        let new = claim("anna", "1");
        let full = local.reserve(&new, now);
        assert_eq!(full, Err(Full::Misses(CROWDED)), "waiting makes no room");
        local.reserve(&claim("7", "1"), now).unwrap();
        local.reserve(&new, now + WINDOW).unwrap();
        assert_eq!(local.0.lock().unwrap().len(), 1);
    }
}
