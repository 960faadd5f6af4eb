//! The copy of users' status. Events from the auth side keep it up to date, one by one; whole pages of it are repaired.

use domain::{KnownStatus, UserStatus};
use events::UserStatusChanged;
use jiff::Timestamp;
use pg::{AdHoc, PgError, Row, Type};
use uuid::Uuid;

use crate::rows::{get, name};
use crate::{LoyaltyStore, release};

/// When what is told takes the place of what is known. There is no other rule, whoever tells it.
const NEWER: &str = "users.version < excluded.version";

/// What told status does, in one statement: it takes the place of an older one; a user who is no longer active loses the
/// open holds (not those that are being paid: the payment decides), and one who is deleted leaves all groups.
///
/// `told` is CTEs, each followed by a comma, of which the last is `told (id, status, version, first_account_id)`, by id.
/// `wins` is when the told status counts, `now` the parameter with the time. A last SELECT has to follow; it reads `changed (id, status)`.
fn taking_in(told: &str, wins: &str, now: &str) -> String {
    // Locks are taken in the order that all statements keep: users by their ids, memberships, usage rows by promo,
    // applications.
    release::ctes(
        &format!(
            "{told}
            changed AS (
                INSERT INTO users (id, status, version, first_account_id, updated_at)
                SELECT id, status, version, first_account_id, {now} FROM told
                ON CONFLICT (id) DO UPDATE
                    SET status = excluded.status, version = excluded.version,
                        first_account_id = excluded.first_account_id, updated_at = excluded.updated_at
                    WHERE {wins}
                RETURNING id, status
            ),
            left_groups AS (
                DELETE FROM group_members m USING changed WHERE m.user_id = changed.id AND changed.status = 'deleted'
            ),
            target AS (
                SELECT a.id FROM applications a JOIN changed ON changed.id = a.user_id
                WHERE changed.status <> 'active' AND a.state = 'applied'
            ),"
        ),
        "applied",
        &format!(
            "state = 'cancelled', updated_at = {now},
            cancel_reason = 'user_' || (SELECT status FROM changed WHERE changed.id = user_id)"
        ),
    )
}

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
    /// Takes in one event: it is remembered, and does what a newer status does, in one statement.
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
        let taking_in = taking_in(
            "received AS (
                INSERT INTO inbox (event_id, received_at) VALUES ($1, $5)
                ON CONFLICT DO NOTHING RETURNING event_id
            ),
            told AS (SELECT $2 AS id, $3 AS status, $4 AS version, $6 AS first_account_id FROM received),",
            NEWER,
            "$5",
        );
        let sql = format!(
            "{taking_in} SELECT EXISTS (SELECT FROM received), EXISTS (SELECT FROM changed)"
        );
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
            self.release_late(&[event.user_id], now).await?;
        }
        Ok(change)
    }

    /// Sets these users' status right, in one statement: they are what the auth side says, no user twice. As with
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
        let taking_in = taking_in(
            "told AS (
                SELECT * FROM unnest($1, $2, $3, $5) AS told (id, status, version, first_account_id) ORDER BY id
            ),",
            &format!(
                "{NEWER} OR (users.version = excluded.version AND
                    (users.status, users.first_account_id) IS DISTINCT FROM (excluded.status, excluded.first_account_id))"
            ),
            "$4",
        );
        let sql = format!("{taking_in} SELECT id FROM changed");
        let users: Vec<Uuid> = statuses.iter().map(|known| known.user_id).collect();
        let names: Vec<&str> = statuses.iter().map(|known| known.status.as_str()).collect();
        let versions: Vec<i64> = statuses.iter().map(|known| known.version).collect();
        let first: Vec<Option<Uuid>> = statuses
            .iter()
            .map(|known| known.first_account_id)
            .collect();
        let params: [pg::Param; 5] = [
            (&users, Type::UUID_ARRAY),
            (&names, Type::TEXT_ARRAY),
            (&versions, Type::INT8_ARRAY),
            (&now, Type::TIMESTAMPTZ),
            (&first, Type::UUID_ARRAY),
        ];
        let rows = self.pool.rows(&sql, &params).await?;
        let inactive = statuses
            .iter()
            .filter(|known| known.status != UserStatus::Active);
        let inactive: Vec<Uuid> = inactive.map(|known| known.user_id).collect();
        if !inactive.is_empty() {
            self.release_late(&inactive, now).await?;
        }
        rows.iter().map(|row| get(row, "id")).collect()
    }

    /// The status of up to `limit` users by their ids, after the user `after`; the nil UUID comes before all.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn statuses(&self, after: Uuid, limit: i64) -> Result<Vec<KnownStatus>, PgError> {
        let sql = "SELECT id, status, version, first_account_id FROM users WHERE id > $1 ORDER BY id LIMIT $2";
        let params: [pg::Param; 2] = [(&after, Type::UUID), (&limit, Type::INT8)];
        let rows = self.pool.rows(sql, &params).await?;
        rows.iter().map(known_status).collect()
    }

    /// Releases what came while the status changed: a hold or a membership that committed after that statement took its
    /// snapshot. There is none after this if whoever writes one does it under a lock of the user's row. A repeated event
    /// comes here too, in case the first delivery ended between the two statements.
    async fn release_late(&self, users: &[Uuid], now: Timestamp) -> Result<(), PgError> {
        let sql = release::statement(
            "owner AS (SELECT id, status FROM users WHERE id = ANY ($1) AND status <> 'active'),
            left_groups AS (
                DELETE FROM group_members m USING owner WHERE m.user_id = owner.id AND owner.status = 'deleted'
            ),
            target AS (
                SELECT a.id FROM applications a JOIN owner ON owner.id = a.user_id
                WHERE a.state = 'applied'
            ),",
            "applied",
            "state = 'cancelled', updated_at = $2,
            cancel_reason = 'user_' || (SELECT status FROM owner WHERE owner.id = user_id)",
        );
        let params: [pg::Param; 2] = [(&users, Type::UUID_ARRAY), (&now, Type::TIMESTAMPTZ)];
        self.pool.rows(&sql, &params).await.map(drop)
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

fn no_row() -> PgError {
    PgError::Bug("no row where one is always due".to_owned())
}
