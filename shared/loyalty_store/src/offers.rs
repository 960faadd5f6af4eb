//! The promo codes that a user can use now.

use domain::{Facts, Tariff, TariffId, TariffStatus};
use jiff::Timestamp;
use pg::{PgError, Type};
use serde::Deserialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::facts::{ENTERED, HAPPENED, joins};
use crate::rows::{self, get, money};

/// A tariff on sale.
#[derive(Deserialize)]
struct OnSale {
    id: i64,
    title: String,
    price_minor: i64,
    currency: String,
    period_months: i32,
}

impl LoyaltyStore {
    /// The facts of every pair of a promo code and a tariff that may concern the user, ordered by the code's number and
    /// the tariff's: codes that are listed, or held by the user. Statement and index narrow the list; whether a code
    /// passes is for the rules to say.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_offers(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Facts>, PgError> {
        let sql = format!(
            "SELECT {ENTERED}, {HAPPENED},
                (SELECT json_agg(json_build_object(
                    'id', t.id, 'title', t.title, 'price_minor', t.price_minor, 'currency', t.currency,
                    'period_months', t.period_months) ORDER BY t.id)
                FROM tariffs t WHERE t.status = 'active') AS on_sale
             FROM promo_codes p
             {joins}
             WHERE p.id IN (
                SELECT id FROM promo_codes
                WHERE status = 'active' AND listed AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)
                    AND (audience = 'all' OR audience_user_id = $1
                        OR audience_group_ids && ARRAY(SELECT group_id FROM group_members WHERE user_id = $1))
                UNION
                SELECT promo_id FROM applications WHERE user_id = $1 AND state IN ('applied', 'paying')
             )
             ORDER BY p.id",
            // What has no limit need not be counted: only the rules look.
            joins = joins(
                "(p.total_limit IS NOT NULL OR p.budget_minor IS NOT NULL)",
                "(m.total_limit IS NOT NULL OR m.budget_minor IS NOT NULL)",
            ),
        );
        let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&now, Type::TIMESTAMPTZ)];
        let mut offers = vec![];
        for row in &self.pool.rows(&sql, &params).await? {
            let on_sale: Option<Json<Vec<OnSale>>> = get(row, "on_sale")?;
            for tariff in on_sale.map(|Json(tariffs)| tariffs).unwrap_or_default() {
                let tariff = Tariff {
                    id: TariffId(tariff.id),
                    title: tariff.title,
                    price: money(tariff.price_minor, &tariff.currency)?,
                    period_months: tariff.period_months,
                    status: TariffStatus::Active,
                };
                offers.push(rows::facts(row, tariff, user_id, true, now)?);
            }
        }
        Ok(offers)
    }
}
