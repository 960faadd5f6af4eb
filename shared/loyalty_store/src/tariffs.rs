//! Tariffs: those on sale, and all of them for staff.

use domain::{Money, Tariff, TariffId, TariffStatus};
use jiff::Timestamp;
use pg::{KeyedRows, Keyset, PgError, Record, Row, Value, keyset_page};
use serde::Serialize;
use tokio_postgres::types::Json;

use crate::definitions::TariffRow;
use crate::rows::{bug, get, keyed_page};
use crate::staff_change::staff_request;
use crate::version_history::version_history;
use crate::{Change, ChangeError, LoyaltyStore, PastVersion};

/// The rows of a list of tariffs, and what they can be sorted by.
macro_rules! page {
    ($order:literal, $compare:literal) => {
        keyset_page!(
            $order,
            $compare,
            rows = "SELECT t.* FROM tariffs t
                WHERE ($5 IS NULL OR t.status = $5) AND ($6 IS NULL OR t.currency = $6)
                    AND ($7 IS NULL OR strpos(lower(t.title), lower($7)) > 0)",
            key = "WHEN 'title' THEN r.title WHEN 'price' THEN lpad(r.price_minor::text, 20, '0')",
            columns = "to_jsonb(m) AS tariff, m.created_at",
            join = ""
        )
    };
}

pg::statements! {
    LOAD_TARIFFS_ON_SALE(INT8_ARRAY) = "SELECT to_jsonb(t) AS tariff FROM tariffs t
        WHERE t.status = 'active' AND ($1 IS NULL OR t.id = ANY ($1)) ORDER BY t.id";
    /// Those that a promotion may be used for, now or once they are on sale again.
    LOAD_TARIFFS_IN_SCOPE(INT8_ARRAY) = "SELECT to_jsonb(t) AS tariff FROM tariffs t
        WHERE CASE WHEN $1 IS NULL THEN t.status = 'active' ELSE t.id = ANY ($1) END ORDER BY t.id";
    FIND_TARIFF(INT8) = "SELECT to_jsonb(t) AS tariff, t.created_at FROM tariffs t WHERE t.id = $1";
    FIND_TARIFFS(TEXT, TEXT, INT8, INT8, TEXT, TEXT, TEXT) = page!("ASC", ">");
    FIND_TARIFFS_DESCENDING(TEXT, TEXT, INT8, INT8, TEXT, TEXT, TEXT) = page!("DESC", "<");
    TARIFF_VERSIONS(INT8) = version_history!("tariff", "tariffs");
    CREATE_TARIFF(JSONB, JSONB) = concat!("SELECT create_tariff(p_tariff => $1, p_staff => ", staff_request!("$2"), ")");
    REPLACE_TARIFF(INT8, INT4, JSONB, JSONB) = concat!(
        "SELECT replace_tariff(p_tariff_id => $1, p_version => $2, p_tariff => $3, p_staff => ",
        staff_request!("$4"),
        ")"
    );
}

/// A tariff as staff enter it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TariffEntry {
    /// Its name, as people see it.
    pub title: String,
    /// Its price without a code.
    pub price: Money,
    /// How many months one purchase lasts, 1 to 120.
    pub period_months: i32,
    /// Whether it is sold.
    pub status: TariffStatus,
}

/// A tariff, and since when there is one.
#[derive(Debug, Clone)]
pub struct StoredTariff {
    /// The tariff.
    pub tariff: Tariff,
    /// When it was created, UTC.
    pub created_at: Timestamp,
}

/// The filter of a list of tariffs.
#[derive(Debug, Clone, Default)]
pub struct TariffFilter {
    /// Only those with this status.
    pub status: Option<TariffStatus>,
    /// Only those in this currency, by its ISO 4217 code.
    pub currency: Option<String>,
    /// Only those whose title contains this, in any case.
    pub title: Option<String>,
}

/// The columns of `tariffs` that staff enter.
#[derive(Debug, Serialize)]
struct EnteredRow<'a> {
    title: &'a str,
    price_minor: i64,
    currency: String,
    period_months: i32,
    status: &'a str,
}

impl<'a> From<&'a TariffEntry> for Json<EnteredRow<'a>> {
    fn from(entry: &'a TariffEntry) -> Self {
        Json(EnteredRow {
            title: &entry.title,
            price_minor: entry.price.minor(),
            currency: entry.price.currency().to_string(),
            period_months: entry.period_months,
            status: entry.status.as_str(),
        })
    }
}

impl LoyaltyStore {
    /// The tariffs on sale by their IDs: all, or of these.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn tariffs_on_sale(&self, of: Option<&[TariffId]>) -> Result<Vec<Tariff>, PgError> {
        let ids: Option<Vec<i64>> = of.map(|of| of.iter().map(|id| id.0).collect());
        let rows = self.pool.fetch(&LOAD_TARIFFS_ON_SALE, &[&ids]).await?;
        rows.iter().map(tariff).collect()
    }

    /// The tariffs that a promotion names, on sale or not; if it names none, all that are on sale.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn tariffs_in_scope(&self, of: Option<&[TariffId]>) -> Result<Vec<Tariff>, PgError> {
        let ids: Option<Vec<i64>> = of.map(|of| of.iter().map(|id| id.0).collect());
        let rows = self.pool.fetch(&LOAD_TARIFFS_IN_SCOPE, &[&ids]).await?;
        rows.iter().map(tariff).collect()
    }

    /// A tariff, on sale or not.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_tariff(&self, id: TariffId) -> Result<Option<StoredTariff>, PgError> {
        let row = self.pool.fetch_optional(&FIND_TARIFF, &[&id.0]).await?;
        row.as_ref().map(stored).transpose()
    }

    /// A page of tariffs. They can be sorted by `id`, `title` and `price`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_tariffs(
        &self,
        filter: &TariffFilter,
        page: &Keyset,
    ) -> Result<KeyedRows<StoredTariff>, PgError> {
        let statement = page.statement(&FIND_TARIFFS, &FIND_TARIFFS_DESCENDING);
        let status = filter.status.map(TariffStatus::as_str);
        let values: [Value<'_>; 7] = [
            &page.sort,
            &page.after_key(),
            &page.after_id(),
            &page.limit,
            &status,
            &filter.currency,
            &filter.title,
        ];
        let rows = self.pool.fetch(statement, &values).await?;
        keyed_page(&rows, page, stored)
    }

    /// All versions of a tariff, the newest first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn tariff_versions(&self, id: TariffId) -> Result<Vec<PastVersion<Tariff>>, PgError> {
        let rows = self.pool.fetch(&TARIFF_VERSIONS, &[&id.0]).await?;
        rows.iter().map(PastVersion::read::<TariffRow>).collect()
    }

    /// A new tariff; its ID.
    ///
    /// # Errors
    /// [`ChangeError::KeyReused`], or that of the database.
    pub async fn create_tariff(
        &self,
        entry: &TariffEntry,
        change: Change,
    ) -> Result<TariffId, ChangeError> {
        let values: [Value<'_>; 2] = [&Json::from(entry), &change.as_json()];
        let row = self.pool.fetch_one(&CREATE_TARIFF, &values).await?;
        let mut record: Record<'_> = row.try_get(0).map_err(PgError::from)?;
        match record.field()? {
            "created" => Ok(TariffId(record.field()?)),
            "key_reused" => Err(ChangeError::KeyReused),
            _ => Err(bug("an unknown answer").into()),
        }
    }

    /// Replaces a tariff, if it has the version `version`, or whatever version. Purchases and applications keep their price.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn replace_tariff(
        &self,
        id: TariffId,
        version: Option<i32>,
        entry: &TariffEntry,
        change: Change,
    ) -> Result<(), ChangeError> {
        let values: [Value<'_>; 4] = [&id.0, &version, &Json::from(entry), &change.as_json()];
        let row = self.pool.fetch_one(&REPLACE_TARIFF, &values).await?;
        let mut record: Record<'_> = row.try_get(0).map_err(PgError::from)?;
        match record.field()? {
            "replaced" => Ok(()),
            "no_tariff" => Err(ChangeError::NotFound),
            "changed" => Err(ChangeError::Changed(record.field()?)),
            "other_currency" => Err(ChangeError::OtherCurrency),
            "key_reused" => Err(ChangeError::KeyReused),
            _ => Err(bug("an unknown answer").into()),
        }
    }
}

fn tariff(row: &Row) -> Result<Tariff, PgError> {
    let Json(tariff): Json<TariffRow> = get(row, "tariff")?;
    tariff.try_into()
}

fn stored(row: &Row) -> Result<StoredTariff, PgError> {
    Ok(StoredTariff {
        tariff: tariff(row)?,
        created_at: get(row, "created_at")?,
    })
}
