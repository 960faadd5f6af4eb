//! Where purchases and payments meet: starting a payment for a purchase, taking its outcome in, and giving money back.

mod refunds;

use std::sync::Arc;

use domain::{Clock, PaymentFailure, PurchaseStatus, Random};
use jiff::SignedDuration;
use loyalty_store::{LoyaltyStore, Purchase, Settled};
use payments::{
    CaptureMode, Config, NewPayment, Payment, PaymentError, PaymentId, PaymentStatus, Provider,
    YooKassa,
};
use pg::PgError;
use runtime::{ConfigError, OsRandom, SystemClock};

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
    /// The provider refused for good; the purchase has failed and the use of the code is given back.
    #[error("the payment was refused: {0}")]
    Refused(String),
    /// What happened at the provider is not known. Nothing was given back; the same call later goes on.
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

    /// Sees to it that a pending purchase has a payment, and returns the purchase with its confirmation page. The
    /// purchase's number is the idempotence key: however often this is called, there is one payment. A purchase that is
    /// too old for the key has expired: what payment there may have been could no longer be paid.
    ///
    /// # Errors
    /// Any [`CheckoutError`].
    pub async fn start_payment(&self, purchase: Purchase) -> Result<Purchase, CheckoutError> {
        if purchase.status != PurchaseStatus::Pending || purchase.confirmation_url.is_some() {
            return Ok(purchase);
        }
        if self.clock.now().duration_since(purchase.created_at) > KEY_LIFETIME {
            return self.give_up(purchase, PaymentFailure::Expired).await;
        }
        let order = NewPayment {
            idempotence_key: purchase.id,
            purchase_id: purchase.id,
            amount: purchase.total,
            description: purchase.tariff_title.clone(),
            capture: CaptureMode::AtOnce,
        };
        let payment = match self.provider.create(&order).await {
            Ok(payment) => payment,
            Err(error) if error.outcome_unknown() => return Err(unknown(error).await),
            Err(error) => {
                self.give_up(purchase, PaymentFailure::Rejected).await?;
                return Err(CheckoutError::Refused(error.to_string()));
            }
        };
        let (id, page) = (payment.id.to_string(), payment.confirmation_url.clone());
        self.store
            .attach_payment(purchase.id, &id, page.as_deref(), self.clock.now())
            .await?;
        // An earlier attempt may have gone further than we were told.
        self.settle(&payment).await?;
        match payment.status {
            PaymentStatus::Canceled { reason } => Err(CheckoutError::Refused(reason)),
            _ => self.look_again(purchase).await,
        }
    }

    async fn give_up(
        &self,
        purchase: Purchase,
        why: PaymentFailure,
    ) -> Result<Purchase, CheckoutError> {
        let now = self.clock.now();
        self.store
            .fail_purchase(purchase.id, None, why, now)
            .await?;
        self.look_again(purchase).await
    }

    async fn look_again(&self, purchase: Purchase) -> Result<Purchase, CheckoutError> {
        let found = self.store.find_purchase(purchase.id).await?;
        Ok(found.unwrap_or(purchase))
    }

    /// Reads a payment from the provider and takes its outcome in. What anyone else says of a payment is not believed.
    ///
    /// # Errors
    /// Any [`CheckoutError`] but `Refused`.
    pub async fn settle_by_reading(&self, id: &PaymentId) -> Result<(), CheckoutError> {
        match self.provider.get(id).await {
            Ok(payment) => self.settle(&payment).await,
            Err(error) if error.is_not_found() => Err(CheckoutError::NotFound),
            Err(error) => Err(unknown(error).await),
        }
    }

    async fn settle(&self, payment: &Payment) -> Result<(), CheckoutError> {
        let Some(purchase_id) = payment.purchase_id else {
            tracing::warn!(payment_id = %payment.id, "a payment that names no purchase");
            return Ok(());
        };
        let (now, reference) = (self.clock.now(), payment.id.to_string());
        let settled = match &payment.status {
            PaymentStatus::Pending | PaymentStatus::WaitingForCapture => return Ok(()),
            PaymentStatus::Succeeded => {
                let random = self.random.as_ref();
                self.store
                    .complete_purchase(purchase_id, &reference, payment.amount, now, random)
                    .await?
            }
            PaymentStatus::Canceled { reason } => {
                let failure = match reason.as_str() {
                    "expired_on_confirmation" => PaymentFailure::Expired,
                    _ => PaymentFailure::Declined,
                };
                self.store
                    .fail_purchase(purchase_id, Some(&reference), failure, now)
                    .await?
            }
        };
        match settled {
            Settled::Now | Settled::Before => {}
            Settled::Late { kept } => {
                tracing::warn!(%purchase_id, payment_id = %payment.id, kept, "a payment came late");
                if !kept {
                    self.advance_refunds_of(purchase_id).await?;
                }
            }
            Settled::Conflict(_) | Settled::NoPurchase => {
                let cause = format!(
                    "payment {} of purchase {purchase_id}: {settled:?}",
                    payment.id
                );
                alarm(&cause, "a payment does not fit its purchase").await;
            }
        }
        Ok(())
    }
}

/// An error that leaves open what happened. Settings that the provider does not take are for staff to mend: an attempt
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
