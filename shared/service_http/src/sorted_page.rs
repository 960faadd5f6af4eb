//! Lists that the caller sorts.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pg::{KeyedRows, Keyset};
use serde::Serialize;
use utoipa::ToSchema;

use crate::query::invalid;
use crate::{PageSize, Problem, Query};

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// The number of all items that match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

/// The parameters `sort`, `limit` and `cursor` of a list.
#[derive(Debug)]
pub struct SortedPage {
    keyset: Keyset,
    size: PageSize,
}

impl SortedPage {
    /// Sorted by one of `fields`, the first by default; `-` before it puts the largest first. The cursor belongs to the order
    /// in which it was given.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `query_parameter_invalid`.
    pub fn read(
        query: &Query,
        fields: &[&'static str],
        size: PageSize,
    ) -> Result<SortedPage, Problem> {
        let default = fields.first().copied().unwrap_or_default();
        let sort = query.optional("sort")?.unwrap_or(default);
        let (descending, field) = match sort.strip_prefix('-') {
            Some(field) => (true, field),
            None => (false, sort),
        };
        let known = fields.iter().find(|known| **known == field);
        let mut keyset = Keyset {
            sort: known.ok_or_else(|| invalid("sort"))?,
            descending,
            after: None,
            limit: size.fetch(),
        };
        if let Some(cursor) = query.optional("cursor")? {
            let after = parse(cursor, &keyset).ok_or_else(|| invalid("cursor"))?;
            keyset.after = Some(after);
        }
        Ok(SortedPage { keyset, size })
    }

    /// What the store reads.
    pub fn keyset(&self) -> &Keyset {
        &self.keyset
    }

    /// The page, from the rows that were read with their sort keys, and the number of all that match.
    pub fn page<R, T>(
        &self,
        KeyedRows { mut rows, total }: KeyedRows<R>,
        id: impl Fn(&R) -> i64,
        body: impl Fn(R) -> T,
    ) -> Page<T> {
        let cursor = |(key, row): &(String, R)| encode(&self.keyset, key, id(row));
        Page {
            next_cursor: self.size.cut(&mut rows, cursor),
            items: rows.into_iter().map(|(_, row)| body(row)).collect(),
            total,
        }
    }
}

type Cursor = (String, bool, String, i64);

fn encode(keyset: &Keyset, key: &str, id: i64) -> String {
    let cursor: Cursor = (
        keyset.sort.to_owned(),
        keyset.descending,
        key.to_owned(),
        id,
    );
    URL_SAFE_NO_PAD.encode(serde_json::json!(cursor).to_string())
}

fn parse(cursor: &str, keyset: &Keyset) -> Option<(String, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (sort, descending, key, id): Cursor = serde_json::from_slice(&bytes).ok()?;
    // Postgres has no NUL in a text.
    let is_same = sort == keyset.sort && descending == keyset.descending && !key.contains('\0');
    is_same.then_some((key, id))
}
