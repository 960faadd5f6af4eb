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
    /// Those of applying a promo code; `idempotency_key_reused`; `service_unavailable`.
    pub async fn open_with_promo(
        &self,
        request: &PromoRequest,
        key: Option<&str>,
    ) -> Result<Purchase, Problem> {
        let mut reserved = None;
        for _ in 0..ATTEMPTS {
            if let Some(purchase) = self.find_by_key(request.user_id, key).await? {
                if let Some(application_id) = reserved {
                    // A repetition of this request was faster.
                    self.store
                        .release_application(application_id, self.clock.now())
                        .await?;
                }
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
            let purchase = match application.state {
                ApplicationState::Applied => {
                    self.store
                        .open_purchase(&application, key, now, random)
                        .await?
                }
                _ => self.store.find_purchase_with(application.id).await?,
            };
            if let Some(purchase) = purchase {
                return Ok(purchase);
            }
        }
        Err(Problem::new(Code::ServiceUnavailable).caused_by("the application kept changing"))
    }

    /// The pending purchase of a tariff at its full price; or the purchase that has the idempotency key `key` already.
    ///
    /// # Errors
    /// `tariff_not_found`, `tariff_not_on_sale`, `user_not_registered`, `user_not_active`; `idempotency_key_reused`;
    /// `service_unavailable`.
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
                OpenPurchaseOutcome::Pending(purchase) => return Ok(*purchase),
                OpenPurchaseOutcome::KeyTaken => continue,
                OpenPurchaseOutcome::NoTariff => Code::TariffNotFound,
                OpenPurchaseOutcome::NotOnSale => Code::TariffNotOnSale,
                OpenPurchaseOutcome::NotRegistered => Code::UserNotRegistered,
                OpenPurchaseOutcome::NotActive => Code::UserNotActive,
            }));
        }
        Err(Problem::new(Code::ServiceUnavailable).caused_by("the purchase kept changing"))
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
            PurchaseStatus::Paid | PurchaseStatus::Failed | PurchaseStatus::Refunded => {
                StatusCode::OK
            }
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
