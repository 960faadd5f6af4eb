//! The floor of what hashes passwords: the hash alone, with the service's own parameters.

use std::time::Duration;

use auth_store::{PasswordHash, verify_password};
use domain::Password;
use runtime::OsRandom;

use crate::Result;
use crate::load::{self, Worker};
use crate::subjects::PASSWORD;

/// Which work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Checking a password.
    Verification,
    /// Hashing a new one.
    Hash,
    /// Checking one, then hashing another.
    Both,
}

/// How often a second the work is done when `concurrency` callers want it at once.
///
/// # Errors
/// When hashing fails.
pub async fn rate(
    work: Work,
    concurrency: u64,
    warm_up: Duration,
    length: Duration,
) -> Result<f64> {
    let hash = PasswordHash::of(password(), &OsRandom).await?;
    let workers = (0..concurrency).map(|_| Caller {
        work,
        hash: hash.clone(),
    });
    let measured = load::measure(workers.collect(), warm_up, length).await?;
    Ok(measured.rate())
}

struct Caller {
    work: Work,
    hash: PasswordHash,
}

impl Worker for Caller {
    async fn call(&mut self) -> Result<bool> {
        if self.work != Work::Hash && !verify_password(Some(&self.hash), password()).await? {
            return Err("the right password is refused".into());
        }
        if self.work != Work::Verification {
            PasswordHash::of(password(), &OsRandom).await?;
        }
        Ok(true)
    }
}

fn password() -> Password {
    Password::entered(PASSWORD.to_owned())
}
