//! Starting the payment of a purchase, and processing its outcome.

use domain::{PaymentFailure, PurchaseStatus};
use loyalty_store::{Purchase, Settled};
use payments::{CaptureMode, NewPayment, Payment, PaymentId, PaymentStatus};

use crate::{Checkout, CheckoutError, KEY_LIFETIME, alarm, unknown};

impl Checkout {
    /// Sees to it that a pending purchase has a payment, and returns the purchase with its confirmation page. The
    /// purchase's ID is the idempotence key: however often this is called, there is one payment. A purchase that is
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
        // An earlier attempt may have gone further than its answer said.
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

    /// Reads a payment from the provider and processes its outcome. Nothing else is trusted about a payment.
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
