//! Making purchases: with a held promo code, or at the full price.

use domain::{PurchaseStatus, Random, TariffId, TariffStatus, UserStatus};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};
use uuid::Uuid;

use crate::checks::PATIENCE;
use crate::rows::{bug, name};
use crate::subscriptions::SUBSCRIBE;
use crate::{Hold, LoyaltyStore, Purchase};

/// What became of a wish to buy at the full price.
#[derive(Debug)]
pub enum Bought {
    /// A purchase is pending: this call's, or an earlier one's of the same tariff that is not paid yet.
    Pending(Box<Purchase>),
    /// The key has a purchase already: look for it.
    KeyTaken,
    /// There is no such tariff.
    NoTariff,
    /// The tariff is no longer sold.
    NotOnSale,
    /// The loyalty side does not know the user.
    NotRegistered,
    /// The user is blocked or deleted.
    NotActive,
}

impl LoyaltyStore {
    /// Turns a hold into a purchase: paid at once when there is nothing to pay, otherwise pending. `key` is the buyer's
    /// idempotency key. `None` when the hold is `applied` no more, or the key has a purchase already: look again.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn open_purchase(
        &self,
        hold: &Hold,
        key: Option<&str>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Option<Purchase>, PgError> {
        let (state, status) = match hold.quote.total.is_zero() {
            true => ("used", PurchaseStatus::Paid),
            false => ("paying", PurchaseStatus::Pending),
        };
        let subscribe = match status {
            PurchaseStatus::Paid => SUBSCRIBE,
            _ => "subscribed AS (SELECT true AS made)",
        };
        let id = random.uuid();
        let sql = format!(
            "WITH owner AS (
                SELECT u.id FROM users u JOIN applications a ON a.user_id = u.id
                WHERE a.id = $1 AND u.status = 'active' FOR SHARE OF u
            ),
            used AS (
                UPDATE applications SET state = $4, updated_at = $2
                FROM owner
                WHERE applications.id = $1 AND applications.user_id = owner.id
                    AND applications.state = 'applied' AND applications.expires_at > $2
                RETURNING applications.*
            ),
            bought AS (
                INSERT INTO purchases (id, application_id, user_id, tariff_id, status, price_minor, total_minor,
                    currency, period_months, trial_days, idempotency_key, created_at, updated_at, check_at)
                SELECT $3, used.id, user_id, tariff_id, $5, used.price_minor, total_minor, used.currency,
                    CASE WHEN trial_days IS NULL THEN t.period_months END, trial_days, $7, $2, $2, $6
                FROM used JOIN tariffs t ON t.id = used.tariff_id
                RETURNING *
            ),
            {subscribe}
            SELECT id, (SELECT made FROM subscribed) FROM bought"
        );
        let params: [pg::Param; 7] = [
            (&hold.application_id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&id, Type::UUID),
            (&state, Type::TEXT),
            (&status.as_str(), Type::TEXT),
            (&(now + PATIENCE), Type::TIMESTAMPTZ),
            (&key, Type::TEXT),
        ];
        match self.pool.row(&sql, &params).await {
            Ok(Some(_)) => self.find_purchase(id).await,
            Ok(None) => Ok(None),
            Err(error) if error.taken() == Some("purchases_idempotency_key") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a pending purchase of a tariff at its full price. `key` is the buyer's idempotency key.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn open_purchase_at_full_price(
        &self,
        user_id: Uuid,
        tariff: TariffId,
        key: Option<&str>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Bought, PgError> {
        let sql = "WITH owner AS (SELECT id FROM users WHERE id = $1 AND status = 'active' FOR SHARE),
            bought AS (
                INSERT INTO purchases (id, user_id, tariff_id, status, price_minor, total_minor, currency, period_months,
                    idempotency_key, created_at, updated_at, check_at)
                SELECT $3, owner.id, t.id, 'pending', t.price_minor, t.price_minor, t.currency, t.period_months, $4, $5,
                    $5, $6
                FROM owner CROSS JOIN tariffs t WHERE t.id = $2 AND t.status = 'active'
                ON CONFLICT (user_id, tariff_id) WHERE application_id IS NULL AND status = 'pending' DO NOTHING
                RETURNING id
            )
            SELECT (SELECT id FROM bought), (SELECT status FROM tariffs WHERE id = $2),
                (SELECT status FROM users WHERE id = $1)";
        let id = random.uuid();
        let params: [pg::Param; 6] = [
            (&user_id, Type::UUID),
            (&tariff.0, Type::INT8),
            (&id, Type::UUID),
            (&key, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
            (&(now + PATIENCE), Type::TIMESTAMPTZ),
        ];
        let row = match self.pool.row(sql, &params).await {
            Err(error) if error.taken() == Some("purchases_idempotency_key") => {
                return Ok(Bought::KeyTaken);
            }
            other => other?.ok_or_else(|| bug("no answer"))?,
        };
        let (made, tariff_status, user_status): (Option<Uuid>, Option<&str>, Option<&str>) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if let Some(made) = made {
            let purchase = self.find_purchase(made).await?;
            return Ok(Bought::Pending(Box::new(
                purchase.ok_or_else(|| bug("a purchase that is gone"))?,
            )));
        }
        match (tariff_status, user_status) {
            (None, _) => Ok(Bought::NoTariff),
            (_, None) => Ok(Bought::NotRegistered),
            (Some(status), _) if name::<TariffStatus>(status)? != TariffStatus::Active => {
                Ok(Bought::NotOnSale)
            }
            (_, Some(status)) if name::<UserStatus>(status)? != UserStatus::Active => {
                Ok(Bought::NotActive)
            }
            // Another one is awaited; or was, a moment ago.
            _ => match self.find_open_at_full_price(user_id, tariff).await? {
                Some(purchase) => Ok(Bought::Pending(Box::new(purchase))),
                None => Err(PgError::Unavailable(
                    "another purchase was just settled".to_owned(),
                )),
            },
        }
    }
}
