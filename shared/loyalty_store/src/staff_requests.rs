//! Requests of staff that came before, by their Idempotency-Keys.

use std::str::FromStr;

use pg::{PgError, Record, Row, Value};
use serde::de::DeserializeOwned;
use tokio_postgres::types::Json;

use crate::rows::{bug, name};
use crate::staff_change::staff_request;
use crate::{Change, LoyaltyStore};

pg::statements! {
    /// Whether the request has been sent before.
    FIND_STAFF_REQUEST(JSONB) = concat!("SELECT find_staff_request(p_staff => ", staff_request!("$1"), ")");
    /// Keeps the key of a request that has nothing to do.
    SETTLE_STAFF_REQUEST(JSONB, TEXT) = concat!(
        "SELECT settle_staff_request(p_staff => ", staff_request!("$1"), ", p_resource_id => $2)"
    );
}

/// What came before under an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EarlierRequest {
    /// Nothing; or the request has no key.
    None,
    /// The same request, which was carried out.
    Same(CarriedOut),
    /// Another request.
    Other,
}

/// A request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedOut {
    resource_id: String,
    answer: Option<serde_json::Value>,
}

impl CarriedOut {
    /// The ID of what it made or changed; of several things, of the first.
    ///
    /// # Errors
    /// [`PgError::Internal`] if that has another kind of ID.
    pub fn resource_id<T: FromStr>(&self) -> Result<T, PgError> {
        name(&self.resource_id)
    }

    /// What it was answered with, where that is kept: where the resource as it is now does not say it.
    ///
    /// # Errors
    /// [`PgError::Internal`] if that was something else.
    pub fn answer<T: DeserializeOwned + Default>(self) -> Result<T, PgError> {
        let answer = self.answer.map(serde_json::from_value).transpose();
        answer
            .map(Option::unwrap_or_default)
            .map_err(|_| bug("an answer that can't be read"))
    }
}

impl LoyaltyStore {
    /// What came before under the Idempotency-Key of `change`. Waits for a request that is running.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn earlier_request(&self, change: &Change) -> Result<EarlierRequest, PgError> {
        if change.request.is_none() {
            return Ok(EarlierRequest::None);
        }
        let values: [Value<'_>; 1] = [&change.as_json()];
        let row = self.pool.fetch_one(&FIND_STAFF_REQUEST, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        let (outcome, id): (&str, Option<String>) = (record.field()?, record.field()?);
        let answer: Option<Json<serde_json::Value>> = record.field()?;
        Ok(match (outcome, id) {
            ("new", _) => EarlierRequest::None,
            ("repeated", Some(resource_id)) => EarlierRequest::Same(CarriedOut {
                resource_id,
                answer: answer.map(|Json(answer)| answer),
            }),
            ("key_reused", _) => EarlierRequest::Other,
            _ => return Err(bug("an unknown answer")),
        })
    }

    /// Keeps the Idempotency-Key of a request that had nothing to do, since `resource_id` is what it asks for already: its
    /// repetition gets that, too. Returns what the request gets, which is another's if one with this key was faster; `None`
    /// if that was another request.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub(crate) async fn settle_request(
        &self,
        change: &Change,
        resource_id: &str,
    ) -> Result<Option<String>, PgError> {
        if change.request.is_none() {
            return Ok(Some(resource_id.to_owned()));
        }
        let values: [Value<'_>; 2] = [&change.as_json(), &resource_id];
        let row: Row = self.pool.fetch_one(&SETTLE_STAFF_REQUEST, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        let (_, resource_id): (&str, Option<String>) = (record.field()?, record.field()?);
        Ok(resource_id)
    }
}
