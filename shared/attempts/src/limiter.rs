//! Counting in Redis, for all processes together; and in this one alone while Redis is away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use cache::{Cache, Outage};
use redis::{Script, ScriptInvocation};
use runtime::ConfigError;

use crate::claim::Claim;
use crate::local::Local;
use crate::{Limit, Subject, TooMany};

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
        Limiter(Arc::new(Inner {
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
    /// # Errors
    /// [`TooMany`] when one of the subjects has no place left; then nothing is reserved for any of them.
    pub async fn reserve(
        &self,
        subjects: &[Subject<'_>],
        guess: &[u8],
    ) -> Result<Attempt, TooMany> {
        let claim = Claim::new(&self.0.key, subjects, guess);
        let mut script = self.0.reserve.prepare_invoke();
        script.arg(&claim.guess);
        let place = match self.run(&mut script, &claim).await {
            Some(answer) => answer.map(|()| Place::Redis),
            None => {
                let reserved = self.0.local.reserve(&claim, Instant::now());
                reserved.map(|()| Place::Process)
            }
        }?;
        Ok(Attempt {
            limiter: self.clone(),
            claim,
            place,
        })
    }

    /// Runs a script over the counters. `None` when Redis does not answer.
    async fn run(
        &self,
        script: &mut ScriptInvocation<'_>,
        claim: &Claim,
    ) -> Option<Result<(), TooMany>> {
        for (counter, Limit { misses, window }) in &claim.counters {
            let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
            script.key(counter).arg(misses.get()).arg(millis);
        }
        let answer = self.0.cache.run::<i64>(script).await;
        let outage = &self.0.outage;
        let wait = outage.watch(answer, "attempts are limited in this process alone")?;
        // Below zero there is nothing to wait for.
        Some(match u64::try_from(wait) {
            Err(_) => Ok(()),
            Ok(millis) => Err(TooMany {
                retry_after: Duration::from_millis(millis),
            }),
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
        self.settle(true).await
    }

    async fn settle(self, missed: bool) -> Result<(), TooMany> {
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
