//! The limit on looking up promo codes, by member of staff.

use std::num::NonZeroU32;
use std::sync::Arc;

use cache::Cache;
use domain::Random;
use runtime::{ConfigError, OsRandom};
use service_http::Problem;
use uuid::Uuid;

use crate::{Attempt, Limit, Limiter, Subject, settings};

/// `LOOK_UPS_PER_STAFF` and its default: a busy shift asks for a few.
const PER_STAFF: (&str, NonZeroU32) = ("LOOK_UPS_PER_STAFF", NonZeroU32::new(30).unwrap());
/// `LOOK_UPS_SECONDS` and its default.
const SECONDS: (&str, NonZeroU32) = ("LOOK_UPS_SECONDS", NonZeroU32::new(3600).unwrap());

/// How many texts of promo codes a member of staff may look up: each is worth money, and nobody needs a list of them.
#[derive(Clone)]
pub struct LookUps {
    limiter: Limiter,
    per_staff: Limit,
    random: Arc<dyn Random>,
}

/// A look-up that was asked for and is not done yet.
#[must_use = "a look-up that does not end counts like one that was done"]
pub struct LookUp(Option<Attempt>);

impl LookUps {
    /// From `ATTEMPTS_KEY` and, if they are set, `LOOK_UPS_PER_STAFF` and `LOOK_UPS_SECONDS`, both above zero.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env(cache: Cache) -> Result<LookUps, ConfigError> {
        Ok(LookUps {
            limiter: Limiter::from_env(cache)?,
            per_staff: settings::limit(PER_STAFF, SECONDS)?,
            random: Arc::new(OsRandom),
        })
    }

    /// Before a promo code is looked up. At the limit `is_repeated` says whether this request was answered before.
    ///
    /// # Errors
    /// `too_many_attempts`; those of `is_repeated`.
    pub async fn begin(
        &self,
        actor_id: Uuid,
        is_repeated: impl AsyncFnOnce() -> Result<bool, Problem>,
    ) -> Result<LookUp, Problem> {
        let subject = Subject {
            kind: "look-up-staff",
            name: actor_id.as_bytes(),
            limit: self.per_staff,
        };
        // Each counts, also of the same code.
        let guess = self.random.uuid();
        match self.limiter.reserve(&[subject], guess.as_bytes()).await {
            Ok(attempt) => Ok(LookUp(Some(attempt))),
            Err(_) if is_repeated().await? => Ok(LookUp(None)),
            Err(too_many) => Err(too_many.into()),
        }
    }
}

impl LookUp {
    /// After it is done: passes the outcome on, once it is counted. What failed does not count.
    ///
    /// # Errors
    /// The outcome's own; or `too_many_attempts`, when the limit is reached meanwhile.
    pub async fn end<T>(self, outcome: Result<T, Problem>) -> Result<T, Problem> {
        match (self.0, &outcome) {
            (Some(attempt), Ok(_)) => attempt.miss().await?,
            (Some(attempt), Err(_)) => attempt.refund().await,
            (None, _) => (),
        }
        outcome
    }
}
