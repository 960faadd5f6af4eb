//! Purchases and their payments: buying a tariff, processing the outcome of a payment, refunding.

mod body;
mod buy;
mod page;
mod payment;
mod refunds;

use std::sync::Arc;

use domain::{Clock, Random};
use jiff::SignedDuration;
use loyalty_store::LoyaltyStore;
use payments::{Config, PaymentError, Provider, YooKassa};
use pg::PgError;
use runtime::{ConfigError, OsRandom, SystemClock};

pub use body::{PurchaseBody, SubscriptionBody};
pub use page::PurchasesPage;

/// The provider remembers an idempotence key for 24 hours: later the same order would be another payment or refund.
const KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(23);

/// The loyalty database and the payment provider together.
#[derive(Clone)]
pub struct Checkout {
    store: LoyaltyStore,
    provider: Arc<dyn Provider>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// A step of a payment that did not come off.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The provider refused for good; the purchase has failed and the use of the code is released.
    #[error("the payment was refused: {0}")]
    Refused(String),
    /// What happened at the provider is unknown. Nothing was released; the same call later continues.
    #[error(transparent)]
    Unknown(PaymentError),
    /// The provider knows no such payment or refund.
    #[error("the payment provider knows no such payment or refund")]
    NotFound,
    /// The database.
    #[error(transparent)]
    Database(#[from] PgError),
}

impl Checkout {
    /// From `LOYALTY_DATABASE_URL` and the `PAYMENT_*` variables.
    ///
    /// # Errors
    /// When one of them is missing or not valid.
    pub fn from_env() -> Result<Checkout, ConfigError> {
        let provider = YooKassa::new(Config::from_env()?)
            .map_err(|error| ConfigError::Invalid("PAYMENT_API_URL", error.to_string()))?;
        Ok(Checkout {
            store: LoyaltyStore::from_env()?,
            provider: Arc::new(provider),
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        })
    }

    /// The loyalty database.
    pub fn store(&self) -> &LoyaltyStore {
        &self.store
    }
}

/// An error that leaves open what happened. Settings that the provider rejects are for staff to fix: an attempt
/// before them may have gone through.
async fn unknown(error: PaymentError) -> CheckoutError {
    if let PaymentError::Misconfigured(_) = error {
        alarm(&error.to_string(), "payments wait for settings").await;
    }
    CheckoutError::Unknown(error)
}

/// What staff must look at: in the log, and in Sentry.
async fn alarm(cause: &str, what: &str) {
    tracing::error!(cause, "{what}");
    runtime::report(cause, "").await;
}
