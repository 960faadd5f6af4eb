//! Purchases: what was bought, and how far it is paid.

use domain::{Money, PaymentFailure, PromoId, PromoRef, PurchaseStatus, TariffId};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Row, Type};
use uuid::Uuid;

use crate::rows::{get, money, name};
use crate::{Ask, LoyaltyStore, Subscription};

/// A purchase of a tariff.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// Its number; also the idempotence key of its payment.
    pub id: Uuid,
    /// Who buys.
    pub user_id: Uuid,
    /// Where it stands.
    pub status: PurchaseStatus,
    /// Why it failed, if it did.
    pub failure: Option<PaymentFailure>,
    /// The promo code, by number and text; `None` at the full price.
    pub promo: Option<(PromoId, String)>,
    /// The tariff.
    pub tariff: TariffId,
    /// The tariff's name, which the buyer reads on the payment page.
    pub tariff_title: String,
    /// The price without the code.
    pub price: Money,
    /// What is paid.
    pub total: Money,
    /// The provider's number of the payment, once there is one.
    pub payment_id: Option<String>,
    /// Where the buyer pays.
    pub confirmation_url: Option<String>,
    /// What of it went back.
    pub refunded: Money,
    /// When it was made, UTC.
    pub created_at: Timestamp,
    /// What was bought, once it is paid.
    pub subscription: Option<Subscription>,
}

impl Purchase {
    /// Whether its payment is known, and is not `reference`.
    pub(crate) fn has_another_payment(&self, reference: &str) -> bool {
        self.payment_id
            .as_deref()
            .is_some_and(|own| own != reference)
    }

    /// Whether this is what `ask` asks for.
    pub fn answers(&self, ask: &Ask) -> bool {
        let same_promo = self
            .promo
            .as_ref()
            .is_some_and(|(id, text)| match &ask.promo {
                PromoRef::Id(asked) => asked == id,
                PromoRef::Text(codes) => codes.iter().any(|code| code.as_str() == text),
            });
        same_promo && ask.tariff == self.tariff
    }
}

const COLUMNS: &str = "
    b.id, b.user_id, b.status, b.failure, p.id AS promo_id, p.code, b.tariff_id, t.title, b.price_minor, b.total_minor, b.currency::text AS currency, b.payment_id,
    b.confirmation_url, b.created_at, s.starts_at, s.ends_at,
    (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM refunds r WHERE r.purchase_id = b.id AND r.status = 'succeeded')
        AS refunded_minor
    FROM purchases b JOIN tariffs t ON t.id = b.tariff_id
    LEFT JOIN applications a ON a.id = b.application_id LEFT JOIN promo_codes p ON p.id = a.promo_id
    LEFT JOIN subscriptions s ON s.purchase_id = b.id";

impl LoyaltyStore {
    /// The purchase `id`, whosever it is.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchase(&self, id: Uuid) -> Result<Option<Purchase>, PgError> {
        let sql = format!("SELECT {COLUMNS} WHERE b.id = $1");
        let row = self.pool.row(&sql, &[(&id, Type::UUID)]).await?;
        row.as_ref().map(decode).transpose()
    }

    /// The user's latest `limit` purchases, the newest first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchases_of(
        &self,
        user_id: Uuid,
        limit: i64,
    ) -> Result<Vec<Purchase>, PgError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE b.user_id = $1 ORDER BY b.created_at DESC, b.id LIMIT $2"
        );
        let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&limit, Type::INT8)];
        let rows = self.pool.rows(&sql, &params).await?;
        rows.iter().map(decode).collect()
    }

    /// The purchase that the user made with this idempotency key.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchase_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<Purchase>, PgError> {
        let sql = format!("SELECT {COLUMNS} WHERE b.user_id = $1 AND b.idempotency_key = $2");
        let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&key, Type::TEXT)];
        let row = self.pool.row(&sql, &params).await?;
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
        let sql = format!("SELECT {COLUMNS} WHERE b.application_id = $1 AND b.status <> 'failed'");
        let row = self
            .pool
            .row(&sql, &[(&application_id, Type::UUID)])
            .await?;
        row.as_ref().map(decode).transpose()
    }

    /// The purchase of this tariff at its full price whose payment is awaited.
    pub(crate) async fn find_open_at_full_price(
        &self,
        user_id: Uuid,
        tariff: TariffId,
    ) -> Result<Option<Purchase>, PgError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE b.user_id = $1 AND b.tariff_id = $2 AND b.application_id IS NULL
                AND b.status = 'pending'"
        );
        let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&tariff.0, Type::INT8)];
        let row = self.pool.row(&sql, &params).await?;
        row.as_ref().map(decode).transpose()
    }

    /// Up to `limit` pending purchases whose payment is to be asked after now. Each is then left alone for a minute, and
    /// for longer the older it is: half its age. Several callers get different ones.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn take_purchases_to_check(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Purchase>, PgError> {
        let select = format!("SELECT {COLUMNS} WHERE b.id IN (SELECT id FROM taken)");
        let rows = self.take_due("purchases", &select, now, limit).await?;
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
        let sql = "UPDATE purchases SET payment_id = $2, confirmation_url = coalesce($3, confirmation_url), updated_at = $4
            WHERE id = $1 AND (payment_id IS NULL OR payment_id = $2)";
        let params: [pg::Param; 4] = [
            (&purchase_id, Type::UUID),
            (&payment_id, Type::TEXT),
            (&confirmation_url, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
        ];
        match self.pool.execute(sql, &params).await? {
            1 => Ok(()),
            _ => Err(PgError::Bug("a purchase with two payments".to_owned())),
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
            get::<Option<i64>>(row, "promo_id")?.map(PromoId),
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
    })
}
