//! The audit log of accounts, as administrators read it.

use domain::AccountAction;
use jiff::Timestamp;
use pg::{PgError, Row, Value};
use uuid::Uuid;

use crate::AuthStore;

pg::statements! {
    /// A page of actions, the newest first. Each statement is planned for its values, so what is not asked for is not in
    /// the plan, and every filter has an index in this order.
    FIND_STAFF_ACTIONS(UUID, UUID, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, INT8, INT8) = "
        SELECT a.id, a.occurred_at, a.actor_id, a.user_id, a.action, a.before, a.after
        FROM staff_actions a
        WHERE ($1 IS NULL OR a.actor_id = $1) AND ($2 IS NULL OR a.user_id = $2) AND ($3 IS NULL OR a.action = $3)
            AND ($4 IS NULL OR a.occurred_at >= $4) AND ($5 IS NULL OR a.occurred_at < $5)
            AND ($6 IS NULL OR (a.occurred_at, a.id) < ($6, $7))
        ORDER BY a.occurred_at DESC, a.id DESC LIMIT $8";
}

/// Which actions are looked for: those that fit everything that is given.
#[derive(Debug, Clone, Default)]
pub struct StaffLogFilter {
    /// By this member of staff.
    pub actor_id: Option<Uuid>,
    /// On this account.
    pub user_id: Option<Uuid>,
    /// Of this kind.
    pub action: Option<AccountAction>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

/// What staff did with an account, as it was recorded.
#[derive(Debug, Clone)]
pub struct StoredAction {
    /// Its ID.
    pub id: i64,
    /// When, UTC.
    pub at: Timestamp,
    /// Who of the staff did it.
    pub actor_id: Uuid,
    /// The account.
    pub user_id: Uuid,
    /// What was done.
    pub action: AccountAction,
    /// The earlier status or role, if it was changed.
    pub before: Option<String>,
    /// The new one.
    pub after: Option<String>,
}

impl StoredAction {
    /// Its place in the list.
    pub fn place(&self) -> (Timestamp, i64) {
        (self.at, self.id)
    }
}

impl AuthStore {
    /// Up to `limit` actions of staff, the latest first, after `after`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_staff_actions(
        &self,
        filter: &StaffLogFilter,
        after: Option<(Timestamp, i64)>,
        limit: i64,
    ) -> Result<Vec<StoredAction>, PgError> {
        let action = filter.action.map(AccountAction::as_str);
        let (at, id) = after.unzip();
        let values: [Value<'_>; 8] = [
            &filter.actor_id,
            &filter.user_id,
            &action,
            &filter.from,
            &filter.to,
            &at,
            &id,
            &limit,
        ];
        let rows = self.pool.fetch(&FIND_STAFF_ACTIONS, &values).await?;
        rows.iter().map(action_of).collect()
    }
}

fn action_of(row: &Row) -> Result<StoredAction, PgError> {
    Ok(StoredAction {
        id: row.try_get(0)?,
        at: row.try_get(1)?,
        actor_id: row.try_get(2)?,
        user_id: row.try_get(3)?,
        action: crate::named(row, 4)?,
        before: row.try_get(5)?,
        after: row.try_get(6)?,
    })
}
