//! The outcome of a payment, taken in exactly once.

use domain::{Money, PaymentFailure, PurchaseStatus, Random};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};
use uuid::Uuid;

use crate::rows::bug;
use crate::subscriptions::SUBSCRIBE;
use crate::{LoyaltyStore, release};

/// What an outcome did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was taken in, by this call.
    Now,
    /// It had been taken in before: nothing changed.
    Before,
    /// The money came after the purchase had failed.
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

impl LoyaltyStore {
    /// The money has come, with the payment `reference`: the purchase is paid, the use spent and the subscription made, in
    /// one statement. When the purchase had failed meanwhile, the sale is kept if the limits still allow it; else the
    /// money is to go back.
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
        let sql = format!(
            "WITH bought AS (
                UPDATE purchases b SET status = 'paid', payment_id = $5, updated_at = $2
                WHERE b.id = $1 AND b.status = 'pending' AND b.total_minor = $3 AND b.currency = $4
                    AND coalesce(b.payment_id, $5) = $5
                RETURNING b.*
            ),
            used AS (
                UPDATE applications SET state = 'used', updated_at = $2
                FROM bought WHERE applications.id = bought.application_id AND applications.state = 'paying'
            ),
            entered AS (
                INSERT INTO ledger (at, purchase_id, kind, reference, amount_minor, currency)
                SELECT $2, id, 'payment', $5, total_minor, currency FROM bought
            ),
            {SUBSCRIBE}
            SELECT purchase_id, made FROM subscribed"
        );
        let params: [pg::Param; 5] = [
            (&id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&paid.minor(), Type::INT8),
            (&paid.currency().as_str().to_owned(), Type::TEXT),
            (&reference, Type::TEXT),
        ];
        if self.pool.row(&sql, &params).await?.is_some() {
            return Ok(Settled::Now);
        }
        Ok(match self.find_purchase(id).await? {
            None => Settled::NoPurchase,
            Some(purchase) if purchase.has_another_payment(reference) => ANOTHER_PAYMENT,
            Some(purchase) if paid != purchase.total => {
                Settled::Conflict("the amount is not that of the purchase")
            }
            Some(purchase) if purchase.status == PurchaseStatus::Failed => {
                self.take_late_payment(id, reference, now, random).await?
            }
            Some(_) => Settled::Before,
        })
    }

    async fn take_late_payment(
        &self,
        id: Uuid,
        reference: &str,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Settled, PgError> {
        // Holds that ran out must not stand in the way until the sweeper comes by.
        while self.expire_holds(now).await? > 0 {}
        let params: [pg::Param; 4] = [
            (&id, Type::UUID),
            (&reference, Type::TEXT),
            (&random.uuid(), Type::UUID),
            (&now, Type::TIMESTAMPTZ),
        ];
        let sql = "SELECT take_late_payment($1, $2, $3, $4)";
        let row = self.pool.row(sql, &params).await?;
        match row
            .ok_or_else(|| bug("a function without an answer"))?
            .try_get(0)?
        {
            "kept" => Ok(Settled::Late { kept: true }),
            "refunding" => Ok(Settled::Late { kept: false }),
            "before" => Ok(Settled::Before),
            _ => Err(bug("an unknown answer")),
        }
    }

    /// The money will not come: the purchase has failed and the use is given back, in one statement. `reference` is the
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
        let release = release::ctes(
            "failed AS (
                UPDATE purchases SET status = 'failed', failure = $3, updated_at = $2
                WHERE id = $1 AND status = 'pending' AND coalesce(payment_id = $5, true) RETURNING application_id
            ),
            target AS (SELECT application_id AS id FROM failed),",
            "paying",
            "state = 'cancelled', cancel_reason = $4, updated_at = $2",
        );
        let sql = format!("{release} SELECT FROM failed");
        let reason = match failure {
            PaymentFailure::Expired => "payment_expired",
            PaymentFailure::Declined | PaymentFailure::Rejected => "payment_failed",
        };
        let params: [pg::Param; 5] = [
            (&id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&failure.as_str(), Type::TEXT),
            (&reason, Type::TEXT),
            (&reference, Type::TEXT),
        ];
        match self.pool.row(&sql, &params).await? {
            Some(_) => Ok(Settled::Now),
            None => Ok(match self.find_purchase(id).await? {
                None => Settled::NoPurchase,
                Some(purchase) if reference.is_some_and(|r| purchase.has_another_payment(r)) => {
                    ANOTHER_PAYMENT
                }
                Some(purchase) if purchase.status == PurchaseStatus::Failed => Settled::Before,
                Some(_) => Settled::Conflict("the purchase is paid"),
            }),
        }
    }
}
