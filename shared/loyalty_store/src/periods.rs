//! The periods for which a user has tariffs, as staff see them: one for each purchase.

use domain::{PeriodOrigin, PromoCodeId, PurchaseStatus, TariffId};
use jiff::Timestamp;
use pg::{PgError, Row, Value};
use uuid::Uuid;

use crate::rows::{get, name};
use crate::staff_change::staff_act;
use crate::{LoyaltyStore, Place, StaffAct, Subscription};

/// The period of a purchase.
#[derive(Debug, Clone)]
pub struct Period {
    /// The purchase.
    pub purchase_id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// The tariff.
    pub tariff: TariffId,
    /// The name of the tariff.
    pub tariff_title: String,
    /// Since when, and until when.
    pub period: Subscription,
    /// The status of the purchase: paid, refunded or revoked.
    pub status: PurchaseStatus,
    /// The promo code.
    pub code: Option<PromoCodeId>,
    /// Who of the staff gave it, and why; `None` if it was bought.
    pub given: Option<StaffAct>,
    /// Who of the staff took it back, and why.
    pub revoked: Option<StaffAct>,
    /// When the purchase was made, UTC.
    pub created_at: Timestamp,
}

impl Period {
    /// Its place in a list.
    pub fn place(&self) -> Place {
        (self.created_at, self.purchase_id)
    }

    /// How the user came by it.
    pub fn origin(&self) -> PeriodOrigin {
        match (&self.given, self.code) {
            (Some(_), _) => PeriodOrigin::Given,
            (None, Some(_)) => PeriodOrigin::PromoCode,
            (None, None) => PeriodOrigin::Bought,
        }
    }
}

/// A statement that reads the periods of purchases, `b`: `$which` says which, and in what order.
macro_rules! select_periods {
    ($which:literal) => {
        concat!(
            "SELECT b.id, b.user_id, b.tariff_id, t.title, s.starts_at, s.ends_at, b.status, b.code_id, b.given_by,
                b.give_reason, b.revoked_by, b.revoke_reason, b.created_at
            FROM purchases b JOIN subscriptions s ON s.purchase_id = b.id JOIN tariffs t ON t.id = b.tariff_id ",
            $which
        )
    };
}

pg::statements! {
    /// The latest periods of the user $1 before a place.
    FIND_OF_USER(UUID, TIMESTAMPTZ, UUID, INT8) = select_periods!(
        "WHERE b.user_id = $1 AND ($2 IS NULL OR (b.created_at, b.id) < ($2, $3))
        ORDER BY b.created_at DESC, b.id DESC LIMIT $4"
    );
    /// The periods of these purchases, in this order.
    FIND_OF_PURCHASES(UUID_ARRAY) = select_periods!("WHERE b.id = ANY ($1) ORDER BY array_position($1, b.id)");
}

impl LoyaltyStore {
    /// The user's latest `limit` periods before the place `before`, that of the newest purchase first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_periods_of(
        &self,
        user_id: Uuid,
        before: Option<Place>,
        limit: i64,
    ) -> Result<Vec<Period>, PgError> {
        let (at, id) = before.unzip();
        let values: [Value<'_>; 4] = [&user_id, &at, &id, &limit];
        let rows = self.pool.fetch(&FIND_OF_USER, &values).await?;
        rows.iter().map(decode).collect()
    }

    /// The periods of these purchases, in this order.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_periods(&self, purchase_ids: &[Uuid]) -> Result<Vec<Period>, PgError> {
        let values: [Value<'_>; 1] = [&purchase_ids];
        let rows = self.pool.fetch(&FIND_OF_PURCHASES, &values).await?;
        rows.iter().map(decode).collect()
    }
}

fn decode(row: &Row) -> Result<Period, PgError> {
    Ok(Period {
        purchase_id: get(row, "id")?,
        user_id: get(row, "user_id")?,
        tariff: TariffId(get(row, "tariff_id")?),
        tariff_title: get(row, "title")?,
        period: Subscription {
            starts_at: get(row, "starts_at")?,
            ends_at: get(row, "ends_at")?,
        },
        status: name(get(row, "status")?)?,
        code: get::<Option<i64>>(row, "code_id")?.map(PromoCodeId),
        given: staff_act(row, "given_by", "give_reason")?,
        revoked: staff_act(row, "revoked_by", "revoke_reason")?,
        created_at: get(row, "created_at")?,
    })
}
