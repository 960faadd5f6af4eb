//! Purchases: what was bought, and how far it is paid.

use domain::{
    Money, PaymentFailure, PromoCode, PromoCodeId, PromoRef, PurchaseStatus, Random, Reason,
    TariffId,
};
use jiff::Timestamp;
use pg::{PgError, Row, Value};
use uuid::Uuid;

use crate::facts::id_and_codes;
use crate::provider_polling::take_due;
use crate::rows::{bug, get, money, name};
use crate::staff_change::{staff_act, staff_request};
use crate::{Change, LoyaltyStore, PromoRequest, StaffAct, Subscription};

/// A purchase of a tariff.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// Its ID; also the idempotence key of its payment.
    pub id: Uuid,
    /// Who buys.
    pub user_id: Uuid,
    /// Its status.
    pub status: PurchaseStatus,
    /// Why it failed, if it did.
    pub failure: Option<PaymentFailure>,
    /// The promo code, by ID and text; `None` at the full price.
    pub promo: Option<(PromoCodeId, String)>,
    /// The tariff.
    pub tariff: TariffId,
    /// The tariff's name, which the buyer reads on the payment page.
    pub tariff_title: String,
    /// The price without the code.
    pub price: Money,
    /// What is paid.
    pub total: Money,
    /// The provider's ID of the payment, once there is one.
    pub payment_id: Option<String>,
    /// Where the buyer pays.
    pub confirmation_url: Option<String>,
    /// The amount refunded.
    pub refunded: Money,
    /// When it was made, UTC.
    pub created_at: Timestamp,
    /// What was bought, once it is paid.
    pub subscription: Option<Subscription>,
    /// Who of the staff gave it, and why; `None` if it was bought.
    pub given: Option<StaffAct>,
    /// Who of the staff took it back, and why.
    pub revoked: Option<StaffAct>,
}

/// The filter of a list of purchases: those that match all that is there.
#[derive(Debug, Clone, Default)]
pub struct PurchaseFilter {
    /// Only those of this user.
    pub user_id: Option<Uuid>,
    /// Only those with this status.
    pub status: Option<PurchaseStatus>,
    /// Only those of this tariff.
    pub tariff: Option<TariffId>,
    /// Only those with this promo code.
    pub code: Option<PromoCodeId>,
    /// Only those made at this time or later, UTC.
    pub from: Option<Timestamp>,
    /// Only those made before this time, UTC.
    pub to: Option<Timestamp>,
}

/// A place in a list that is in the order of time: the time and the ID of an item.
pub type Place = (Timestamp, Uuid);

/// The outcome of taking a purchase back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// It is revoked, by this call or an earlier one.
    Done,
    /// It is refunded.
    Refunded,
    /// It is not paid.
    NotPaid,
    /// There is no such purchase.
    NoPurchase,
    /// The buyer is the member of staff, in this account or another.
    OwnAccount,
    /// The Idempotency-Key came with another request before.
    KeyReused,
}

/// The outcome of cancelling a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseCancellation {
    /// It is cancelled, by this call or an earlier one, or had failed before.
    Failed,
    /// It is paid: only a refund undoes it.
    Paid,
    /// The user has no such purchase.
    NoPurchase,
}

impl Purchase {
    /// Its place in a list.
    pub fn place(&self) -> Place {
        (self.created_at, self.id)
    }

    /// Whether this is what `request` asks for.
    pub fn answers(&self, request: &PromoRequest) -> bool {
        let same_promo = self
            .promo
            .as_ref()
            .is_some_and(|(id, text)| match &request.promo {
                PromoRef::Id(asked) => asked == id,
                // The text is the one that people are shown.
                PromoRef::Text(codes) => {
                    PromoCode::parse(text).is_ok_and(|own| codes.contains(&own))
                }
            });
        same_promo && request.tariff == self.tariff
    }
}

/// A statement that reads purchases, `b`: `$which` says which, and in what order.
macro_rules! select_purchases {
    ($which:literal) => {
        concat!(
            "SELECT b.id, b.user_id, b.status, b.failure, a.code_id, coalesce(c.typed, c.code) AS code, b.tariff_id, t.title, b.price_minor,
                b.total_minor, b.currency, b.payment_id, b.confirmation_url, b.created_at,
                b.given_by, b.give_reason, b.revoked_by, b.revoke_reason, s.starts_at, s.ends_at,
                (
                    SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM refunds r
                    WHERE r.purchase_id = b.id AND r.status = 'succeeded'
                ) AS refunded_minor
            FROM purchases b JOIN tariffs t ON t.id = b.tariff_id
            LEFT JOIN applications a ON a.id = b.application_id LEFT JOIN promo_codes c ON c.id = a.code_id
            LEFT JOIN subscriptions s ON s.purchase_id = b.id ",
            $which
        )
    };
}

pg::statements! {
    /// The purchase $1.
    FIND(UUID) = select_purchases!("WHERE b.id = $1");
    /// The latest purchases of the user $1 before a place.
    FIND_OF_USER(UUID, TIMESTAMPTZ, UUID, INT8) = select_purchases!(
        "WHERE b.user_id = $1 AND ($2::timestamptz IS NULL OR (b.created_at, b.id) < ($2, $3))
        ORDER BY b.created_at DESC, b.id DESC LIMIT $4"
    );
    /// A page of purchases, newest first. Filters by user, promo code, time, and status except `paid` have an index each, in
    /// the order of time; the rest is checked on what these find.
    FIND_FILTERED(UUID, INT8, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, INT8, TIMESTAMPTZ, UUID, INT8) = select_purchases!(
        "WHERE ($1 IS NULL OR b.user_id = $1) AND ($2 IS NULL OR b.code_id = $2)
            AND ($3 IS NULL OR b.created_at >= $3) AND ($4 IS NULL OR b.created_at < $4)
            AND ($5 IS NULL OR b.status = $5) AND ($6 IS NULL OR b.tariff_id = $6)
            AND ($7 IS NULL OR (b.created_at, b.id) < ($7, $8))
        ORDER BY b.created_at DESC, b.id DESC LIMIT $9"
    );
    /// The purchase of the user $1 that was the answer to a request with this idempotency key.
    FIND_BY_KEY(UUID, TEXT) = select_purchases!(
        "JOIN purchase_keys k ON k.purchase_id = b.id WHERE k.user_id = $1 AND k.key = $2"
    );
    /// Keeps the idempotency key of another request that was answered with this purchase.
    KEEP_KEY(UUID, TEXT, UUID) = "
        INSERT INTO purchase_keys (user_id, key, purchase_id) VALUES ($1, $2, $3) ON CONFLICT (user_id, key) DO NOTHING";
    /// Takes a paid purchase back.
    REVOKE(UUID, UUID, TEXT, JSONB) = concat!(
        "SELECT revoke_purchase(p_purchase_id => $1, p_revocation_id => $2, p_reason => $3, p_staff => ",
        staff_request!("$4"),
        ")"
    );
    /// Whether the user $1 knows a promo code, by its ID $2 or its texts $3, or has a purchase with the key $4.
    KNOWS(UUID, INT8, TEXT_ARRAY, TEXT) = "
        SELECT EXISTS (
            SELECT FROM promo_codes c JOIN applications a ON a.code_id = c.id
            WHERE (c.id = $2 OR c.code = ANY ($3)) AND a.user_id = $1
        ) OR EXISTS (SELECT FROM purchase_keys k WHERE k.user_id = $1 AND k.key = $4)";
    /// Cancels a pending purchase of the user $2.
    CANCEL(UUID, UUID, TIMESTAMPTZ) = "SELECT cancel_purchase(p_purchase_id => $1, p_user_id => $2, p_now => $3)";
    /// The purchase that is open, or was paid, with the application $1.
    FIND_BY_APPLICATION(UUID) = select_purchases!("WHERE b.application_id = $1 AND b.status <> 'failed'");
    /// Purchases whose payment is to be polled.
    TAKE_DUE(TIMESTAMPTZ, INT8) = take_due!(
        "purchases",
        "check_at IS NOT NULL",
        select_purchases!("WHERE b.id IN (SELECT taken.id FROM taken)")
    );
    /// Keeps the payment of a purchase.
    ATTACH_PAYMENT(UUID, TEXT, TEXT, TIMESTAMPTZ) = "
        UPDATE purchases b
        SET payment_id = $2, confirmation_url = coalesce($3, b.confirmation_url), updated_at = $4,
            -- Cancelled while its payment was being made: the payment may still succeed.
            check_at = CASE WHEN b.failure = 'cancelled_by_buyer' AND b.payment_id IS NULL THEN $4 ELSE b.check_at END
        WHERE b.id = $1 AND (b.payment_id IS NULL OR b.payment_id = $2)";
}

impl LoyaltyStore {
    /// The purchase `id`, whosever it is.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchase(&self, id: Uuid) -> Result<Option<Purchase>, PgError> {
        let row = self.pool.fetch_optional(&FIND, &[&id]).await?;
        row.as_ref().map(decode).transpose()
    }

    /// The user's latest `limit` purchases before the place `before`, the newest first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchases_of(
        &self,
        user_id: Uuid,
        before: Option<Place>,
        limit: i64,
    ) -> Result<Vec<Purchase>, PgError> {
        let (at, id) = before.unzip();
        let rows = self
            .pool
            .fetch(&FIND_OF_USER, &[&user_id, &at, &id, &limit])
            .await?;
        rows.iter().map(decode).collect()
    }

    /// The latest `limit` purchases that match `filter` before the place `before`, the newest first. Without a user, a promo
    /// code or a short time in the filter this reads all.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchases(
        &self,
        filter: &PurchaseFilter,
        before: Option<Place>,
        limit: i64,
    ) -> Result<Vec<Purchase>, PgError> {
        let (at, id) = before.unzip();
        let code = filter.code.map(|code| code.0);
        let (status, tariff) = (
            filter.status.map(PurchaseStatus::as_str),
            filter.tariff.map(|tariff| tariff.0),
        );
        let values: [Value<'_>; 9] = [
            &filter.user_id,
            &code,
            &filter.from,
            &filter.to,
            &status,
            &tariff,
            &at,
            &id,
            &limit,
        ];
        let rows = self.pool.fetch(&FIND_FILTERED, &values).await?;
        rows.iter().map(decode).collect()
    }

    /// The purchase that a request of the user with this idempotency key was answered with.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchase_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<Purchase>, PgError> {
        let row = self
            .pool
            .fetch_optional(&FIND_BY_KEY, &[&user_id, &key])
            .await?;
        row.as_ref().map(decode).transpose()
    }

    /// The purchase that is being paid, or was paid, with the hold `application_id`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchase_with(
        &self,
        application_id: Uuid,
    ) -> Result<Option<Purchase>, PgError> {
        let row = self
            .pool
            .fetch_optional(&FIND_BY_APPLICATION, &[&application_id])
            .await?;
        row.as_ref().map(decode).transpose()
    }

    /// Keeps the idempotency key of a request that is answered with an earlier purchase; false when the key belongs to
    /// another one.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn keep_purchase_key(&self, purchase: &Purchase, key: &str) -> Result<bool, PgError> {
        let values: [pg::Value<'_>; 3] = [&purchase.user_id, &key, &purchase.id];
        if self.pool.run(&KEEP_KEY, &values).await? == 1 {
            return Ok(true);
        }
        let keyed = self.find_purchase_by_key(purchase.user_id, key).await?;
        Ok(keyed.is_some_and(|keyed| keyed.id == purchase.id))
    }

    /// Cancels a purchase whose payment is pending: the use of its code is released at once.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn cancel_purchase(
        &self,
        id: Uuid,
        user_id: Uuid,
        now: Timestamp,
    ) -> Result<PurchaseCancellation, PgError> {
        let row = self.pool.fetch_one(&CANCEL, &[&id, &user_id, &now]).await?;
        match row.try_get(0)? {
            "cancelled" | "failed" => Ok(PurchaseCancellation::Failed),
            "paid" => Ok(PurchaseCancellation::Paid),
            "no_purchase" => Ok(PurchaseCancellation::NoPurchase),
            _ => Err(bug("an unknown answer")),
        }
    }

    /// Takes a paid purchase back: the subscription ends, and the use of its code is released if the promotion says so.
    /// Money can still be refunded.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn revoke_purchase(
        &self,
        id: Uuid,
        reason: &Reason,
        change: Change,
        random: &dyn Random,
    ) -> Result<Revocation, PgError> {
        let reason = reason.as_str();
        let values: [Value<'_>; 4] = [&id, &random.uuid(), &reason, &change.as_json()];
        let row = self.pool.fetch_one(&REVOKE, &values).await?;
        match row.try_get(0)? {
            "revoked" => Ok(Revocation::Done),
            "refunded" => Ok(Revocation::Refunded),
            "not_paid" => Ok(Revocation::NotPaid),
            "no_purchase" => Ok(Revocation::NoPurchase),
            "own_account" => Ok(Revocation::OwnAccount),
            "key_reused" => Ok(Revocation::KeyReused),
            _ => Err(bug("an unknown answer")),
        }
    }

    /// Whether the user has applied the promo code before, or has an answer to the idempotency key: then naming it is no
    /// guess.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn knows_promo(
        &self,
        user_id: Uuid,
        promo: &PromoRef,
        key: Option<&str>,
    ) -> Result<bool, PgError> {
        let (id, codes) = id_and_codes(promo);
        let row = self
            .pool
            .fetch_one(&KNOWS, &[&user_id, &id, &codes, &key])
            .await?;
        Ok(row.try_get(0)?)
    }

    /// Up to `limit` purchases whose payment is to be polled now. Each is then left alone for a minute, and
    /// for longer the older it is: half its age. Several callers get different ones.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn take_due_purchases(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Purchase>, PgError> {
        let rows = self.pool.fetch(&TAKE_DUE, &[&now, &limit]).await?;
        rows.iter().map(decode).collect()
    }

    /// Keeps the provider's number and page of a pending purchase's payment. The same call twice is one; another
    /// payment for the same purchase is refused as a bug, for the idempotence key rules it out.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn attach_payment(
        &self,
        purchase_id: Uuid,
        payment_id: &str,
        confirmation_url: Option<&str>,
        now: Timestamp,
    ) -> Result<(), PgError> {
        let values: [pg::Value; 4] = [&purchase_id, &payment_id, &confirmation_url, &now];
        match self.pool.run(&ATTACH_PAYMENT, &values).await? {
            1 => Ok(()),
            _ => Err(PgError::Internal("a purchase with two payments".to_owned())),
        }
    }
}

fn decode(row: &Row) -> Result<Purchase, PgError> {
    let currency = get(row, "currency")?;
    Ok(Purchase {
        id: get(row, "id")?,
        user_id: get(row, "user_id")?,
        status: name(get(row, "status")?)?,
        failure: get::<Option<&str>>(row, "failure")?.map(name).transpose()?,
        promo: Option::zip(
            get::<Option<i64>>(row, "code_id")?.map(PromoCodeId),
            get(row, "code")?,
        ),
        tariff: TariffId(get(row, "tariff_id")?),
        tariff_title: get(row, "title")?,
        price: money(get(row, "price_minor")?, currency)?,
        total: money(get(row, "total_minor")?, currency)?,
        refunded: money(get(row, "refunded_minor")?, currency)?,
        payment_id: get(row, "payment_id")?,
        created_at: get(row, "created_at")?,
        confirmation_url: get(row, "confirmation_url")?,
        subscription: Option::zip(get(row, "starts_at")?, get(row, "ends_at")?)
            .map(|(starts_at, ends_at)| Subscription { starts_at, ends_at }),
        given: staff_act(row, "given_by", "give_reason")?,
        revoked: staff_act(row, "revoked_by", "revoke_reason")?,
    })
}
