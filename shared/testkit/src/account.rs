//! Accounts and sessions in the auth database, for tests of single functions.

use auth_store::{AuthStore, NewSession, NewUser, PasswordHash, TombstoneKey};
use domain::{Clock, Email, Password, Random, Role};
use pg::AdHoc;
use runtime::{OsRandom, SystemClock};
use tokens::{Issuer, REFRESH_TTL};
use uuid::Uuid;

/// An active user with the password `correct horse`.
pub async fn user(store: &AuthStore) -> (Uuid, Email) {
    let email = Email::parse(&format!("Fn-{}@example.com", OsRandom.uuid().simple())).unwrap();
    let password = Password::parse("correct horse".to_owned()).unwrap();
    let user = NewUser {
        id: OsRandom.uuid(),
        email: &email,
        name: None,
        password_hash: &PasswordHash::of(password, &OsRandom).await.unwrap(),
        tombstone: TombstoneKey::new(&[3; 32]).hash(&email.key()),
        event_id: OsRandom.uuid(),
    };
    store.register(&user, SystemClock.now()).await.unwrap();
    (user.id, email)
}

/// A session of a new user, and its access token.
pub async fn signed_in(store: &AuthStore) -> (Uuid, Email, Uuid, String) {
    let (user_id, email) = user(store).await;
    let (sid, token) = session(store, user_id).await;
    (user_id, email, sid, token)
}

/// A new user with this role, and an access token that carries it.
pub async fn staff(store: &AuthStore, role: Role) -> (Uuid, String) {
    let (user_id, _) = user(store).await;
    set(user_id, "role = $2", role.as_str()).await;
    (user_id, session_as(store, user_id, role).await.1)
}

/// Opens a session for a user who has not changed the password. Returns its ID and an access token.
pub async fn session(store: &AuthStore, user_id: Uuid) -> (Uuid, String) {
    session_as(store, user_id, Role::User).await
}

async fn session_as(store: &AuthStore, user_id: Uuid, role: Role) -> (Uuid, String) {
    let now = SystemClock.now();
    let session = NewSession {
        id: OsRandom.uuid(),
        user_id,
        password_version: 1,
        refresh_hash: [0; 32],
        expires_at: now + REFRESH_TTL,
    };
    assert!(store.open_session(&session, now).await.unwrap());
    let issuer =
        Issuer::from_env().unwrap_or_else(|error| panic!("{error}: run `cargo local test`"));
    let token = issuer.issue(user_id, session.id, role, now).unwrap();
    (session.id, token)
}

/// Sets the status of an account directly in the database.
pub async fn set_status(user_id: Uuid, status: &str) {
    set(user_id, "status = $2, version = version + 1", status).await;
}

async fn set(user_id: Uuid, what: &str, value: &str) {
    let sql = format!("UPDATE users SET {what} WHERE id = $1");
    let params: [pg::Param; 2] = [(&user_id, pg::Type::UUID), (&value, pg::Type::TEXT)];
    let pool = pg::Pool::from_env("AUTH_DATABASE_URL").unwrap();
    assert_eq!(pool.execute(&sql, &params).await.unwrap(), 1);
}
