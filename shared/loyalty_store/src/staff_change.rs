//! Changes by staff: who, when, and under which Idempotency-Key.

use domain::RequestKey;
use jiff::Timestamp;
use pg::{PgError, Row};
use serde::Serialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::rows::get;

/// Who of the staff changes something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// Who.
    pub actor_id: Uuid,
    /// When, UTC.
    pub at: Timestamp,
    /// The request, if it has an Idempotency-Key.
    pub request: Option<RequestKey>,
}

/// What a member of staff did to a user's purchase: who, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffAct {
    /// Who.
    pub actor_id: Uuid,
    /// Why, for staff alone.
    pub reason: String,
}

/// Why something was not written. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such thing.
    #[error("there is no such thing")]
    NotFound,
    /// Somebody changed it in the meantime: its version is this by now.
    #[error("it has another version by now")]
    Changed(i32),
    /// It is archived, so it stays as it is.
    #[error("it is archived")]
    Archived,
    /// Another one has this title.
    #[error("another one has this title")]
    TitleTaken,
    /// It is counted, or sold, in another currency.
    #[error("it is counted in another currency")]
    OtherCurrency,
    /// The Idempotency-Key came with another request before.
    #[error("the key was used for another request")]
    KeyReused,
    /// The database failed.
    #[error(transparent)]
    Pg(PgError),
}

impl From<PgError> for ChangeError {
    fn from(error: PgError) -> ChangeError {
        match error.unique_violation() {
            Some("campaigns_title_key") => ChangeError::TitleTaken,
            _ => ChangeError::Pg(error),
        }
    }
}

/// The act in the columns of who did it and why, if there was one.
pub(crate) fn staff_act(row: &Row, actor: &str, reason: &str) -> Result<Option<StaffAct>, PgError> {
    let act = Option::zip(get(row, actor)?, get(row, reason)?);
    Ok(act.map(|(actor_id, reason)| StaffAct { actor_id, reason }))
}

/// A `staff_request`, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct StaffRequest {
    actor_id: Uuid,
    at: Timestamp,
    key: Option<String>,
    fingerprint: Option<String>,
}

/// The `staff_request` in the parameter `$param` of a statement, of the type JSONB: see [`Change::as_json`].
macro_rules! staff_request {
    ($param:literal) => {
        concat!("jsonb_populate_record(NULL::staff_request, ", $param, ")")
    };
}
pub(crate) use staff_request;

impl Change {
    /// The parameter that [`staff_request`] reads.
    pub(crate) fn as_json(&self) -> Json<StaffRequest> {
        Json(StaffRequest {
            actor_id: self.actor_id,
            at: self.at,
            key: self.request.map(|request| bytea(&request.key)),
            fingerprint: self.request.map(|request| bytea(&request.fingerprint)),
        })
    }
}

/// Bytes as Postgres writes them: hexadecimal.
fn bytea(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("\\x{}", digits.collect::<String>())
}
