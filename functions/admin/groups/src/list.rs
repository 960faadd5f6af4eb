//! The order of the list of groups, and its cursors.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use loyalty_store::{Group, GroupOrder};
use service_http::{Code, Problem, Query};

/// What groups are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Title,
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupSort {
    key: Key,
    descending: bool,
}

impl Default for GroupSort {
    fn default() -> GroupSort {
        GroupSort {
            key: Key::Id,
            descending: false,
        }
    }
}

impl FromStr for GroupSort {
    type Err = ();

    fn from_str(text: &str) -> Result<GroupSort, ()> {
        let ascending = text.strip_prefix('-');
        let key = match ascending.unwrap_or(text) {
            "id" => Key::Id,
            "title" => Key::Title,
            _ => return Err(()),
        };
        Ok(GroupSort {
            key,
            descending: ascending.is_some(),
        })
    }
}

/// A cursor: the key of the last group of a page. A text in base64, with a letter before it that says which key.
struct Cursor(Key, String);

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        let (key, value) = match text.split_at_checked(1).ok_or(())? {
            ("i", value) => (Key::Id, value),
            ("t", value) => (Key::Title, value),
            _ => return Err(()),
        };
        let value = URL_SAFE_NO_PAD.decode(value).map_err(drop)?;
        let value = String::from_utf8(value).map_err(drop)?;
        match value.contains('\0') {
            true => Err(()),
            false => Ok(Cursor(key, value)),
        }
    }
}

impl GroupSort {
    /// The order, from the parameter `cursor` on, which must be of this order.
    pub(crate) fn after(self, query: &Query) -> Result<GroupOrder, Problem> {
        let cursor: Option<Cursor> = query.optional_parsed("cursor")?;
        let order = match cursor {
            None => Some(self.order(None, None)),
            Some(Cursor(key, _)) if key != self.key => None,
            Some(Cursor(Key::Title, title)) => Some(self.order(None, Some(title))),
            Some(Cursor(Key::Id, id)) => id.parse().ok().map(|id| self.order(Some(id), None)),
        };
        order.ok_or_else(|| Problem::new(Code::QueryParameterInvalid).with("parameter", "cursor"))
    }

    fn order(self, id: Option<i64>, title: Option<String>) -> GroupOrder {
        let descending = self.descending;
        match self.key {
            Key::Id => GroupOrder::Id {
                descending,
                after: id,
            },
            Key::Title => GroupOrder::Title {
                descending,
                after: title,
            },
        }
    }

    /// The cursor of the page after this group.
    pub(crate) fn cursor(self, last: &Group) -> String {
        match self.key {
            Key::Id => format!("i{}", URL_SAFE_NO_PAD.encode(last.id.to_string())),
            Key::Title => format!("t{}", URL_SAFE_NO_PAD.encode(&last.title)),
        }
    }
}

/// What is searched for in titles; nothing if no title can contain it.
pub(crate) fn searched(text: &str) -> Option<String> {
    let text = text.trim();
    // Postgres takes no NUL, and no title has one: it stands for a character that no title has either.
    (!text.is_empty()).then(|| text.replace('\0', "\n"))
}
