//! Accounts whose statuses change as the auth functions change them.

use std::collections::BTreeMap;

use auth_store::{AuthStore, Deletion, NewUser, PasswordHash, StaffAction};
use domain::{Clock, Email, Password, Random, UserStatus};
use pg::{AdHoc, Param, Pool, Type};
use runtime::{OsRandom, SystemClock};
use uuid::Uuid;

pub struct People {
    pub pool: Pool,
    pub store: AuthStore,
    admin: Uuid,
    hash: PasswordHash,
}

/// A status with its version, by user.
pub type Known = BTreeMap<Uuid, (String, i64)>;

impl People {
    /// Creates an administrator, who blocks others.
    pub async fn new(pool: Pool) -> People {
        let password = Password::parse("meadow kettle".to_owned()).unwrap();
        let hash = PasswordHash::of(password, &OsRandom).await.unwrap();
        let store = AuthStore::new(pool.clone());
        let mut people = People {
            pool,
            store,
            admin: Uuid::nil(),
            hash,
        };
        people.admin = people.register().await;
        let sql = "UPDATE users SET role = 'admin' WHERE id = $1";
        let params: [Param; 1] = [(&people.admin, Type::UUID)];
        assert_eq!(people.pool.execute(sql, &params).await.unwrap(), 1);
        people
    }

    pub async fn register(&self) -> Uuid {
        let id = OsRandom.uuid();
        let user = NewUser {
            id,
            email: &Email::parse(&format!("{id}@status.example")).unwrap(),
            name: None,
            password_hash: &self.hash,
            tombstone: [7; 32],
            event_id: OsRandom.uuid(),
        };
        self.store.register(&user, SystemClock.now()).await.unwrap();
        id
    }

    pub async fn block(&self, user: Uuid) {
        self.set_status(user, UserStatus::Blocked).await;
    }

    pub async fn unblock(&self, user: Uuid) {
        self.set_status(user, UserStatus::Active).await;
    }

    async fn set_status(&self, user: Uuid, status: UserStatus) {
        let action = StaffAction {
            actor_id: self.admin,
            user_id: user,
            at: SystemClock.now(),
        };
        let changed = self.store.set_status(action, status, OsRandom.uuid());
        changed.await.unwrap();
    }

    pub async fn delete(&self, user: Uuid) {
        let account = self.store.account(user).await.unwrap().unwrap();
        let deletion = Deletion {
            user_id: user,
            email_key: &account.email_key.unwrap(),
            tombstone: [7; 32],
            event_id: OsRandom.uuid(),
        };
        let deleted = self.store.delete_account(&deletion, SystemClock.now());
        assert!(deleted.await.unwrap().is_some());
    }

    /// Panics if any personal data is left of the account.
    pub async fn is_erased(&self, user: Uuid) {
        let sql = "SELECT FROM users WHERE id = $1 AND status = 'deleted'
            AND num_nonnulls(email, email_key, name, password_hash) = 0";
        let rows = self.pool.rows(sql, &[(&user, Type::UUID)]).await.unwrap();
        assert_eq!(rows.len(), 1);
    }

    /// The status of every user, as auth knows it.
    pub async fn known(&self) -> Known {
        known(&self.pool, &[]).await
    }

    /// The number of unpublished events in the outbox.
    pub async fn unpublished(&self) -> i64 {
        let sql = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
        let row = self.pool.row(sql, &[]).await.unwrap();
        row.unwrap().get(0)
    }
}

/// The statuses of these users, or of all, in the auth or the loyalty database.
pub async fn known(pool: &Pool, users: &[Uuid]) -> Known {
    let sql = "SELECT id, status, version FROM users WHERE id = ANY ($1) OR $1 = '{}'";
    let rows = pool.rows(sql, &[(&users, Type::UUID_ARRAY)]).await.unwrap();
    let rows = rows.iter();
    rows.map(|row| (row.get(0), (row.get(1), row.get(2))))
        .collect()
}
