//! Which events have come, and how late.

use jiff::Timestamp;
use pg::PgError;
use runtime::Metric;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::get;

pg::statements! {
    /// When these events were handled.
    RECEIVED(UUID_ARRAY) = "SELECT i.event_id, i.received_at FROM inbox i WHERE i.event_id = ANY ($1)";
}

impl LoyaltyStore {
    /// Which of these events were processed, and when, in UTC; in no order.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn received_events(
        &self,
        event_ids: &[Uuid],
    ) -> Result<Vec<(Uuid, Timestamp)>, PgError> {
        let rows = self.pool.fetch(&RECEIVED, &[&event_ids]).await?;
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
