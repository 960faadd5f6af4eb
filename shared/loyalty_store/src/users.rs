//! The copy of users' status. Events from the auth side keep it up to date, one by one; whole pages of it are repaired.

use domain::KnownStatus;
use events::UserStatusChanged;
use jiff::Timestamp;
use pg::{PgError, Row};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::{bug, get, name};

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

pg::statements! {
    /// Applies an event.
    APPLY_USER_STATUS(UUID, UUID, TEXT, INT8, UUID, TIMESTAMPTZ) = "
        SELECT apply_user_status(
            p_event_id => $1, p_user_id => $2, p_status => $3, p_version => $4, p_first_account_id => $5, p_now => $6
        )";
    /// Repairs the statuses of users.
    REPAIR_STATUSES(UUID_ARRAY, TEXT_ARRAY, INT8_ARRAY, UUID_ARRAY, TIMESTAMPTZ) = "
        SELECT apply_statuses(
            p_user_ids => $1, p_statuses => $2, p_versions => $3, p_first_account_ids => $4, p_repair => true,
            p_now => $5
        )";
    /// A page of statuses, after the user $1.
    STATUSES(UUID, INT8) = "
        SELECT u.id, u.status, u.version, u.first_account_id FROM users u WHERE u.id > $1 ORDER BY u.id LIMIT $2";
}

impl LoyaltyStore {
    /// Applies one event, records it and does what a newer status does, in one statement.
    ///
    /// Order, repetition and replay of events don't matter.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing of the event is kept then, or all of it: apply it again.
    pub async fn apply_user_status(
        &self,
        event: &UserStatusChanged,
        now: Timestamp,
    ) -> Result<StatusChange, PgError> {
        let status = event.status.as_str();
        let row = self
            .pool
            .fetch_one(
                &APPLY_USER_STATUS,
                &[
                    &event.event_id,
                    &event.user_id,
                    &status,
                    &event.version,
                    &event.first_account_id,
                    &now,
                ],
            )
            .await?;
        match row.try_get(0)? {
            "applied" => Ok(StatusChange::Applied),
            "stale" => Ok(StatusChange::Stale),
            "duplicate" => Ok(StatusChange::Duplicate),
            _ => Err(bug("an unknown answer")),
        }
    }

    /// Repairs the status of these users, in one statement: they are what the auth side says, no user twice. As with
    /// events, a newer version that is known stays; another status of the same version does not. Returns the users whose
    /// status changed.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing is changed then, or all of it: do it again.
    pub async fn repair_statuses(
        &self,
        statuses: &[KnownStatus],
        now: Timestamp,
    ) -> Result<Vec<Uuid>, PgError> {
        let users: Vec<Uuid> = statuses.iter().map(|known| known.user_id).collect();
        let names: Vec<&str> = statuses.iter().map(|known| known.status.as_str()).collect();
        let versions: Vec<i64> = statuses.iter().map(|known| known.version).collect();
        let first: Vec<Option<Uuid>> = statuses
            .iter()
            .map(|known| known.first_account_id)
            .collect();
        let values: [pg::Value; 5] = [&users, &names, &versions, &first, &now];
        let rows = self.pool.fetch(&REPAIR_STATUSES, &values).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// The status of up to `limit` users by their ids, after the user `after`; the nil UUID comes before all.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn statuses(&self, after: Uuid, limit: i64) -> Result<Vec<KnownStatus>, PgError> {
        let rows = self.pool.fetch(&STATUSES, &[&after, &limit]).await?;
        rows.iter().map(known_status).collect()
    }
}

fn known_status(row: &Row) -> Result<KnownStatus, PgError> {
    Ok(KnownStatus {
        user_id: get(row, "id")?,
        status: name(get(row, "status")?)?,
        version: get(row, "version")?,
        first_account_id: get(row, "first_account_id")?,
    })
}
