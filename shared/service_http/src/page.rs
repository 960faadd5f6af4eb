//! Pages of listings.

use crate::Problem;
use crate::query::{Query, invalid};

/// How many items a page has. The store is asked for one more, which says whether another page follows.
#[derive(Debug, Clone, Copy)]
pub struct PageSize(u16);

impl PageSize {
    /// The parameter `limit`, from 1 to `max`; `default` when it is absent.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `query_parameter_invalid`.
    pub fn read(query: &Query, default: u16, max: u16) -> Result<PageSize, Problem> {
        let Some(limit) = query.optional_number("limit")? else {
            return Ok(PageSize(default));
        };
        let limit = u16::try_from(limit).ok();
        limit
            .filter(|limit| *limit <= max)
            .map(PageSize)
            .ok_or_else(|| invalid("limit"))
    }

    /// How many rows to fetch.
    pub fn fetch<N: From<u16>>(self) -> N {
        N::from(self.0.saturating_add(1))
    }

    /// Cuts the rows that were fetched down to the page, and returns the cursor of the next one, if there is one.
    pub fn cut<T, C>(self, rows: &mut Vec<T>, cursor: impl FnOnce(&T) -> C) -> Option<C> {
        let more = rows.len() > usize::from(self.0);
        rows.truncate(self.0.into());
        rows.last().filter(|_| more).map(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_page_has_no_cursor() {
        let page = |mut rows: Vec<u8>| (PageSize(2).cut(&mut rows, |last| *last), rows);
        assert_eq!(page(vec![1, 2, 3]), (Some(2), vec![1, 2]));
        assert_eq!(page(vec![1, 2]), (None, vec![1, 2]));
        assert_eq!(page(vec![]), (None, vec![]));
    }
}
