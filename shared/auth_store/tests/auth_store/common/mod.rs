//! What the tests of the store share. They run alongside others on one database, so every address is new.

use auth_store::{AuthStore, NewSession, NewUser, PasswordHash, RegisterError, TombstoneKey};
use domain::{Clock, Email, Password, PersonName, Random};
use jiff::{SignedDuration, Timestamp};
use pg::{AdHoc, Pool, Type};
use runtime::{OsRandom, SystemClock};
use uuid::Uuid;

/// The auth database through its pooler, with as many connections as the races need.
pub fn pool() -> Pool {
    let url = std::env::var("AUTH_DATABASE_URL")
        .expect("AUTH_DATABASE_URL is not set: run `cargo local test`");
    Pool::new(&url, 20).unwrap()
}

pub fn store() -> AuthStore {
    AuthStore::new(pool())
}

pub fn now() -> Timestamp {
    SystemClock.now()
}

pub fn id() -> Uuid {
    OsRandom.uuid()
}

pub fn email() -> Email {
    Email::parse(&format!("User-{}@Example.com", id().simple())).unwrap()
}

pub async fn hash() -> PasswordHash {
    let password = Password::parse("correct horse".to_owned()).unwrap();
    PasswordHash::of(password, &OsRandom).await.unwrap()
}

/// The tombstone of an address, under the key of the tests.
pub fn tombstone(email: &Email) -> [u8; 32] {
    TombstoneKey::new(&[3; 32]).hash(&email.key())
}

pub async fn register(store: &AuthStore, email: &Email) -> Result<Uuid, RegisterError> {
    let user = NewUser {
        id: id(),
        email,
        name: Some(&PersonName::parse("Анна").unwrap()),
        password_hash: &hash().await,
        tombstone: tombstone(email),
        event_id: id(),
    };
    store.register(&user, now()).await.map(|()| user.id)
}

pub async fn open(store: &AuthStore, user_id: Uuid) -> Uuid {
    let session = new_session(user_id);
    assert!(store.open_session(&session, now()).await.unwrap());
    session.id
}

pub fn new_session(user_id: Uuid) -> NewSession {
    NewSession {
        id: id(),
        user_id,
        password_version: 1,
        refresh_hash: [0; 32],
        expires_at: now() + SignedDuration::from_hours(1),
    }
}

/// Sets the status of an account directly in the database.
pub async fn set_status(pool: &Pool, user_id: Uuid, status: &str) {
    let sql = "UPDATE users SET status = $2, version = version + 1 WHERE id = $1";
    let params: [pg::Param; 2] = [(&user_id, Type::UUID), (&status, Type::TEXT)];
    assert_eq!(pool.execute(sql, &params).await.unwrap(), 1);
}
