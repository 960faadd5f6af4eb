//! Pages of lists in an order that the caller chooses.

use crate::Statement;

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
    /// Of the statements of [`keyset_page`](crate::keyset_page) for both orders, the one for this page.
    pub fn statement<'a>(
        &self,
        ascending: &'a Statement,
        descending: &'a Statement,
    ) -> &'a Statement {
        match self.descending {
            false => ascending,
            true => descending,
        }
    }

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
/// `total`, the number of all rows that match. `join` adds to the rows of the page, `m`, what `columns` reads.
///
/// The whole table is sorted, so it must be one that stays small.
#[macro_export]
macro_rules! keyset_page {
    ($order:literal, $compare:literal, rows = $rows:expr, key = $key:expr, columns = $columns:expr, join = $join:expr) => {
        concat!(
            "WITH matching AS (SELECT r.*, (CASE $1 ",
            $key,
            " ELSE lpad(r.id::text, 20, '0') END) COLLATE \"und-x-icu\" AS sort_key FROM (",
            $rows,
            ") AS r), total AS (SELECT count(*) AS total FROM matching), page AS (
                SELECT o.* FROM matching o
                WHERE $2 IS NULL OR (o.sort_key, o.id) ",
            $compare,
            " ($2 COLLATE \"und-x-icu\", $3)
                ORDER BY o.sort_key ",
            $order,
            ", o.id ",
            $order,
            " LIMIT $4
            )
            SELECT m.sort_key, total.total, ",
            $columns,
            " FROM page m CROSS JOIN total ",
            $join,
            " ORDER BY m.sort_key ",
            $order,
            ", m.id ",
            $order
        )
    };
}
