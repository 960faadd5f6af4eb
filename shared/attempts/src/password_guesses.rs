//! The limits on guessing passwords, by account and by address.

use std::num::NonZeroU32;
use std::sync::Arc;

use cache::Cache;
use domain::{Email, Random};
use runtime::{ConfigError, OsRandom};
use service_http::{ClientAddress, Code, Problem};
use uuid::Uuid;

use crate::{Attempt, Limit, Limiter, Subject, settings};

/// `PASSWORD_GUESSES_PER_ACCOUNT` and its default.
const PER_ACCOUNT: (&str, NonZeroU32) =
    ("PASSWORD_GUESSES_PER_ACCOUNT", NonZeroU32::new(5).unwrap());
/// `PASSWORD_GUESSES_PER_ADDRESS` and its default: an office or a mobile network is one address.
const PER_ADDRESS: (&str, NonZeroU32) =
    ("PASSWORD_GUESSES_PER_ADDRESS", NonZeroU32::new(50).unwrap());
/// `PASSWORD_GUESSES_SECONDS` and its default.
const SECONDS: (&str, NonZeroU32) = ("PASSWORD_GUESSES_SECONDS", NonZeroU32::new(600).unwrap());

/// How many wrong passwords are checked for an account and for an address. An account that does not exist counts like
/// one that does.
#[derive(Clone)]
pub struct PasswordGuesses {
    limiter: Limiter,
    per_account: Limit,
    per_address: Limit,
    random: Arc<dyn Random>,
}

/// A password that was named and is not checked yet.
#[must_use = "a guess that does not end counts like a wrong one"]
pub struct PasswordGuess(Attempt);

impl PasswordGuesses {
    /// From `ATTEMPTS_KEY` and, if they are set, `PASSWORD_GUESSES_PER_ACCOUNT`, `PASSWORD_GUESSES_PER_ADDRESS` and
    /// `PASSWORD_GUESSES_SECONDS`, all above zero.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env(cache: Cache) -> Result<PasswordGuesses, ConfigError> {
        Ok(PasswordGuesses::new(
            Limiter::from_env(cache)?,
            settings::limit(PER_ACCOUNT, SECONDS)?,
            settings::limit(PER_ADDRESS, SECONDS)?,
        ))
    }

    /// With these limits.
    pub fn new(limiter: Limiter, per_account: Limit, per_address: Limit) -> PasswordGuesses {
        PasswordGuesses {
            limiter,
            per_account,
            per_address,
            random: Arc::new(OsRandom),
        }
    }

    /// Before the password of a sign-in is checked. `email` is none when the text given can't be anybody's address;
    /// then only where it comes from counts.
    ///
    /// # Errors
    /// `too_many_attempts`, whatever the password is: were the right one let through, guessing on would pay.
    pub async fn at_sign_in(
        &self,
        email: Option<&Email>,
        address: ClientAddress,
    ) -> Result<PasswordGuess, Problem> {
        let key = email.map(Email::key);
        let address = address.octets();
        let account = key.as_ref().map(|key| Subject {
            kind: "password-account",
            name: key.as_bytes(),
            limit: self.per_account,
        });
        let address = Subject {
            kind: "password-address",
            name: &address,
            limit: self.per_address,
        };
        let subjects: Vec<Subject<'_>> = account.into_iter().chain([address]).collect();
        self.reserve(&subjects).await
    }

    /// Before a user who is signed in proves that they know their password.
    ///
    /// # Errors
    /// `too_many_attempts`, whatever the password is.
    pub async fn for_reauthentication(&self, user_id: Uuid) -> Result<PasswordGuess, Problem> {
        let user = Subject {
            kind: "password-user",
            name: user_id.as_bytes(),
            limit: self.per_account,
        };
        self.reserve(&[user]).await
    }

    async fn reserve(&self, subjects: &[Subject<'_>]) -> Result<PasswordGuess, Problem> {
        // Each takes a place of its own: a name made of the password would say which guesses were the same.
        let guess = self.random.uuid();
        let attempt = self.limiter.reserve(subjects, guess.as_bytes()).await?;
        Ok(PasswordGuess(attempt))
    }
}

impl PasswordGuess {
    /// After it is checked: passes the outcome on, once it is counted.
    ///
    /// # Errors
    /// The outcome's own; or `too_many_attempts` when the limit is reached meanwhile.
    pub async fn end<T>(self, outcome: Result<T, Problem>) -> Result<T, Problem> {
        match &outcome {
            Err(problem) if problem.code() == Code::InvalidCredentials => self.0.miss().await?,
            _ => self.0.refund().await,
        }
        outcome
    }
}
