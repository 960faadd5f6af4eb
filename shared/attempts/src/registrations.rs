//! The limit on registrations, by address.

use std::num::NonZeroU32;
use std::sync::Arc;

use cache::Cache;
use domain::Random;
use runtime::{ConfigError, OsRandom};
use service_http::{ClientAddress, Code, Problem};

use crate::{Attempt, Limit, Limiter, Subject, settings};

/// `REGISTRATIONS_PER_ADDRESS` and its default: an office or a mobile network is one address.
const PER_ADDRESS: (&str, NonZeroU32) = ("REGISTRATIONS_PER_ADDRESS", NonZeroU32::new(30).unwrap());
/// `REGISTRATIONS_SECONDS` and its default.
const SECONDS: (&str, NonZeroU32) = ("REGISTRATIONS_SECONDS", NonZeroU32::new(600).unwrap());

/// How many e-mail addresses may be tried from one network address: each answer, an account made as well as
/// `email_taken`, reveals who has an account, and each new account can have a trial.
#[derive(Clone)]
pub struct Registrations {
    limiter: Limiter,
    per_address: Limit,
    random: Arc<dyn Random>,
}

/// A registration that was asked for and is not done yet.
#[must_use = "a registration that does not end counts like one that was made"]
pub struct Registering(Attempt);

impl Registrations {
    /// From `ATTEMPTS_KEY` and, if they are set, `REGISTRATIONS_PER_ADDRESS` and `REGISTRATIONS_SECONDS`, both above
    /// zero.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env(cache: Cache) -> Result<Registrations, ConfigError> {
        let limit = settings::limit(PER_ADDRESS, SECONDS)?;
        Ok(Registrations::new(Limiter::from_env(cache)?, limit))
    }

    /// With this limit.
    pub fn new(limiter: Limiter, per_address: Limit) -> Registrations {
        Registrations {
            limiter,
            per_address,
            random: Arc::new(OsRandom),
        }
    }

    /// Before an e-mail address is looked for.
    ///
    /// # Errors
    /// `too_many_attempts`.
    pub async fn begin(&self, address: ClientAddress) -> Result<Registering, Problem> {
        let address = address.octets();
        let subject = Subject {
            kind: "registration-address",
            name: &address,
            limit: self.per_address,
        };
        let guess = self.random.uuid();
        let attempt = self.limiter.reserve(&[subject], guess.as_bytes()).await?;
        Ok(Registering(attempt))
    }
}

impl Registering {
    /// After it is done: passes the outcome on, once it is counted.
    ///
    /// # Errors
    /// The outcome's own; or `too_many_attempts` in place of `email_taken` when the limit is reached meanwhile.
    pub async fn end<T>(self, outcome: Result<T, Problem>) -> Result<T, Problem> {
        match &outcome {
            Err(problem) if problem.code() == Code::EmailTaken => self.0.miss().await?,
            Err(_) => self.0.refund().await,
            Ok(_) => {
                // What is made is made, and is said so.
                let _ = self.0.miss().await;
            }
        }
        outcome
    }
}
