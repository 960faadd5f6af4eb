//! The promo codes that a user can use now.

use domain::{Facts, Tariff, TariffId, TariffStatus};
use jiff::Timestamp;
use pg::{PgError, Type};
use serde::Deserialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::LoyaltyStore;
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
        // A function of the database, which keeps its plan: docs/adr/0010-cached-plans.md.
        let sql = "SELECT * FROM offers_of($1, $2)";
        let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&now, Type::TIMESTAMPTZ)];
        let mut offers = vec![];
        for row in &self.pool.rows(sql, &params).await? {
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
