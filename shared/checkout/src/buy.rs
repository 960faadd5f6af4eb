//! Buying a tariff, with a promo code or at its full price: first the purchase is opened, then its payment is started.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use domain::{ApplicationState, PurchaseStatus, TariffId};
use loyalty_store::{OpenPurchaseOutcome, PromoRequest, Purchase};
use pg::PgError;
use redemption::ApplyOutcome;
use service_http::{Code, Problem};
use uuid::Uuid;

use crate::{Checkout, CheckoutError, PurchaseBody};

/// How often a purchase is looked up again because another request of the same user was faster.
const ATTEMPTS: usize = 4;

/// When a buyer may ask again for a payment whose outcome is unknown.
const RETRY_AFTER: Duration = Duration::from_secs(3);

impl Checkout {
    /// The pending purchase of a tariff with the caller's application, which is made if there is none; or the purchase
    /// that has the idempotency key `key` already.
    ///
    /// # Errors
    /// Those of applying a promo code; `purchase_open`; `idempotency_key_reused`; `service_unavailable`.
    pub async fn open_with_promo(
        &self,
        request: &PromoRequest,
        key: Option<&str>,
    ) -> Result<Purchase, Problem> {
        let mut reserved = None;
        for _ in 0..ATTEMPTS {
            if let Some(purchase) = self.find_by_key(request.user_id, key).await? {
                // A repetition of this request was faster.
                self.release(reserved).await?;
                let same = purchase.answers(request);
                return repeated(purchase, same);
            }
            let (now, random) = (self.clock.now(), self.random.as_ref());
            let application = match redemption::apply(&self.store, request, now, random).await? {
                ApplyOutcome::Applied(application) => {
                    reserved = Some(application.id);
                    application
                }
                ApplyOutcome::AppliedBefore(application) => application,
                ApplyOutcome::Refused {
                    decision_id,
                    decision,
                } => return Err(Problem::refused(&decision, Some(decision_id))),
                ApplyOutcome::NoCode => return Err(Problem::new(Code::PromoNotFound)),
                ApplyOutcome::NoTariff => return Err(Problem::new(Code::TariffNotFound)),
            };
            if application.state != ApplicationState::Applied {
                let purchase = self.store.find_purchase_with(application.id).await?;
                if let Some(purchase) = purchase
                    && self.keep_key(&purchase, key).await?
                {
                    return Ok(purchase);
                }
                continue;
            }
            let store = &self.store;
            match store.open_purchase(&application, key, now, random).await? {
                OpenPurchaseOutcome::Opened(purchase) => return Ok(*purchase),
                OpenPurchaseOutcome::OtherOpen(purchase_id) => {
                    self.release(reserved).await?;
                    return Err(other_open(purchase_id));
                }
                // The next attempt finds out what has changed.
                _ => {}
            }
        }
        Err(Problem::new(Code::ServiceUnavailable).caused_by("the application kept changing"))
    }

    /// The pending purchase of a tariff at its full price; or the purchase that has the idempotency key `key` already.
    ///
    /// # Errors
    /// `tariff_not_found`, `tariff_not_on_sale`, `user_not_registered`, `user_not_active`; `purchase_open`;
    /// `idempotency_key_reused`; `service_unavailable`.
    pub async fn open_at_full_price(
        &self,
        user_id: Uuid,
        tariff: TariffId,
        key: Option<&str>,
    ) -> Result<Purchase, Problem> {
        for _ in 0..ATTEMPTS {
            if let Some(purchase) = self.find_by_key(user_id, key).await? {
                let same = purchase.promo.is_none() && purchase.tariff == tariff;
                return repeated(purchase, same);
            }
            let (now, random) = (self.clock.now(), self.random.as_ref());
            let opened = self
                .store
                .open_full_price_purchase(user_id, tariff, key, now, random)
                .await?;
            return Err(Problem::new(match opened {
                OpenPurchaseOutcome::Opened(purchase) => return Ok(*purchase),
                OpenPurchaseOutcome::OtherOpen(purchase_id) => return Err(other_open(purchase_id)),
                OpenPurchaseOutcome::Changed | OpenPurchaseOutcome::NotFirst => continue,
                OpenPurchaseOutcome::NoTariff => Code::TariffNotFound,
                OpenPurchaseOutcome::NotOnSale => Code::TariffNotOnSale,
                OpenPurchaseOutcome::NotRegistered => Code::UserNotRegistered,
                OpenPurchaseOutcome::NotActive => Code::UserNotActive,
            }));
        }
        Err(Problem::new(Code::ServiceUnavailable).caused_by("the purchase kept changing"))
    }

    /// Keeps the key of a request that is answered with an earlier purchase; false when another purchase has it.
    async fn keep_key(&self, purchase: &Purchase, key: Option<&str>) -> Result<bool, PgError> {
        match key {
            Some(key) => self.store.keep_purchase_key(purchase, key).await,
            None => Ok(true),
        }
    }

    /// Releases an application that this request has made, and that turned out not to be needed.
    async fn release(&self, application_id: Option<Uuid>) -> Result<(), PgError> {
        match application_id {
            Some(id) => self.store.release_application(id, self.clock.now()).await,
            None => Ok(()),
        }
    }

    async fn find_by_key(
        &self,
        user_id: Uuid,
        key: Option<&str>,
    ) -> Result<Option<Purchase>, PgError> {
        match key {
            Some(key) => self.store.find_purchase_by_key(user_id, key).await,
            None => Ok(None),
        }
    }

    /// Makes sure that a pending purchase has a payment, and answers: 201 with the page to pay at, or 200 when there is
    /// nothing (more) to pay.
    ///
    /// # Errors
    /// `payment_refused`; `payment_outcome_unknown`: repeating the call continues the same payment.
    pub async fn pay(
        &self,
        purchase: Purchase,
    ) -> Result<(StatusCode, Json<PurchaseBody>), Problem> {
        let purchase = self.start_payment(purchase).await.map_err(problem)?;
        let status = match purchase.status {
            PurchaseStatus::Pending => StatusCode::CREATED,
            PurchaseStatus::Paid
            | PurchaseStatus::Failed
            | PurchaseStatus::Refunded
            | PurchaseStatus::Revoked => StatusCode::OK,
        };
        Ok((status, Json(purchase.into())))
    }
}

/// A purchase that has the idempotency key of this request: the answer, if it is of the same request.
fn repeated(purchase: Purchase, same: bool) -> Result<Purchase, Problem> {
    match same {
        true => Ok(purchase),
        false => Err(Problem::new(Code::IdempotencyKeyReused)),
    }
}

/// The user has another pending purchase of the tariff.
fn other_open(purchase_id: Uuid) -> Problem {
    Problem::new(Code::PurchaseOpen).with("purchase_id", purchase_id.to_string())
}

fn problem(error: CheckoutError) -> Problem {
    match error {
        CheckoutError::Database(error) => error.into(),
        CheckoutError::Refused(_) | CheckoutError::NotFound => {
            Problem::new(Code::PaymentRefused).caused_by(error)
        }
        CheckoutError::Unknown(_) => Problem::new(Code::PaymentOutcomeUnknown)
            .with_retry_after(RETRY_AFTER)
            .caused_by(error),
    }
}
