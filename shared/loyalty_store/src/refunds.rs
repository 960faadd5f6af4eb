//! Money that goes back.

use domain::{Money, Random, RefundCause, RefundStatus};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Row, Type};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::{bug, get, money, name};

/// Money that goes back to a buyer.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Its number; also its idempotence key at the provider.
    pub id: Uuid,
    /// The purchase it is of.
    pub purchase_id: Uuid,
    /// The provider's number of the payment it is from.
    pub payment_id: String,
    /// How much.
    pub amount: Money,
    /// Why.
    pub cause: RefundCause,
    /// Where it stands.
    pub status: RefundStatus,
    /// The provider's reason for not giving the money back.
    pub failure: Option<String>,
    /// The provider's number of the refund, once it is known.
    pub reference: Option<String>,
    /// The name of the tariff that was bought.
    pub tariff_title: String,
    /// When it was ordered.
    pub created_at: Timestamp,
}

/// What became of an order to refund.
#[derive(Debug)]
pub enum Ordered {
    /// It is ordered, by this call or an earlier one with the same key.
    Refund(Box<Refund>),
    /// The key belongs to an order of another amount.
    KeyReused,
    /// There is no such purchase.
    NoPurchase,
    /// The purchase is not paid.
    NotPaid,
    /// All of it went back, or is about to; or nothing was paid.
    NothingLeft,
    /// More than is left.
    TooMuch {
        /// What is left.
        left: Money,
    },
}

const COLUMNS: &str = "
    r.id, r.purchase_id, l.reference AS payment_id, r.amount_minor, r.currency::text AS currency, r.cause, r.status,
    r.failure, r.reference, t.title, r.created_at
    FROM refunds r JOIN purchases b ON b.id = r.purchase_id JOIN tariffs t ON t.id = b.tariff_id
    JOIN ledger l ON l.purchase_id = b.id AND l.kind = 'payment'";

impl LoyaltyStore {
    /// Orders to give `amount_minor` of a paid purchase back, or all that is left. `key` is the idempotency key.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing is ordered then.
    pub async fn order_refund(
        &self,
        purchase_id: Uuid,
        amount_minor: Option<i64>,
        actor_id: Uuid,
        key: Option<&str>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Ordered, PgError> {
        let params: [pg::Param; 6] = [
            (&purchase_id, Type::UUID),
            (&random.uuid(), Type::UUID),
            (&amount_minor, Type::INT8),
            (&actor_id, Type::UUID),
            (&key, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
        ];
        let sql = "SELECT outcome, ordered_id, left_minor, currency::text AS currency
            FROM order_refund($1, $2, $3, $4, $5, $6) LEFT JOIN purchases ON purchases.id = $1";
        let row = self.pool.row(sql, &params).await?;
        let row = row.ok_or_else(|| bug("a function without an answer"))?;
        Ok(match get(&row, "outcome")? {
            "ordered" => {
                let refund = self.find_refund(get(&row, "ordered_id")?).await?;
                Ordered::Refund(Box::new(
                    refund.ok_or_else(|| bug("a refund that is gone"))?,
                ))
            }
            "key_reused" => Ordered::KeyReused,
            "no_purchase" => Ordered::NoPurchase,
            "not_paid" => Ordered::NotPaid,
            "nothing_left" => Ordered::NothingLeft,
            "too_much" => Ordered::TooMuch {
                left: money(get(&row, "left_minor")?, get(&row, "currency")?)?,
            },
            _ => return Err(bug("an unknown answer")),
        })
    }

    /// The refund `id`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_refund(&self, id: Uuid) -> Result<Option<Refund>, PgError> {
        let sql = format!("SELECT {COLUMNS} WHERE r.id = $1");
        let row = self.pool.row(&sql, &[(&id, Type::UUID)]).await?;
        row.as_ref().map(decode).transpose()
    }

    /// The refunds of a purchase, the first ordered first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_refunds_of(&self, purchase_id: Uuid) -> Result<Vec<Refund>, PgError> {
        let sql = format!("SELECT {COLUMNS} WHERE r.purchase_id = $1 ORDER BY r.created_at, r.id");
        let rows = self.pool.rows(&sql, &[(&purchase_id, Type::UUID)]).await?;
        rows.iter().map(decode).collect()
    }

    /// Up to `limit` refunds of which it is not known whether the money went back. Each is then left alone for a minute,
    /// and for longer the older it is: half its age. Several callers get different ones.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn take_refunds_to_check(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Refund>, PgError> {
        let select = format!("SELECT {COLUMNS} WHERE r.id IN (SELECT id FROM taken)");
        let rows = self.take_due("refunds", &select, now, limit).await?;
        rows.iter().map(decode).collect()
    }

    /// Keeps the provider's number of a refund that is on its way.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn attach_refund(&self, id: Uuid, reference: &str) -> Result<(), PgError> {
        let sql = "UPDATE refunds SET reference = $2 WHERE id = $1 AND status = 'pending'";
        let params: [pg::Param; 2] = [(&id, Type::UUID), (&reference, Type::TEXT)];
        self.pool.execute(sql, &params).await.map(drop)
    }

    /// The money has gone back. When all of the purchase's has, the subscription ends, and the use of the code is given
    /// back if the code says so. Doing it again changes nothing.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then, and the call may be repeated.
    pub async fn complete_refund(
        &self,
        id: Uuid,
        reference: &str,
        now: Timestamp,
    ) -> Result<(), PgError> {
        let params: [pg::Param; 3] = [
            (&id, Type::UUID),
            (&reference, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
        ];
        let sql = "SELECT complete_refund($1, $2, $3)";
        self.pool.row(sql, &params).await.map(drop)
    }

    /// The provider will not give the money back, for this reason of its own. Another refund may be ordered.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn fail_refund(&self, id: Uuid, reason: &str, now: Timestamp) -> Result<(), PgError> {
        let sql = "UPDATE refunds SET status = 'failed', failure = $2, updated_at = $3
            WHERE id = $1 AND status = 'pending'";
        let params: [pg::Param; 3] = [
            (&id, Type::UUID),
            (&reason, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
        ];
        self.pool.execute(sql, &params).await.map(drop)
    }

    /// Enters a refund that somebody made at the provider, unless it is known. False when the payment is none of ours, or
    /// was in another currency.
    ///
    /// # Errors
    /// Any [`PgError`]; the call may be repeated.
    pub async fn enter_refund(
        &self,
        payment_id: &str,
        reference: &str,
        amount: Money,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<bool, PgError> {
        let sql = "WITH entered AS (
                INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, status, reference, created_at,
                    updated_at, check_at)
                SELECT $1, purchase_id, $4, $5, 'provider', 'pending', $3, $6, $6, $6
                FROM ledger WHERE kind = 'payment' AND reference = $2 AND currency = $5
                ON CONFLICT (reference) DO NOTHING
            )
            SELECT FROM ledger WHERE kind = 'payment' AND reference = $2 AND currency = $5";
        let params: [pg::Param; 6] = [
            (&random.uuid(), Type::UUID),
            (&payment_id, Type::TEXT),
            (&reference, Type::TEXT),
            (&amount.minor(), Type::INT8),
            (&amount.currency().as_str().to_owned(), Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
        ];
        if self.pool.row(sql, &params).await?.is_none() {
            return Ok(false);
        }
        let sql = "SELECT complete_refund(id, reference, $2) FROM refunds WHERE reference = $1";
        let params: [pg::Param; 2] = [(&reference, Type::TEXT), (&now, Type::TIMESTAMPTZ)];
        self.pool.row(sql, &params).await?;
        Ok(true)
    }
}

fn decode(row: &Row) -> Result<Refund, PgError> {
    Ok(Refund {
        id: get(row, "id")?,
        purchase_id: get(row, "purchase_id")?,
        payment_id: get(row, "payment_id")?,
        amount: money(get(row, "amount_minor")?, get(row, "currency")?)?,
        cause: name(get(row, "cause")?)?,
        status: name(get(row, "status")?)?,
        failure: get(row, "failure")?,
        reference: get(row, "reference")?,
        tariff_title: get(row, "title")?,
        created_at: get(row, "created_at")?,
    })
}
