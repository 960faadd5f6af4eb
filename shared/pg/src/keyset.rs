//! Pages of lists in an order that the caller chooses.

/// Which rows a page has: `limit` of them, in the order of `sort` and the ID, after those of the previous page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyset {
    /// The column by which the rows are sorted.
    pub sort: &'static str,
    /// Whether the largest comes first.
    pub descending: bool,
    /// The sort key of the last row of the previous page, and its ID.
    pub after: Option<(String, i64)>,
    /// How many rows.
    pub limit: i64,
}

impl Keyset {
    /// The sort key after which the page begins.
    pub fn after_key(&self) -> Option<&str> {
        self.after.as_ref().map(|(key, _)| key.as_str())
    }

    /// The ID after which the page begins.
    pub fn after_id(&self) -> Option<i64> {
        self.after.as_ref().map(|(_, id)| *id)
    }
}

/// The rows of a page, each with its sort key.
#[derive(Debug)]
pub struct KeyedRows<T> {
    /// The rows.
    pub rows: Vec<(String, T)>,
    /// The number of all that match; `None` if it is not known, past the last page.
    pub total: Option<i64>,
}

/// A statement that reads a page of a table that staff fill by hand, as [`Keyset`] says: `$1` is the column, `$2` the sort
/// key and `$3` the ID after which it begins, `$4` the limit; filters follow from `$5` on. Each row has its `sort_key`, and
/// `total`, the number of all rows that match.
///
/// The whole table is sorted, so it must be one that stays small.
#[macro_export]
macro_rules! keyset_page {
    ($order:literal, $compare:literal, rows = $rows:expr, key = $key:expr) => {
        concat!(
            "WITH matching AS (SELECT r.*, (CASE $1 ",
            $key,
            " ELSE lpad(r.id::text, 20, '0') END) COLLATE \"und-x-icu\" AS sort_key FROM (",
            $rows,
            ") AS r)
            SELECT m.*, (SELECT count(*) FROM matching) AS total FROM matching m
            WHERE $2 IS NULL OR (m.sort_key, m.id) ",
            $compare,
            " ($2 COLLATE \"und-x-icu\", $3)
            ORDER BY m.sort_key ",
            $order,
            ", m.id ",
            $order,
            " LIMIT $4"
        )
    };
}
