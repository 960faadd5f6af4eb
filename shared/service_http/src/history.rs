//! Every version of a resource, in answers to staff.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// All versions of a resource, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versions<T> {
    /// The versions.
    pub items: Vec<Version<T>>,
}

/// A version of a resource.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version<T> {
    /// Its number.
    pub version: i32,
    /// When it was made, in UTC; absent if it was not made by staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The ID of the member of staff who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Uuid>,
    /// The members that differ from the version before; absent from the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// What it was.
    pub value: T,
}

impl<T: Serialize> Versions<T> {
    /// From versions without what has changed, the newest first.
    pub fn new(mut items: Vec<Version<T>>) -> Versions<T> {
        let values: Vec<Value> = items
            .iter()
            .map(|item| serde_json::to_value(&item.value).unwrap_or_default())
            .collect();
        let pairs = values.iter().zip(values.iter().skip(1));
        for (item, (value, before)) in items.iter_mut().zip(pairs) {
            item.changed = Some(differing(value, before));
        }
        Versions { items }
    }
}

fn differing(value: &Value, before: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let (now, then) = (
        value.as_object().unwrap_or(&empty),
        before.as_object().unwrap_or(&empty),
    );
    let mut names: Vec<String> = now.keys().chain(then.keys()).cloned().collect();
    names.retain(|name| name != "version" && now.get(name) != then.get(name));
    names.sort_unstable();
    names.dedup();
    names
}
