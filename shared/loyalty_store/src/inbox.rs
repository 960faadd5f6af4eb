//! Which events have come, and how late.

use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};
use runtime::Metric;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::get;

impl LoyaltyStore {
    /// Which of these events were taken in, each with the time of that, UTC; in no order.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn received_events(
        &self,
        event_ids: &[Uuid],
    ) -> Result<Vec<(Uuid, Timestamp)>, PgError> {
        let sql = "SELECT event_id, received_at FROM inbox WHERE event_id = ANY ($1)";
        let rows = self
            .pool
            .rows(sql, &[(&event_ids, Type::UUID_ARRAY)])
            .await?;
        let received = |row| Ok((get(row, "event_id")?, get(row, "received_at")?));
        rows.iter().map(received).collect()
    }
}

/// `user_status_lag_seconds`: one value of each change.
pub fn lag_metric(seconds: Vec<f64>) -> Metric {
    Metric::durations(
        "user_status_lag_seconds",
        "From a change of status to the loyalty side knowing it.",
        seconds,
    )
}
