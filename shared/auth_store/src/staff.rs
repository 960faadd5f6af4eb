//! What administrators do to other people's accounts. Every change leaves a row in `staff_actions`, in its statement.
//!
//! Whether the actor is an administrator is asked under a lock on both accounts: of two administrators who take the
//! role from each other at once, one fails. Since nobody does it to themselves, and an administrator's account can't be
//! deleted, there is always one left.

use std::str::FromStr;

use domain::{Email, Role, UserStatus};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};
use uuid::Uuid;

use crate::profile::{PROFILE, profile};
use crate::{AuthStore, Profile};

/// Both accounts locked, in one order for all, and what they are by then.
const JUDGED: &str = "WITH locked AS (
        SELECT id, role, status FROM users WHERE id IN ($1, $2) ORDER BY id FOR UPDATE
    ), judged AS MATERIALIZED (
        SELECT coalesce(bool_or(id = $1 AND role = 'admin' AND status = 'active'), false) AS allowed,
               coalesce(bool_or(id = $2 AND status <> 'deleted'), false) AS found,
               max(role) FILTER (WHERE id = $2) AS role, max(status) FILTER (WHERE id = $2) AS status
        FROM locked
    )";

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
        let sql = format!(
            "{JUDGED}, changed AS (
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
            SELECT allowed, found, role FROM judged"
        );
        let status = status.as_str();
        let params: [pg::Param; 5] = [
            (&action.actor_id, Type::UUID),
            (&action.user_id, Type::UUID),
            (&status, Type::TEXT),
            (&action.at, Type::TIMESTAMPTZ),
            (&event_id, Type::UUID),
        ];
        self.judged(&sql, &params).await
    }

    /// Gives an account a role. Returns the account's status.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn set_role(
        &self,
        action: StaffAction,
        role: Role,
    ) -> Result<UserStatus, StaffError> {
        let sql = format!(
            "{JUDGED}, changed AS (
                UPDATE users SET role = $3, updated_at = $4 FROM judged
                WHERE users.id = $2 AND allowed AND found AND judged.role <> $3
                RETURNING users.id
            ), noted AS (
                INSERT INTO staff_actions (actor_id, user_id, action, before, after, occurred_at)
                SELECT $1, changed.id, 'set_role', judged.role, $3, $4 FROM changed, judged
            )
            SELECT allowed, found, status FROM judged"
        );
        let role = role.as_str();
        let params: [pg::Param; 4] = [
            (&action.actor_id, Type::UUID),
            (&action.user_id, Type::UUID),
            (&role, Type::TEXT),
            (&action.at, Type::TIMESTAMPTZ),
        ];
        self.judged(&sql, &params).await
    }

    async fn judged<T: FromStr>(
        &self,
        sql: &str,
        params: &[pg::Param<'_>],
    ) -> Result<T, StaffError> {
        let row = self.pool.row(sql, params).await?;
        let row = row.ok_or_else(|| PgError::Bug("an aggregate without a row".to_owned()))?;
        let flag = |column| row.try_get::<_, bool>(column).map_err(PgError::from);
        if !flag(0)? {
            return Err(StaffError::NotAdmin);
        }
        if !flag(1)? {
            return Err(StaffError::NotFound);
        }
        Ok(crate::named(&row, 2)?)
    }

    /// The account with this address, in whatever case, for the administrator `actor_id`. That it was looked up is kept.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn look_up(
        &self,
        actor_id: Uuid,
        email: &Email,
        now: Timestamp,
    ) -> Result<Option<Profile>, PgError> {
        let sql = format!(
            "WITH found AS (SELECT {PROFILE} FROM users WHERE email_key = $2), noted AS (
                INSERT INTO staff_actions (actor_id, user_id, action, occurred_at)
                SELECT $1, id, 'look_up', $3 FROM found
            )
            SELECT {PROFILE} FROM found"
        );
        let key = email.key();
        let params: [pg::Param; 3] = [
            (&actor_id, Type::UUID),
            (&key, Type::TEXT),
            (&now, Type::TIMESTAMPTZ),
        ];
        let row = self.pool.row(&sql, &params).await?;
        row.as_ref().map(profile).transpose()
    }
}
