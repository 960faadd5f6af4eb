//! The backlog of an outbox and its metrics.

use domain::Clock;
use jiff::Timestamp;
use pg::PgError;
use runtime::{Metric, metrics};

use crate::Outbox;

pg::statements! {
    /// How many events are not published, and when the oldest of them happened.
    BACKLOG() = "SELECT count(*), min(occurred_at) FROM outbox WHERE published_at IS NULL";
}

/// The backlog of an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Events that are not published.
    pub depth: u64,
    /// When the oldest of them happened, UTC.
    pub oldest: Option<Timestamp>,
}

/// A number about an outbox.
#[derive(Debug, Clone, Copy)]
pub struct Gauge {
    /// The name of the metric, which no other has.
    pub name: &'static str,
    /// Its content.
    pub help: &'static str,
}

impl<E> Outbox<E> {
    /// What waits in the outbox, claimed or not.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn backlog(&self) -> Result<Backlog, PgError> {
        let row = self.pool.fetch_one(&BACKLOG, &[]).await?;
        Ok(Backlog {
            depth: row.try_get::<_, i64>(0)?.unsigned_abs(),
            oldest: row.try_get(1)?,
        })
    }

    /// How many events are not published, and the age of the oldest of them in seconds (0 without any), at the time
    /// `now`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn metrics(&self, now: Timestamp) -> Result<[Metric; 2], PgError> {
        let Backlog { depth, oldest } = self.backlog().await?;
        let age = oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64());
        let Gauge { name, help } = self.layout.depth;
        let depth = Metric::count(name, help, depth);
        let Gauge { name, help } = self.layout.age;
        Ok([depth, Metric::age(name, help, age.max(0.0))])
    }

    /// Writes the metrics to the log of a Lambda for CloudWatch. What can't be measured is left out: an alarm hears of
    /// that too.
    pub async fn watch(&self, clock: &dyn Clock) {
        let now = clock.now();
        match self.metrics(now).await {
            Ok(measured) => metrics::emit(&measured, now),
            Err(error) => tracing::warn!(%error, "the outbox was not measured"),
        }
    }
}
