//! The limits on guessing promo codes, by user and by address.

use std::num::NonZeroU32;

use cache::Cache;
use domain::{PromoCode, PromoRef};
use runtime::ConfigError;
use service_http::{ClientAddress, Code, Problem};
use uuid::Uuid;

use crate::{Attempt, Limit, Limiter, Subject, settings};

/// `PROMO_GUESSES_PER_USER` and its default.
const PER_USER: (&str, NonZeroU32) = ("PROMO_GUESSES_PER_USER", NonZeroU32::new(10).unwrap());
/// `PROMO_GUESSES_PER_ADDRESS` and its default: an office or a mobile network is one address.
const PER_ADDRESS: (&str, NonZeroU32) =
    ("PROMO_GUESSES_PER_ADDRESS", NonZeroU32::new(100).unwrap());
/// `PROMO_GUESSES_SECONDS` and its default.
const SECONDS: (&str, NonZeroU32) = ("PROMO_GUESSES_SECONDS", NonZeroU32::new(600).unwrap());

/// How many promo codes that are not there a user, and an address, may name. A code that the caller must not know of
/// counts as one that is not there.
#[derive(Clone)]
pub struct PromoGuesses {
    limiter: Limiter,
    per_user: Limit,
    per_address: Limit,
}

/// A promo code that was named and is not looked up yet; without an attempt, it is known not to be a guess.
#[must_use = "a guess that does not end counts like a wrong one"]
pub struct PromoGuess(Option<Attempt>);

impl PromoGuesses {
    /// From `ATTEMPTS_KEY` and, if they are set, `PROMO_GUESSES_PER_USER`, `PROMO_GUESSES_PER_ADDRESS` and
    /// `PROMO_GUESSES_SECONDS`, all above zero.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env(cache: Cache) -> Result<PromoGuesses, ConfigError> {
        Ok(PromoGuesses {
            limiter: Limiter::from_env(cache)?,
            per_user: settings::limit(PER_USER, SECONDS)?,
            per_address: settings::limit(PER_ADDRESS, SECONDS)?,
        })
    }

    /// Before a promo code is looked up for a user. At the limit `is_known` says whether the user knows the code already,
    /// so that naming it is no guess.
    ///
    /// # Errors
    /// `too_many_attempts`, whatever another code is: were a right one let through, guessing on would pay. Those of
    /// `is_known`.
    pub async fn begin(
        &self,
        user_id: Uuid,
        address: ClientAddress,
        promo: &PromoRef,
        is_known: impl AsyncFnOnce() -> Result<bool, Problem>,
    ) -> Result<PromoGuess, Problem> {
        let subject = |kind, name, limit| Subject { kind, name, limit };
        let address = address.octets();
        let subjects = [
            subject("promo-user", user_id.as_bytes(), self.per_user),
            subject("promo-address", &address, self.per_address),
        ];
        match self.limiter.reserve(&subjects, &name(promo)).await {
            Ok(attempt) => Ok(PromoGuess(Some(attempt))),
            Err(_) if is_known().await? => Ok(PromoGuess(None)),
            Err(too_many) => Err(too_many.into()),
        }
    }

    /// The same for staff, who find the IDs of all promo codes in lists: only a text that a code can have is a guess.
    ///
    /// # Errors
    /// Those of [`PromoGuesses::begin`].
    pub async fn begin_by_staff(
        &self,
        actor_id: Uuid,
        address: ClientAddress,
        promo: &PromoRef,
        is_known: impl AsyncFnOnce() -> Result<bool, Problem>,
    ) -> Result<PromoGuess, Problem> {
        match promo {
            PromoRef::Text(codes) if !codes.is_empty() => {
                self.begin(actor_id, address, promo, is_known).await
            }
            _ => Ok(PromoGuess(None)),
        }
    }
}

impl PromoGuess {
    /// That of a call that names no promo code.
    pub fn none() -> PromoGuess {
        PromoGuess(None)
    }

    /// After it is looked up: passes the outcome on, once it is counted.
    ///
    /// # Errors
    /// The outcome's own; or `too_many_attempts` when this guess, made many times at once, has used up a limit.
    pub async fn end<T>(self, outcome: Result<T, Problem>) -> Result<T, Problem> {
        let is_miss = |problem: &Problem| problem.code() == Code::PromoNotFound;
        self.count(outcome.as_ref().is_err_and(is_miss)).await?;
        outcome
    }

    /// The same where a promo code that is not there is no error.
    ///
    /// # Errors
    /// `too_many_attempts` when this guess, made many times at once, has used up a limit.
    pub async fn count(self, is_miss: bool) -> Result<(), Problem> {
        match (self.0, is_miss) {
            (Some(attempt), true) => attempt.miss().await?,
            (Some(attempt), false) => attempt.refund().await,
            (None, _) => (),
        }
        Ok(())
    }
}

/// What is guessed: the same for the same code, however it is typed.
fn name(promo: &PromoRef) -> Vec<u8> {
    match promo {
        PromoRef::Id(id) => id.0.to_be_bytes().to_vec(),
        PromoRef::Text(codes) => {
            let first = codes.first().map(PromoCode::as_str);
            first.unwrap_or_default().as_bytes().to_vec()
        }
    }
}
