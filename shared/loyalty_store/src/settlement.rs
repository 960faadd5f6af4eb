//! The outcome of a payment, processed exactly once.

use domain::{Money, PaymentFailure, Random};
use jiff::Timestamp;
use pg::PgError;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::bug;

/// What an outcome did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was processed by this call.
    Now,
    /// It had been processed before: nothing changed.
    Before,
    /// The money came when the purchase had failed, or could no longer be completed.
    Late {
        /// Whether the sale is kept; else the money goes back.
        kept: bool,
    },
    /// The purchase has the other outcome already, another amount or another payment: nothing changed, and staff must
    /// look.
    Conflict(&'static str),
    /// There is no such purchase.
    NoPurchase,
}

const ANOTHER_PAYMENT: Settled = Settled::Conflict("the purchase has another payment");

pg::statements! {
    /// The money has come.
    COMPLETE_PURCHASE(UUID, TEXT, INT8, TEXT, UUID, TEXT, TIMESTAMPTZ) = "
        SELECT complete_purchase(
            p_purchase_id => $1, p_reference => $2, p_amount_minor => $3, p_currency => $4, p_refund_id => $5,
            p_time_zone => $6, p_now => $7
        )";
    /// The money has come after the purchase had failed.
    ACCEPT_LATE_PAYMENT(UUID, TEXT, UUID, TEXT, TIMESTAMPTZ) = "
        SELECT accept_late_payment(
            p_purchase_id => $1, p_reference => $2, p_refund_id => $3, p_time_zone => $4, p_now => $5
        )";
    /// The money will not come.
    FAIL_PURCHASE(UUID, TEXT, TEXT, TIMESTAMPTZ) = "
        SELECT fail_purchase(p_purchase_id => $1, p_reference => $2, p_failure => $3, p_now => $4)";
}

impl LoyaltyStore {
    /// The money has come, with the payment `reference`: the purchase is paid, the use spent and the subscription made, in
    /// one statement. When the purchase had failed meanwhile, the sale is kept if the limits still allow it. Otherwise, or
    /// when the buyer is no longer active, or has bought something else with a code for first purchases, the money is to go
    /// back.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then, and the call may be repeated.
    pub async fn complete_purchase(
        &self,
        id: Uuid,
        reference: &str,
        paid: Money,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Settled, PgError> {
        let (currency, refund_id) = (paid.currency().as_str().to_owned(), random.uuid());
        let row = self
            .pool
            .fetch_one(
                &COMPLETE_PURCHASE,
                &[
                    &id,
                    &reference,
                    &paid.minor(),
                    &currency,
                    &refund_id,
                    &self.shop_zone,
                    &now,
                ],
            )
            .await?;
        match row.try_get(0)? {
            "paid" => Ok(Settled::Now),
            "before" => Ok(Settled::Before),
            "refunding" => Ok(Settled::Late { kept: false }),
            "failed" => self.accept_late_payment(id, reference, now, random).await,
            "another_payment" => Ok(ANOTHER_PAYMENT),
            "another_amount" => Ok(Settled::Conflict("the amount is not that of the purchase")),
            "no_purchase" => Ok(Settled::NoPurchase),
            _ => Err(bug("an unknown answer")),
        }
    }

    async fn accept_late_payment(
        &self,
        id: Uuid,
        reference: &str,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Settled, PgError> {
        // Expired applications must not stand in the way until the sweeper comes by.
        while self.expire_applications(now).await? > 0 {}
        let refund_id = random.uuid();
        let row = self
            .pool
            .fetch_one(
                &ACCEPT_LATE_PAYMENT,
                &[&id, &reference, &refund_id, &self.shop_zone, &now],
            )
            .await?;
        match row.try_get(0)? {
            "kept" => Ok(Settled::Late { kept: true }),
            "refunding" => Ok(Settled::Late { kept: false }),
            "before" => Ok(Settled::Before),
            _ => Err(bug("an unknown answer")),
        }
    }

    /// The payment failed: so has the purchase, and the use is released, in one statement. `reference` is the
    /// payment that says so, if one does.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then, and the call may be repeated.
    pub async fn fail_purchase(
        &self,
        id: Uuid,
        reference: Option<&str>,
        failure: PaymentFailure,
        now: Timestamp,
    ) -> Result<Settled, PgError> {
        let row = self
            .pool
            .fetch_one(&FAIL_PURCHASE, &[&id, &reference, &failure.as_str(), &now])
            .await?;
        match row.try_get(0)? {
            "failed" => Ok(Settled::Now),
            "before" => Ok(Settled::Before),
            "paid" => Ok(Settled::Conflict("the purchase is paid")),
            "another_payment" => Ok(ANOTHER_PAYMENT),
            "no_purchase" => Ok(Settled::NoPurchase),
            _ => Err(bug("an unknown answer")),
        }
    }
}
