//! Limits on attempts: how often somebody may guess a promo code or a password wrong, register from one address, or look up
//! promo codes as a member of staff.
//!
//! An attempt is reserved before its outcome is known and settled when it is, so that many at once can't pass together:
//! the guesses that are under way and the misses are never more than the limit. A guess that was right, or failed for
//! another reason, is refunded and leaves no trace, so while guesses under way fill the limit a further one waits a little
//! for its place. Each step is one round trip to Redis; docs/adr/0007-guessing.md says why it is so.
//!
//! ```no_run
//! # async fn check(limiter: attempts::Limiter, subjects: [attempts::Subject<'_>; 2]) -> Result<bool, attempts::TooMany> {
//! # async fn look_up(_: &str) -> bool { true }
//! let attempt = limiter.reserve(&subjects, b"SPRING30").await?;
//! let right = look_up("SPRING30").await;
//! match right {
//!     true => attempt.refund().await,
//!     false => attempt.miss().await?,
//! }
//! # Ok(right)
//! # }
//! ```

mod claim;
mod limit;
mod limiter;
mod local;
mod look_ups;
mod password_guesses;
mod promo_guesses;
mod registrations;
mod settings;

pub use limit::{Limit, Subject, TooMany};
pub use limiter::{Attempt, Limiter};
pub use look_ups::{LookUp, LookUps};
pub use password_guesses::{PasswordGuess, PasswordGuesses};
pub use promo_guesses::{PromoGuess, PromoGuesses};
pub use registrations::{Registering, Registrations};
