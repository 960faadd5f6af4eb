//! Every version of what staff enter, with who made it.

use jiff::Timestamp;
use pg::{PgError, Row};
use serde::de::DeserializeOwned;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::rows::get;

/// A version, past or present.
#[derive(Debug, Clone)]
pub struct PastVersion<T> {
    /// Its number.
    pub version: i32,
    /// When it was made, UTC; `None` if staff did not make it.
    pub at: Option<Timestamp>,
    /// Who of the staff made it.
    pub actor_id: Option<Uuid>,
    /// What it was.
    pub value: T,
}

/// A statement that reads all versions of the row $1 of `$table`, the newest first; `$kind` is its name in `past_versions`
/// and `staff_changes`.
macro_rules! version_history {
    ($kind:literal, $table:literal) => {
        concat!(
            "SELECT v.version, v.snapshot, c.at, c.actor_id
            FROM (
                SELECT o.version, o.snapshot FROM past_versions o WHERE o.kind = '",
            $kind,
            "' AND o.id = $1
                UNION ALL SELECT t.version, to_jsonb(t) FROM ",
            $table,
            " t WHERE t.id = $1
            ) AS v
            LEFT JOIN LATERAL (
                SELECT s.at, s.actor_id FROM staff_changes s
                WHERE s.resource = '",
            $kind,
            "' AND s.resource_id = $1::text AND s.action IN ('create', 'change', 'rename')
                    AND coalesce(s.details -> 'version', '1') = to_jsonb(v.version)
                ORDER BY s.at, s.id LIMIT 1
            ) AS c ON true
            ORDER BY v.version DESC"
        )
    };
}
pub(crate) use version_history;

impl<T> PastVersion<T> {
    /// Out of a row of [`version_history`], whose snapshot is an `R`.
    pub(crate) fn read<R: DeserializeOwned + TryInto<T, Error = PgError>>(
        row: &Row,
    ) -> Result<PastVersion<T>, PgError> {
        let Json(snapshot): Json<R> = get(row, "snapshot")?;
        Ok(PastVersion {
            version: get(row, "version")?,
            at: get(row, "at")?,
            actor_id: get(row, "actor_id")?,
            value: snapshot.try_into()?,
        })
    }
}
