//! Status changes that wait to be published to the loyalty side. They are written with the change itself.

use events::UserStatusChanged;
use jiff::Timestamp;
use outbox::{Gauge, Layout, Outbox};
use pg::{PgError, Row};
use uuid::Uuid;

use crate::AuthStore;

pg::statements! {
    /// [`Layout::claim`].
    CLAIM(INT8, TIMESTAMPTZ, TIMESTAMPTZ) = outbox::claim_sql!(
        order = "version",
        columns = "event_id, user_id, status, version, occurred_at,
            (SELECT first_account_id FROM users WHERE users.id = outbox.user_id)",
    );
    /// Up to $2 of the latest events, of those since $1.
    LATEST(TIMESTAMPTZ, INT8) = "
        SELECT event_id, occurred_at
        FROM (SELECT event_id, occurred_at FROM outbox ORDER BY id DESC LIMIT $2) AS latest
        WHERE occurred_at >= $1";
}

static LAYOUT: Layout<UserStatusChanged> = Layout {
    claim: &CLAIM,
    event,
    depth: Gauge {
        name: "outbox_depth",
        help: "Changes of status that are not published.",
    },
    age: Gauge {
        name: "outbox_age_seconds",
        help: "Age of the oldest change of status that is not published; 0 without any.",
    },
};

/// An event, and when the change happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurred {
    /// The event.
    pub event_id: Uuid,
    /// When, UTC.
    pub at: Timestamp,
}

impl AuthStore {
    /// The outbox of changes of status.
    pub fn outbox(&self) -> Outbox<UserStatusChanged> {
        Outbox::new(self.pool.clone(), &LAYOUT)
    }

    /// Up to `limit` of the latest events, of those that happened since `since`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn latest_events(
        &self,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<Occurred>, PgError> {
        let rows = self.pool.fetch(&LATEST, &[&since, &limit]).await?;
        let occurred = |row: &Row| {
            Ok(Occurred {
                event_id: row.try_get(0)?,
                at: row.try_get(1)?,
            })
        };
        rows.iter().map(occurred).collect()
    }
}

fn event(row: &Row) -> Result<UserStatusChanged, PgError> {
    Ok(UserStatusChanged {
        event_id: row.try_get(0)?,
        user_id: row.try_get(1)?,
        status: crate::named(row, 2)?,
        version: row.try_get(3)?,
        occurred_at: row.try_get(4)?,
        first_account_id: row.try_get(5)?,
    })
}
