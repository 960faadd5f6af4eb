//! Money that goes back.

use domain::{Money, Random, Reason, RefundCause, RefundStatus};
use jiff::Timestamp;
use pg::{PgError, Row, Value};
use uuid::Uuid;

use crate::provider_polling::take_due;
use crate::rows::{bug, get, money, name};
use crate::staff_change::staff_request;
use crate::{Change, LoyaltyStore, Place};

/// Money that goes back to a buyer.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Its ID; also its idempotence key at the provider.
    pub id: Uuid,
    /// The purchase it is of.
    pub purchase_id: Uuid,
    /// Who bought.
    pub user_id: Uuid,
    /// The provider's ID of the payment it is from.
    pub payment_id: String,
    /// How much.
    pub amount: Money,
    /// Why.
    pub cause: RefundCause,
    /// Its status.
    pub status: RefundStatus,
    /// The provider's reason for refusing the refund.
    pub failure: Option<String>,
    /// The provider's ID of the refund, once it is known.
    pub reference: Option<String>,
    /// The name of the tariff that was bought.
    pub tariff_title: String,
    /// Who of the staff ordered it.
    pub actor_id: Option<Uuid>,
    /// Who of the staff approved it, if it needed that.
    pub approved_by: Option<Uuid>,
    /// Why it was ordered, for staff alone.
    pub reason: Option<String>,
    /// When it was ordered.
    pub created_at: Timestamp,
}

/// The filter of a list of refunds: those that match all that is there.
#[derive(Debug, Clone, Default)]
pub struct RefundFilter {
    /// Only those of this purchase.
    pub purchase_id: Option<Uuid>,
    /// Only those of this user's purchases.
    pub user_id: Option<Uuid>,
    /// Only those with this status.
    pub status: Option<RefundStatus>,
    /// Only those ordered at this time or later, UTC.
    pub from: Option<Timestamp>,
    /// Only those ordered before this time, UTC.
    pub to: Option<Timestamp>,
}

/// The order of a refund.
#[derive(Debug, Clone, Copy)]
pub struct RefundOrder<'a> {
    /// The purchase.
    pub purchase_id: Uuid,
    /// How much, in minor units; `None` for all that is left.
    pub amount_minor: Option<i64>,
    /// The Idempotency-Key, which belongs to the purchase.
    pub key: Option<&'a str>,
    /// Why.
    pub reason: &'a Reason,
    /// What all refunds of the purchase together may be without an approval, in minor units, and when one that is asked for
    /// expires; `None` without such a limit.
    pub limit: Option<(i64, Timestamp)>,
}

impl Refund {
    /// Its place in a list.
    pub fn place(&self) -> Place {
        (self.created_at, self.id)
    }
}

/// The outcome of ordering a refund.
#[derive(Debug)]
pub enum RefundOutcome {
    /// It is ordered, by this call or an earlier one with the same key.
    Refund(Box<Refund>),
    /// It needs this approval, which is asked for by this call or an earlier one with the same key.
    Requested(Uuid),
    /// Another refund of the purchase waits for this approval.
    ApprovalPending(Uuid),
    /// The key came with another request for a refund of this purchase before.
    KeyReused,
    /// There is no such purchase.
    NoPurchase,
    /// The buyer is the member of staff, in this account or another.
    OwnAccount,
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

/// A statement that reads refunds, `r`: `$which` says which, and in what order.
macro_rules! select_refunds {
    ($which:literal) => {
        concat!(
            "SELECT r.id, r.purchase_id, b.user_id, r.actor_id, r.reason,
                (SELECT w.decided_by FROM approvals w WHERE w.id = r.id) AS approved_by,
                l.reference AS payment_id, r.amount_minor, r.currency, r.cause, r.status, r.failure, r.reference, t.title,
                r.created_at
            FROM refunds r JOIN purchases b ON b.id = r.purchase_id JOIN tariffs t ON t.id = b.tariff_id
            JOIN ledger l ON l.purchase_id = b.id AND l.kind = 'payment' ",
            $which
        )
    };
}

pg::statements! {
    /// Orders a refund of a purchase.
    ORDER_REFUND(UUID, UUID, INT8, TEXT, TEXT, INT8, TIMESTAMPTZ, JSONB) = concat!(
        "SELECT outcome, refund_id, approval_id, left_minor, currency
        FROM order_refund(
            p_purchase_id => $1, p_refund_id => $2, p_amount_minor => $3, p_idempotency_key => $4, p_reason => $5,
            p_approve_above => $6, p_expires_at => $7, p_staff => ",
        staff_request!("$8"),
        ")"
    );
    /// The refund $1.
    FIND(UUID) = select_refunds!("WHERE r.id = $1");
    /// The refunds of the purchase $1.
    FIND_OF_PURCHASE(UUID) = select_refunds!("WHERE r.purchase_id = $1 ORDER BY r.created_at, r.id");
    /// A page of refunds, newest first.
    FIND_FILTERED(UUID, UUID, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, TIMESTAMPTZ, UUID, INT8) = select_refunds!(
        "WHERE ($1 IS NULL OR r.purchase_id = $1) AND ($2 IS NULL OR b.user_id = $2)
            AND ($3 IS NULL OR r.created_at >= $3) AND ($4 IS NULL OR r.created_at < $4)
            AND ($5 IS NULL OR r.status = $5) AND ($6 IS NULL OR (r.created_at, r.id) < ($6, $7))
        ORDER BY r.created_at DESC, r.id DESC LIMIT $8"
    );
    /// Refunds to poll.
    TAKE_DUE(TIMESTAMPTZ, INT8) = take_due!(
        "refunds",
        "status = 'pending'",
        select_refunds!("WHERE r.id IN (SELECT taken.id FROM taken)")
    );
    /// Keeps the provider's ID of a refund.
    ATTACH_REFUND(UUID, TEXT) = "UPDATE refunds r SET reference = $2 WHERE r.id = $1 AND r.status = 'pending'";
    /// The money has gone back.
    COMPLETE_REFUND(UUID, TEXT, TIMESTAMPTZ) = "
        SELECT complete_refund(p_refund_id => $1, p_reference => $2, p_now => $3)";
    /// The money does not go back.
    FAIL_REFUND(UUID, TEXT, TIMESTAMPTZ) = "
        UPDATE refunds r SET status = 'failed', failure = $2, updated_at = $3 WHERE r.id = $1 AND r.status = 'pending'";
    /// Enters a refund that was made at the provider, and says whether its payment is ours.
    RECORD_PROVIDER_REFUND(UUID, TEXT, TEXT, INT8, TEXT, TIMESTAMPTZ) = "
        WITH payment AS (
            SELECT l.purchase_id FROM ledger l WHERE l.kind = 'payment' AND l.reference = $2 AND l.currency = $5
        ), recorded AS (
            INSERT INTO refunds (id, purchase_id, amount_minor, currency, cause, status, reference, created_at,
                updated_at, check_at)
            SELECT $1, payment.purchase_id, $4, $5, 'provider', 'pending', $3, $6, $6, $6 FROM payment
            ON CONFLICT (reference) DO NOTHING
        )
        SELECT EXISTS (SELECT FROM payment)";
    /// The refund with the provider's ID $1 has gone back.
    COMPLETE_PROVIDER_REFUND(TEXT, TIMESTAMPTZ) = "
        SELECT complete_refund(p_refund_id => r.id, p_reference => r.reference, p_now => $2)
        FROM refunds r WHERE r.reference = $1";
}

impl LoyaltyStore {
    /// Orders a refund of a paid purchase. Of `change`, the fingerprint tells another request with the same key.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing is ordered then.
    pub async fn order_refund(
        &self,
        order: RefundOrder<'_>,
        change: Change,
        random: &dyn Random,
    ) -> Result<RefundOutcome, PgError> {
        let (id, reason) = (random.uuid(), order.reason.as_str());
        let (approve_above, expires_at) = order.limit.unzip();
        let values: [Value<'_>; 8] = [
            &order.purchase_id,
            &id,
            &order.amount_minor,
            &order.key,
            &reason,
            &approve_above,
            &expires_at,
            &change.as_json(),
        ];
        let row = self.pool.fetch_one(&ORDER_REFUND, &values).await?;
        Ok(match get(&row, "outcome")? {
            "ordered" => {
                let refund = self.find_refund(get(&row, "refund_id")?).await?;
                RefundOutcome::Refund(Box::new(
                    refund.ok_or_else(|| bug("a refund that is gone"))?,
                ))
            }
            "requested" => RefundOutcome::Requested(get(&row, "approval_id")?),
            "pending" => RefundOutcome::ApprovalPending(get(&row, "approval_id")?),
            "key_reused" => RefundOutcome::KeyReused,
            "no_purchase" => RefundOutcome::NoPurchase,
            "own_account" => RefundOutcome::OwnAccount,
            "not_paid" => RefundOutcome::NotPaid,
            "nothing_left" => RefundOutcome::NothingLeft,
            "too_much" => RefundOutcome::TooMuch {
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
        let row = self.pool.fetch_optional(&FIND, &[&id]).await?;
        row.as_ref().map(decode).transpose()
    }

    /// The refunds of a purchase, the first ordered first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_refunds_of(&self, purchase_id: Uuid) -> Result<Vec<Refund>, PgError> {
        let rows = self.pool.fetch(&FIND_OF_PURCHASE, &[&purchase_id]).await?;
        rows.iter().map(decode).collect()
    }

    /// The latest `limit` refunds that match `filter` before the place `before`, the newest first. Without a purchase, a user
    /// or a short time in the filter this reads all.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_refunds(
        &self,
        filter: &RefundFilter,
        before: Option<Place>,
        limit: i64,
    ) -> Result<Vec<Refund>, PgError> {
        let (at, id) = before.unzip();
        let status = filter.status.map(RefundStatus::as_str);
        let values: [Value<'_>; 8] = [
            &filter.purchase_id,
            &filter.user_id,
            &filter.from,
            &filter.to,
            &status,
            &at,
            &id,
            &limit,
        ];
        let rows = self.pool.fetch(&FIND_FILTERED, &values).await?;
        rows.iter().map(decode).collect()
    }

    /// Up to `limit` refunds whose outcome is unknown. Each is then left alone for a minute,
    /// and for longer the older it is: half its age. Several callers get different ones.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn take_due_refunds(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Refund>, PgError> {
        let rows = self.pool.fetch(&TAKE_DUE, &[&now, &limit]).await?;
        rows.iter().map(decode).collect()
    }

    /// Keeps the provider's ID of a refund that is on its way.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn attach_refund(&self, id: Uuid, reference: &str) -> Result<(), PgError> {
        self.pool
            .run(&ATTACH_REFUND, &[&id, &reference])
            .await
            .map(drop)
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
        self.pool
            .fetch(&COMPLETE_REFUND, &[&id, &reference, &now])
            .await
            .map(drop)
    }

    /// The provider refused the refund, for this reason. Another refund may be requested.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn fail_refund(&self, id: Uuid, reason: &str, now: Timestamp) -> Result<(), PgError> {
        self.pool
            .run(&FAIL_REFUND, &[&id, &reason, &now])
            .await
            .map(drop)
    }

    /// Records a refund that somebody made at the provider, unless it is known. False when the payment is none of ours, or
    /// was in another currency.
    ///
    /// # Errors
    /// Any [`PgError`]; the call may be repeated.
    pub async fn record_provider_refund(
        &self,
        payment_id: &str,
        reference: &str,
        amount: Money,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<bool, PgError> {
        let (id, minor) = (random.uuid(), amount.minor());
        let currency = amount.currency().as_str().to_owned();
        let values: [pg::Value; 6] = [&id, &payment_id, &reference, &minor, &currency, &now];
        let row = self
            .pool
            .fetch_one(&RECORD_PROVIDER_REFUND, &values)
            .await?;
        if !row.try_get::<_, bool>(0)? {
            return Ok(false);
        }
        self.pool
            .fetch(&COMPLETE_PROVIDER_REFUND, &[&reference, &now])
            .await?;
        Ok(true)
    }
}

fn decode(row: &Row) -> Result<Refund, PgError> {
    Ok(Refund {
        id: get(row, "id")?,
        purchase_id: get(row, "purchase_id")?,
        user_id: get(row, "user_id")?,
        actor_id: get(row, "actor_id")?,
        approved_by: get(row, "approved_by")?,
        reason: get(row, "reason")?,
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
