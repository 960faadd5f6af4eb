//! The outcome of a payment, taken in exactly once.

use domain::{Money, PaymentFailure, PurchaseStatus};
use jiff::Timestamp;
use pg::{PgError, Type};
use uuid::Uuid;

use crate::subscriptions::SUBSCRIBE;
use crate::{LoyaltyStore, release};

/// What an outcome did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was taken in, by this call.
    Now,
    /// It had been taken in before: nothing changed.
    Before,
    /// The purchase has the other outcome already, or another amount: nothing changed, and staff must look.
    Conflict(&'static str),
    /// There is no such purchase.
    NoPurchase,
}

impl LoyaltyStore {
    /// The money has come: the purchase is paid, the use spent and the subscription made, in one statement.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then, and the call may be repeated.
    pub async fn complete_purchase(
        &self,
        id: Uuid,
        paid: Money,
        now: Timestamp,
    ) -> Result<Settled, PgError> {
        let sql = format!(
            "WITH bought AS (
                UPDATE purchases b SET status = 'paid', updated_at = $2
                WHERE b.id = $1 AND b.status = 'pending' AND b.total_minor = $3 AND b.currency = $4
                RETURNING b.*
            ),
            used AS (
                UPDATE applications SET state = 'used', updated_at = $2
                FROM bought WHERE applications.id = bought.application_id AND applications.state = 'paying'
            ),
            {SUBSCRIBE}
            SELECT purchase_id FROM subscribed"
        );
        let params: [pg::Param; 4] = [
            (&id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&paid.minor(), Type::INT8),
            (&paid.currency().as_str().to_owned(), Type::TEXT),
        ];
        match self.pool.row(&sql, &params).await? {
            Some(_) => Ok(Settled::Now),
            None => {
                self.settled_before(id, PurchaseStatus::Paid, Some(paid))
                    .await
            }
        }
    }

    /// The money will not come: the purchase has failed and the use is given back, in one statement.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then, and the call may be repeated.
    pub async fn fail_purchase(
        &self,
        id: Uuid,
        failure: PaymentFailure,
        now: Timestamp,
    ) -> Result<Settled, PgError> {
        let release = release::ctes(
            "failed AS (
                UPDATE purchases SET status = 'failed', failure = $3, updated_at = $2
                WHERE id = $1 AND status = 'pending' RETURNING application_id
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
        let params: [pg::Param; 4] = [
            (&id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&failure.as_str(), Type::TEXT),
            (&reason, Type::TEXT),
        ];
        match self.pool.row(&sql, &params).await? {
            Some(_) => Ok(Settled::Now),
            None => self.settled_before(id, PurchaseStatus::Failed, None).await,
        }
    }

    /// Why an outcome changed nothing.
    async fn settled_before(
        &self,
        id: Uuid,
        outcome: PurchaseStatus,
        paid: Option<Money>,
    ) -> Result<Settled, PgError> {
        Ok(match self.find_purchase(id).await? {
            None => Settled::NoPurchase,
            Some(purchase) if paid.is_some_and(|paid| paid != purchase.total) => {
                Settled::Conflict("the amount is not that of the purchase")
            }
            Some(purchase) if purchase.status == outcome => Settled::Before,
            Some(_) => Settled::Conflict("the purchase has another outcome"),
        })
    }
}
