//! Buying a tariff with a held promo code.

use domain::{Money, PromoId, PromoRef, PurchaseStatus, Random, TariffId};
use jiff::{SignedDuration, Timestamp};
use pg::{PgError, Row, Type};
use uuid::Uuid;

use crate::rows::{get, money, name};
use crate::{Ask, Hold, LoyaltyStore};

/// How long a payment may take to report before it is asked after.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// A purchase of a tariff.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// Its number; also the idempotence key of its payment.
    pub id: Uuid,
    /// Where it stands.
    pub status: PurchaseStatus,
    /// The promo code's number.
    pub promo_id: PromoId,
    /// The promo code's text.
    pub promo_code: String,
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
    /// What was bought, once it is paid.
    pub subscription: Option<Subscription>,
}

impl Purchase {
    /// Whether this is what `ask` asks for.
    pub fn answers(&self, ask: &Ask) -> bool {
        let same_promo = match &ask.promo {
            PromoRef::Id(id) => *id == self.promo_id,
            PromoRef::Text(codes) => codes.iter().any(|code| code.as_str() == self.promo_code),
        };
        same_promo && ask.tariff == self.tariff
    }
}

/// A time for which a tariff is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// Its first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

/// Makes the subscription of the purchase in `bought` with the hold in `used`; the time is in $2. It begins when the
/// user's subscription to the same tariff ends, and months are those of the calendar: 31 January and one is 28 or 29 February.
pub(crate) const SUBSCRIBE: &str = "
    subscribed AS (
        INSERT INTO subscriptions (purchase_id, user_id, tariff_id, starts_at, ends_at)
        SELECT bought.id, bought.user_id, bought.tariff_id, start.at,
            (start.at AT TIME ZONE 'UTC' + CASE
                WHEN used.trial_days IS NULL THEN make_interval(months => t.period_months)
                ELSE make_interval(days => used.trial_days)
            END) AT TIME ZONE 'UTC'
        FROM bought JOIN used ON used.id = bought.application_id JOIN tariffs t ON t.id = bought.tariff_id
        CROSS JOIN LATERAL (
            SELECT greatest($2, max(s.ends_at)) AS at FROM subscriptions s
            WHERE s.user_id = bought.user_id AND s.tariff_id = bought.tariff_id
        ) AS start
        RETURNING purchase_id
    )";

const COLUMNS: &str = "
    b.id, b.status, p.id AS promo_id, p.code, b.tariff_id, t.title, b.price_minor, b.total_minor, b.currency::text AS currency, b.payment_id,
    b.confirmation_url, s.starts_at, s.ends_at
    FROM purchases b JOIN tariffs t ON t.id = b.tariff_id
    JOIN applications a ON a.id = b.application_id JOIN promo_codes p ON p.id = a.promo_id
    LEFT JOIN subscriptions s ON s.purchase_id = b.id";

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
            _ => "subscribed AS (SELECT)",
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
                    currency, idempotency_key, created_at, updated_at, check_at)
                SELECT $3, id, user_id, tariff_id, $5, price_minor, total_minor, currency, $7, $2, $2, $6 FROM used
                RETURNING *
            ),
            {subscribe}
            SELECT id FROM bought"
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

    /// The purchase `id`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_purchase(&self, id: Uuid) -> Result<Option<Purchase>, PgError> {
        let sql = format!("SELECT {COLUMNS} WHERE b.id = $1");
        let row = self.pool.row(&sql, &[(&id, Type::UUID)]).await?;
        row.as_ref().map(decode).transpose()
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
        let sql = format!(
            "WITH due AS (
                SELECT id FROM purchases WHERE status = 'pending' AND check_at <= $1
                ORDER BY check_at LIMIT $2 FOR UPDATE SKIP LOCKED
            ),
            taken AS (
                UPDATE purchases
                SET check_at = $1::timestamptz + greatest($3 * interval '1 second', ($1::timestamptz - created_at) / 2)
                FROM due WHERE purchases.id = due.id
                RETURNING purchases.id
            )
            SELECT {COLUMNS} WHERE b.id IN (SELECT id FROM taken)"
        );
        let params: [pg::Param; 3] = [
            (&now, Type::TIMESTAMPTZ),
            (&limit, Type::INT8),
            (&PATIENCE.as_secs_f64(), Type::FLOAT8),
        ];
        self.pool
            .rows(&sql, &params)
            .await?
            .iter()
            .map(decode)
            .collect()
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
    let period: (Option<Timestamp>, Option<Timestamp>) =
        (get(row, "starts_at")?, get(row, "ends_at")?);
    Ok(Purchase {
        id: get(row, "id")?,
        status: name(get(row, "status")?)?,
        promo_id: PromoId(get(row, "promo_id")?),
        promo_code: get(row, "code")?,
        tariff: TariffId(get(row, "tariff_id")?),
        tariff_title: get(row, "title")?,
        price: money(get(row, "price_minor")?, currency)?,
        total: money(get(row, "total_minor")?, currency)?,
        payment_id: get(row, "payment_id")?,
        confirmation_url: get(row, "confirmation_url")?,
        subscription: match period {
            (Some(starts_at), Some(ends_at)) => Some(Subscription { starts_at, ends_at }),
            _ => None,
        },
    })
}
