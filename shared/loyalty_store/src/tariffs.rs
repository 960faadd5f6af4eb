//! The tariffs that are on sale.

use domain::{Tariff, TariffId};
use pg::PgError;
use tokio_postgres::types::Json;

use crate::LoyaltyStore;
use crate::definitions::TariffRow;
use crate::rows::get;

pg::statements! {
    LOAD_TARIFFS_ON_SALE(INT8_ARRAY) = "SELECT to_jsonb(t) AS tariff FROM tariffs t
        WHERE t.status = 'active' AND ($1 IS NULL OR t.id = ANY ($1)) ORDER BY t.id";
}

impl LoyaltyStore {
    /// The tariffs on sale by their IDs: all, or of these.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn tariffs_on_sale(&self, of: Option<&[TariffId]>) -> Result<Vec<Tariff>, PgError> {
        let ids: Option<Vec<i64>> = of.map(|of| of.iter().map(|id| id.0).collect());
        let rows = self.pool.fetch(&LOAD_TARIFFS_ON_SALE, &[&ids]).await?;
        let tariff = |row| {
            let Json(tariff): Json<TariffRow> = get(row, "tariff")?;
            tariff.try_into()
        };
        rows.iter().map(tariff).collect()
    }
}
