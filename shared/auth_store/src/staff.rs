//! What staff do with other people's accounts. Every change and every look-up leaves a row in `staff_actions`, in
//! its statement.
//!
//! Whether the actor is an administrator is asked under a lock on both accounts: of two administrators who take the
//! role from each other at once, one fails. Since nobody does it to themselves, and an administrator's account can't be
//! deleted, there is always one left.

use std::collections::HashMap;
use std::str::FromStr;

use domain::{Email, Role, UserStatus};
use jiff::Timestamp;
use pg::{PgError, Statement, Value};
use uuid::Uuid;

use crate::profile::{profile, profile_columns};
use crate::{AuthStore, Profile};

/// How many addresses are looked up by one statement: a tenth of a second.
const MAX_KEYS: usize = 10_000;

/// Both accounts locked, in one order for all, and what they are by then: of the administrator $1 and the other user $2.
macro_rules! judged {
    () => {
        "
        WITH locked AS (
            SELECT id, role, status FROM users WHERE id IN ($1, $2) ORDER BY id FOR UPDATE
        ), judged AS MATERIALIZED (
            SELECT coalesce(bool_or(id = $1 AND role = 'admin' AND status = 'active'), false) AS allowed,
                   coalesce(bool_or(id = $2 AND status <> 'deleted'), false) AS found,
                   max(role) FILTER (WHERE id = $2) AS role, max(status) FILTER (WHERE id = $2) AS status
            FROM locked
        )"
    };
}

pg::statements! {
    /// Sets the status $3 of an account at the time $4, with the event $5.
    SET_STATUS(UUID, UUID, TEXT, TIMESTAMPTZ, UUID) = concat!(judged!(), ", changed AS (
            UPDATE users SET status = $3, version = version + 1, updated_at = $4 FROM judged
            WHERE users.id = $2 AND allowed AND found AND judged.status <> $3
            RETURNING users.id, users.version
        ), event AS (
            INSERT INTO outbox (event_id, user_id, status, version, occurred_at)
            SELECT $5, id, $3, version, $4 FROM changed
        ), noted AS (
            INSERT INTO staff_actions (actor_id, user_id, action, before, after, occurred_at)
            SELECT $1, changed.id, 'set_status', judged.status, $3, $4 FROM changed, judged
        )
        SELECT allowed, found, role FROM judged");
    /// Sets the role $3 of an account at the time $4.
    SET_ROLE(UUID, UUID, TEXT, TIMESTAMPTZ) = concat!(judged!(), ", changed AS (
            UPDATE users SET role = $3, updated_at = $4 FROM judged
            WHERE users.id = $2 AND allowed AND found AND judged.role <> $3
            RETURNING users.id
        ), noted AS (
            INSERT INTO staff_actions (actor_id, user_id, action, before, after, occurred_at)
            SELECT $1, changed.id, 'set_role', judged.role, $3, $4 FROM changed, judged
        )
        SELECT allowed, found, status FROM judged");
    /// The account whose address has the unique form $2, looked up by $1 at the time $3.
    LOOK_UP(UUID, TEXT, TIMESTAMPTZ) = concat!("
        WITH found AS (SELECT ", profile_columns!(), " FROM users WHERE email_key = $2), noted AS (
            INSERT INTO staff_actions (actor_id, user_id, action, occurred_at)
            SELECT $1, id, 'look_up', $3 FROM found
        )
        SELECT ", profile_columns!(), " FROM found");
    /// The accounts whose addresses have one of the unique forms $2, looked up by $1 at the time $3.
    RESOLVE(UUID, TEXT_ARRAY, TIMESTAMPTZ) = "
        WITH found AS (SELECT id, email_key FROM users WHERE email_key = ANY ($2)), noted AS (
            INSERT INTO staff_actions (actor_id, user_id, action, occurred_at)
            SELECT $1, id, 'look_up', $3 FROM found
        )
        SELECT email_key, id FROM found";
}

/// Who does something to whom, and when.
#[derive(Debug, Clone, Copy)]
pub struct StaffAction {
    /// The administrator.
    pub actor_id: Uuid,
    /// The other user.
    pub user_id: Uuid,
    /// When, UTC.
    pub at: Timestamp,
}

/// Nothing was done to the account.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The actor is no active administrator any more.
    #[error("the actor is no administrator")]
    NotAdmin,
    /// There is no such account, or it is deleted.
    #[error("there is no such account")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Pg(#[from] PgError),
}

impl AuthStore {
    /// Blocks an account or lifts the block, with the event for the loyalty side. Returns the account's role. Nothing
    /// changes when the status is that one already.
    ///
    /// A session opened meanwhile may be left: call [`AuthStore::end_sessions`] after.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn set_status(
        &self,
        action: StaffAction,
        status: UserStatus,
        event_id: Uuid,
    ) -> Result<Role, StaffError> {
        let status = status.as_str();
        let values: [Value; 5] = [
            &action.actor_id,
            &action.user_id,
            &status,
            &action.at,
            &event_id,
        ];
        self.judged(&SET_STATUS, &values).await
    }

    /// Sets the role of an account. Returns the account's status.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn set_role(
        &self,
        action: StaffAction,
        role: Role,
    ) -> Result<UserStatus, StaffError> {
        let role = role.as_str();
        let values: [Value; 4] = [&action.actor_id, &action.user_id, &role, &action.at];
        self.judged(&SET_ROLE, &values).await
    }

    async fn judged<T: FromStr>(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<T, StaffError> {
        let row = self.pool.fetch_one(statement, values).await?;
        let flag = |column| row.try_get::<_, bool>(column).map_err(PgError::from);
        if !flag(0)? {
            return Err(StaffError::NotAdmin);
        }
        if !flag(1)? {
            return Err(StaffError::NotFound);
        }
        Ok(crate::named(&row, 2)?)
    }

    /// The account with this address, in whatever spelling, for the administrator `actor_id`. That it was looked up is
    /// kept.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn look_up(
        &self,
        actor_id: Uuid,
        email: &Email,
        now: Timestamp,
    ) -> Result<Option<Profile>, PgError> {
        let values: [Value; 3] = [&actor_id, &email.key(), &now];
        let row = self.pool.fetch_optional(&LOOK_UP, &values).await?;
        row.as_ref().map(profile).transpose()
    }

    /// The IDs of the accounts whose addresses have these unique forms, by these, for the member of staff `actor_id`.
    /// Whoever has no account is left out. That each was looked up is kept, once.
    ///
    /// # Errors
    /// Any [`PgError`]. Some of the look-ups may be kept then.
    pub async fn resolve(
        &self,
        actor_id: Uuid,
        mut keys: Vec<String>,
        now: Timestamp,
    ) -> Result<HashMap<String, Uuid>, PgError> {
        keys.sort_unstable();
        keys.dedup();
        let mut found = HashMap::with_capacity(keys.len());
        for keys in keys.chunks(MAX_KEYS) {
            let values: [Value; 3] = [&actor_id, &keys, &now];
            for row in self.pool.fetch(&RESOLVE, &values).await? {
                found.insert(row.try_get(0)?, row.try_get(1)?);
            }
        }
        Ok(found)
    }
}
