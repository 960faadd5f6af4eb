//! The promo codes that a user can use now.

use domain::{Facts, Tariff, TariffId, TariffStatus};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};
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

impl OnSale {
    fn into_tariff(self) -> Result<Tariff, PgError> {
        Ok(Tariff {
            id: TariffId(self.id),
            title: self.title,
            price: money(self.price_minor, &self.currency)?,
            period_months: self.period_months,
            status: TariffStatus::Active,
        })
    }
}

impl LoyaltyStore {
    /// The facts of every pair of a promo code and a tariff that may concern the user, ordered by the code's number and
    /// the tariff's: codes that are listed, or held by the user. Statement and index narrow the list; whether a code
    /// passes is for the rules to say.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_offers(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Facts>, PgError> {
        // Functions of the database, which keep their plans: docs/adr/0010-cached-plans.md.
        let sql = "SELECT *, currency_of_promo(promo_id) AS promo_currency,
                currency_of_campaign(campaign_id) AS campaign_currency
            FROM offers_of($1, $2), trial_of_user($1) AS trial";
        let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&now, Type::TIMESTAMPTZ)];
        let mut offers = vec![];
        for row in &self.pool.rows(sql, &params).await? {
            let on_sale: Option<Json<Vec<OnSale>>> = get(row, "on_sale")?;
            let tariffs = on_sale.map(|Json(tariffs)| tariffs).unwrap_or_default();
            let mut tariffs = tariffs.into_iter().map(OnSale::into_tariff);
            let Some(first) = tariffs.next() else {
                continue;
            };
            let facts = rows::facts(row, first?, user_id, true, now)?;
            let others = tariffs.map(|tariff| {
                Ok(Facts {
                    tariff: tariff?,
                    ..facts.clone()
                })
            });
            let others = others.collect::<Result<Vec<_>, PgError>>()?;
            offers.push(facts);
            offers.extend(others);
        }
        Ok(offers)
    }
}
