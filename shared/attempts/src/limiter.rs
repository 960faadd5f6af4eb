//! Counting in Redis, for all processes together; and in this one alone while Redis is away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use cache::{Cache, Outage};
use redis::{Script, ScriptInvocation};
use runtime::ConfigError;

use crate::claim::Claim;
use crate::limit::Full;
use crate::local::Local;
use crate::{Limit, Subject, TooMany};

/// How long an attempt waits for a place while only guesses under way fill the limit. Twenty right passwords at once
/// take a tenth of it, and on an overloaded machine the half.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest pause between two looks whether there is one, the first of which is an eighth.
const PAUSE: Duration = Duration::from_millis(160);

/// Counts attempts. Clones count together, as do all limiters with the same key on the same Redis.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    cache: Cache,
    key: hmac::Key,
    reserve: Script,
    settle: Script,
    outage: Outage,
    local: Local,
    timeout: Duration,
}

/// An attempt whose outcome is not known yet. Must be settled: forgotten, it counts like a miss until the window ends.
#[must_use = "an attempt that is not settled counts like a miss"]
pub struct Attempt {
    limiter: Limiter,
    claim: Claim,
    place: Place,
}

/// Where an attempt is reserved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Redis,
    Process,
}

impl Limiter {
    /// Counts in `cache`, with the key in `ATTEMPTS_KEY`.
    ///
    /// # Errors
    /// When it is missing or is not 32 bytes in base64.
    pub fn from_env(cache: Cache) -> Result<Limiter, ConfigError> {
        Ok(Limiter::new(cache, &*runtime::key("ATTEMPTS_KEY")?))
    }

    /// Counts in `cache`; names are hashed with `key`.
    pub fn new(cache: Cache, key: &[u8; 32]) -> Limiter {
        Limiter::with_timeout(cache, key, TIMEOUT)
    }

    /// The same, but an attempt waits so long for a place.
    pub fn with_timeout(cache: Cache, key: &[u8; 32], timeout: Duration) -> Limiter {
        Limiter(Arc::new(Inner {
            timeout,
            cache,
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            reserve: Script::new(include_str!("reserve.lua")),
            settle: Script::new(include_str!("settle.lua")),
            outage: Outage::default(),
            local: Local::default(),
        }))
    }

    /// Reserves an attempt of all `subjects` together. Attempts at the same `guess` that are under way at once take one
    /// place, since they can tell only one thing; where each is to take its own, as with passwords, a random `guess`
    /// keeps them apart.
    ///
    /// While guesses under way are all that fills the limit, it waits up to five seconds for one to end: should they be
    /// right, this one has a place.
    ///
    /// # Errors
    /// [`TooMany`] when one of the subjects has no place left; then nothing is reserved for any of them.
    pub async fn reserve(
        &self,
        subjects: &[Subject<'_>],
        guess: &[u8],
    ) -> Result<Attempt, TooMany> {
        let claim = Claim::new(&self.0.key, subjects, guess);
        let deadline = Instant::now() + self.0.timeout;
        let mut looks = 0;
        loop {
            let full = match self.try_reserve(&claim).await {
                Ok(place) => {
                    return Ok(Attempt {
                        limiter: self.clone(),
                        claim,
                        place,
                    });
                }
                Err(full) => full,
            };
            let pause = pause(&claim.guess, looks);
            if full != Full::UnderWay || Instant::now() + pause > deadline {
                return Err(full.into());
            }
            tokio::time::sleep(pause).await;
            looks += 1;
        }
    }

    async fn try_reserve(&self, claim: &Claim) -> Result<Place, Full> {
        let mut script = self.0.reserve.prepare_invoke();
        script.arg(&claim.guess);
        match self.run(&mut script, claim).await {
            Some(answer) => answer.map(|()| Place::Redis),
            None => {
                let reserved = self.0.local.reserve(claim, Instant::now());
                reserved.map(|()| Place::Process)
            }
        }
    }

    /// Runs a script over the counters. `None` when Redis does not answer.
    async fn run(
        &self,
        script: &mut ScriptInvocation<'_>,
        claim: &Claim,
    ) -> Option<Result<(), Full>> {
        for (counter, Limit { misses, window }) in &claim.counters {
            let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
            script.key(counter).arg(misses.get()).arg(millis);
        }
        let answer = self.0.cache.run::<i64>(script).await;
        let outage = &self.0.outage;
        let wait = outage.watch(answer, "attempts are limited in this process alone")?;
        Some(match u64::try_from(wait) {
            // Below zero there is nothing to wait for.
            Err(_) => Ok(()),
            Ok(0) => Err(Full::UnderWay),
            Ok(millis) => Err(Full::Misses(Duration::from_millis(millis))),
        })
    }
}

impl Attempt {
    /// The guess was right, or nothing came of it: as if it had not been.
    pub async fn refund(self) {
        // Nothing is refused when nothing is counted.
        let _ = self.settle(false).await;
    }

    /// The guess was wrong.
    ///
    /// # Errors
    /// [`TooMany`] when the same guess, made many times at once, has used up the limit: this one is then not to be
    /// answered.
    pub async fn miss(self) -> Result<(), TooMany> {
        Ok(self.settle(true).await?)
    }

    async fn settle(self, missed: bool) -> Result<(), Full> {
        let Limiter(inner) = &self.limiter;
        if self.place == Place::Process {
            return inner.local.settle(&self.claim, missed, Instant::now());
        }
        let mut script = inner.settle.prepare_invoke();
        script.arg(if missed { "miss" } else { "hit" });
        script.arg(&self.claim.guess);
        // With Redis gone meanwhile, what is reserved there still counts.
        let answer = self.limiter.run(&mut script, &self.claim).await;
        answer.unwrap_or(Ok(()))
    }
}

/// The pause after a number of looks, doubled each time up to the longest, a part of which depends on the guess: those
/// who came together don't look together again.
fn pause(guess: &str, looks: u32) -> Duration {
    let step = PAUSE / 8 * 2_u32.saturating_pow(looks).min(8);
    let digits = guess.chars().cycle();
    let digit = digits.filter_map(|c| c.to_digit(16)).nth(looks as usize);
    step / 2 + step * digit.unwrap_or_default() / 30
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_jitter() {
        let millis = |guess, looks| pause(guess, looks).as_millis();
        assert_eq!(
            [0, 1, 2, 3, 9].map(|n| millis("0", n)),
            [10, 20, 40, 80, 80]
        );
        assert_eq!(
            [0, 1, 2, 3, 9].map(|n| millis("f", n)),
            [20, 40, 80, 160, 160]
        );
        assert_eq!([0, 1, 2, 3].map(|n| millis("0f", n)), [10, 40, 40, 160]);
    }
}
