//! Refunds.

use domain::RefundStatus;
use loyalty_store::Refund;
use payments::{NewRefund, PaymentId, RefundId};
use uuid::Uuid;

use crate::{Checkout, CheckoutError, KEY_LIFETIME, alarm, unknown};

/// What the buyer reads.
const REASON: &str = "Возврат";

impl Checkout {
    /// Requests the refund from the provider, or polls it, and processes the outcome. However often this is called,
    /// the money goes back once. Returns the refund in its present state.
    ///
    /// # Errors
    /// [`CheckoutError::Unknown`]: the same call later goes on. [`CheckoutError::Database`].
    pub async fn advance_refund(&self, refund: Refund) -> Result<Refund, CheckoutError> {
        if refund.status != RefundStatus::Pending {
            return Ok(refund);
        }
        let asked = match refund.reference.as_deref().and_then(|id| id.parse().ok()) {
            Some(id) => self.provider.get_refund(&id).await,
            None if self.clock.now().duration_since(refund.created_at) > KEY_LIFETIME => {
                let cause = format!("refund {} of purchase {}", refund.id, refund.purchase_id);
                alarm(
                    &cause,
                    "whether a refund was made must be looked up at the provider",
                )
                .await;
                return Ok(refund);
            }
            None => self.order(&refund).await?,
        };
        let now = self.clock.now();
        match asked {
            Ok(made) => {
                let reference = made.id.to_string();
                match made.status {
                    payments::RefundStatus::Pending => {
                        self.store.attach_refund(refund.id, &reference).await?;
                    }
                    payments::RefundStatus::Succeeded => {
                        self.store
                            .complete_refund(refund.id, &reference, now)
                            .await?;
                    }
                    payments::RefundStatus::Canceled { reason } => {
                        self.fail_refund(&refund, &reason).await?;
                    }
                }
            }
            Err(error) if error.outcome_unknown() => return Err(unknown(error).await),
            Err(error) => self.fail_refund(&refund, &error.to_string()).await?,
        }
        Ok(self.store.find_refund(refund.id).await?.unwrap_or(refund))
    }

    /// Reads a refund from the provider, where it may have been made by hand, and processes it.
    ///
    /// # Errors
    /// Any [`CheckoutError`] but `Refused`.
    pub async fn sync_refund(&self, id: &RefundId) -> Result<(), CheckoutError> {
        let made = match self.provider.get_refund(id).await {
            Ok(made) => made,
            Err(error) if error.is_not_found() => return Err(CheckoutError::NotFound),
            Err(error) => return Err(unknown(error).await),
        };
        // One of ours whose ID did not reach us is not to be taken for somebody else's.
        if let Some(purchase_id) = made.purchase_id {
            self.advance_refunds_of(purchase_id).await?;
        }
        if made.status != payments::RefundStatus::Succeeded {
            return Ok(());
        }
        let (payment_id, reference) = (made.payment_id.to_string(), id.to_string());
        let (now, random) = (self.clock.now(), self.random.as_ref());
        let entered =
            self.store
                .record_provider_refund(&payment_id, &reference, made.amount, now, random);
        if !entered.await? {
            let cause = format!("refund {reference} of payment {payment_id}");
            alarm(&cause, "a refund that fits no payment").await;
        }
        Ok(())
    }

    /// Advances what is pending of a purchase's refunds.
    pub(crate) async fn advance_refunds_of(&self, purchase_id: Uuid) -> Result<(), CheckoutError> {
        for refund in self.store.find_refunds_of(purchase_id).await? {
            match self.advance_refund(refund).await {
                // The sweeper polls again.
                Ok(_) | Err(CheckoutError::Unknown(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn order(
        &self,
        refund: &Refund,
    ) -> Result<Result<payments::Refund, payments::PaymentError>, CheckoutError> {
        let payment_id: PaymentId = refund
            .payment_id
            .parse()
            .map_err(|_| CheckoutError::NotFound)?;
        let order = NewRefund {
            idempotence_key: refund.id,
            payment_id,
            purchase_id: refund.purchase_id,
            amount: refund.amount,
            reason: REASON.to_owned(),
            description: refund.tariff_title.clone(),
        };
        Ok(self.provider.refund(&order).await)
    }

    async fn fail_refund(&self, refund: &Refund, reason: &str) -> Result<(), CheckoutError> {
        let cause = format!(
            "refund {} of purchase {}: {reason}",
            refund.id, refund.purchase_id
        );
        alarm(&cause, "a refund has failed").await;
        let now = self.clock.now();
        Ok(self.store.fail_refund(refund.id, reason, now).await?)
    }
}
