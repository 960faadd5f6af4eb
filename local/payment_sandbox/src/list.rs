//! The API's lists: newest first, filtered, in pages.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::ApiError;

/// The API's page: ten unless asked, a hundred at most.
const PAGE: usize = 10;
const LARGEST_PAGE: usize = 100;

/// What a list is asked for.
pub(crate) struct ListQuery {
    limit: usize,
    /// The item to begin with.
    cursor: Option<Uuid>,
    /// Members and the values that they must have.
    equal: Vec<(String, String)>,
    /// Members, `gte`, `gt`, `lte` or `lt`, and the time to compare with.
    times: Vec<(String, String, Timestamp)>,
}

impl ListQuery {
    /// Reads the query of a list that can be filtered by the members `equal`, and by time by the members `times`.
    pub(crate) fn parse(
        query: HashMap<String, String>,
        equal: &[&str],
        times: &[&str],
    ) -> Result<ListQuery, ApiError> {
        let mut list = ListQuery {
            limit: PAGE,
            cursor: None,
            equal: Vec::new(),
            times: Vec::new(),
        };
        for (name, value) in query {
            let time = name.split_once('.').filter(|(field, comparison)| {
                times.contains(field) && ["gte", "gt", "lte", "lt"].contains(comparison)
            });
            if let Some((field, comparison)) = time {
                let at = value.parse().map_err(|_| {
                    ApiError::invalid("created_at", "Expected a time such as 2026-03-01T12:00:00Z")
                })?;
                list.times
                    .push((field.to_owned(), comparison.to_owned(), at));
            } else if equal.contains(&name.as_str()) {
                list.equal.push((name, value));
            } else if name == "limit" {
                let limit = value
                    .parse()
                    .ok()
                    .filter(|n| (1..=LARGEST_PAGE).contains(n));
                list.limit = limit.ok_or(ApiError::invalid(
                    "limit",
                    "Expected a number from 1 to 100",
                ))?;
            } else if name == "cursor" {
                let wrong = ApiError::invalid("cursor", "Expected the cursor that the list gave");
                list.cursor = Some(value.parse().map_err(|_| wrong)?);
            } else {
                return Err(ApiError::invalid("query", "The list has no such filter"));
            }
        }
        Ok(list)
    }

    /// The page of `items`, which are newest first.
    pub(crate) fn page(&self, items: impl Iterator<Item = Value>) -> Value {
        let id = |item: &Value| item["id"].as_str().and_then(|id| id.parse::<Uuid>().ok());
        let before = |item: &Value| self.cursor.is_some() && id(item) != self.cursor;
        let mut rest = items.skip_while(before).filter(|item| self.matches(item));
        let items: Vec<Value> = rest.by_ref().take(self.limit).collect();
        let mut page = json!({"type": "list", "items": items});
        if let Some(next) = rest.next() {
            page["next_cursor"] = next["id"].clone();
        }
        page
    }

    fn matches(&self, item: &Value) -> bool {
        let equal = |(field, value): &(String, String)| item[field] == value.as_str();
        let in_time = |(field, comparison, at): &(String, String, Timestamp)| {
            let time = item[field].as_str().and_then(|time| time.parse().ok());
            time.is_some_and(|time: Timestamp| match comparison.as_str() {
                "gte" => time >= *at,
                "gt" => time > *at,
                "lte" => time <= *at,
                _ => time < *at,
            })
        };
        self.equal.iter().all(equal) && self.times.iter().all(in_time)
    }
}
