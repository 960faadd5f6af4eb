//! From values of the database to values of the domain.

use domain::{Currency, Money};
use pg::{KeyedRows, Keyset, PgError, Row};
use tokio_postgres::types::FromSql;

/// The value in `column`.
pub(crate) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: &str) -> Result<T, PgError> {
    Ok(row.try_get(column)?)
}

/// The value of an enum that is kept as text.
pub(crate) fn name<T: std::str::FromStr>(text: &str) -> Result<T, PgError> {
    text.parse().map_err(|_| bug("an unknown name"))
}

/// The value of an enum that is kept as text, or nothing.
pub(crate) fn optional_name<T: std::str::FromStr>(
    text: Option<&str>,
) -> Result<Option<T>, PgError> {
    text.map(name).transpose()
}

pub(crate) fn money(minor: i64, currency: &str) -> Result<Money, PgError> {
    let currency: Currency = name(currency)?;
    Money::from_minor(minor, currency).ok_or_else(|| bug("an amount below zero"))
}

/// What the schema forbids is there all the same.
pub(crate) fn bug(what: &str) -> PgError {
    PgError::Internal(format!("not what the schema promises: {what}"))
}

/// A page that was read with [`pg::keyset_page`].
pub(crate) fn keyed_page<T>(
    rows: &[Row],
    page: &Keyset,
    read: impl Fn(&Row) -> Result<T, PgError>,
) -> Result<KeyedRows<T>, PgError> {
    let total = match rows.first() {
        Some(row) => Some(get(row, "total")?),
        None => page.after.is_none().then_some(0),
    };
    let keyed = |row| Ok((get(row, "sort_key")?, read(row)?));
    let rows: Result<_, PgError> = rows.iter().map(keyed).collect();
    Ok(KeyedRows { rows: rows?, total })
}
