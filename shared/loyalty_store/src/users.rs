//! The copy of users' status that events from the auth side keep up to date.

use domain::UserStatus;
use events::UserStatusChanged;
use jiff::Timestamp;
use pg::{PgError, Type};
use uuid::Uuid;

use crate::{LoyaltyStore, release};

/// What an event about a user's status did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// The status is now the event's.
    Applied,
    /// A newer status was known already: nothing changed.
    Stale,
    /// The event had been handled before: nothing changed.
    Duplicate,
}

impl LoyaltyStore {
    /// Takes in one event. In one statement: the event is remembered, the status is replaced when the event is newer,
    /// and a user who is no longer active loses the open holds (not those that are being paid: the payment decides).
    ///
    /// Order, repetition and replay of events don't matter.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing of the event is kept then, or all of it: give it again.
    pub async fn apply_user_status(
        &self,
        event: &UserStatusChanged,
        now: Timestamp,
    ) -> Result<StatusChange, PgError> {
        // Locks are taken in the order that all statements keep: the user, usage rows by promo, applications.
        let release = release::ctes(
            "received AS (
                INSERT INTO inbox (event_id, received_at) VALUES ($1, $5)
                ON CONFLICT DO NOTHING RETURNING event_id
            ),
            changed AS (
                INSERT INTO users (id, status, version, updated_at, first_account_id)
                SELECT $2, $3, $4, $5, $6 FROM received
                ON CONFLICT (id) DO UPDATE
                    SET first_account_id = coalesce(excluded.first_account_id, users.first_account_id), status = excluded.status, version = excluded.version, updated_at = excluded.updated_at
                    WHERE users.version < excluded.version
                RETURNING id, status
            ),
            target AS (
                SELECT a.id FROM applications a JOIN changed ON changed.id = a.user_id
                WHERE changed.status <> 'active' AND a.state = 'applied'
            ),",
            "applied",
            "state = 'cancelled', cancel_reason = 'user_' || $3, updated_at = $5",
        );
        let sql =
            format!("{release} SELECT EXISTS (SELECT FROM received), EXISTS (SELECT FROM changed)");
        let params: [pg::Param; 6] = [
            (&event.event_id, Type::UUID),
            (&event.user_id, Type::UUID),
            (&event.status.as_str(), Type::TEXT),
            (&event.version, Type::INT8),
            (&now, Type::TIMESTAMPTZ),
            (&event.first_account_id, Type::UUID),
        ];
        let row = self.pool.row(&sql, &params).await?.ok_or_else(no_row)?;
        let change = match (row.try_get(0)?, row.try_get(1)?) {
            (false, _) => StatusChange::Duplicate,
            (true, false) => StatusChange::Stale,
            (true, true) => StatusChange::Applied,
        };
        if event.status != UserStatus::Active {
            self.release_late_holds(event.user_id, now).await?;
        }
        Ok(change)
    }

    /// Releases what was applied for while the status changed: a hold that committed after that statement took its
    /// snapshot. There is none after this if whoever writes a hold does it under a lock of the active user's row.
    /// A repeated event comes here too, in case the first delivery ended between the two statements.
    async fn release_late_holds(&self, user_id: Uuid, now: Timestamp) -> Result<(), PgError> {
        let sql = release::statement(
            "owner AS (SELECT id, status FROM users WHERE id = $1 AND status <> 'active'),
            target AS (
                SELECT a.id FROM applications a JOIN owner ON owner.id = a.user_id
                WHERE a.state = 'applied'
            ),",
            "applied",
            "state = 'cancelled', cancel_reason = 'user_' || (SELECT status FROM owner), updated_at = $2",
        );
        let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&now, Type::TIMESTAMPTZ)];
        self.pool.rows(&sql, &params).await.map(drop)
    }
}

fn no_row() -> PgError {
    PgError::Bug("no row where one is always due".to_owned())
}
