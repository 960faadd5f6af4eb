//! `DELETE /delete` on a real database and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use auth_store::{AuthStore, NewSession, NewUser, PasswordHash};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use delete::{State, router};
use domain::{Clock, Email, Password, Random, Role, UserStatus};
use runtime::{OsRandom, SystemClock};
use serde_json::{Value, json};
use tokens::{Issuer, REFRESH_TTL, Revocations};
use tower::ServiceExt;
use uuid::Uuid;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn delete(state: &State, token: &str, password: &str) -> (StatusCode, Value) {
    let request = Request::delete("/delete")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(json!({ "password": password }).to_string()))
        .unwrap();
    let app = service_http::app(router().with_state(state.clone()).into());
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// An active user with the password `correct horse`.
async fn user(store: &AuthStore) -> (Uuid, Email) {
    let email = Email::parse(&format!("Fn-{}@example.com", OsRandom.uuid().simple())).unwrap();
    let password = Password::parse("correct horse".to_owned()).unwrap();
    let user = NewUser {
        id: OsRandom.uuid(),
        email: &email,
        name: None,
        password_hash: &PasswordHash::of(password, &OsRandom).await.unwrap(),
        event_id: OsRandom.uuid(),
    };
    store.register(&user, SystemClock.now()).await.unwrap();
    (user.id, email)
}

/// A session of a new user, and its access token.
async fn signed_in(store: &AuthStore) -> (Uuid, Email, Uuid, String) {
    let (user_id, email) = user(store).await;
    let (sid, token) = session(store, user_id).await;
    (user_id, email, sid, token)
}

async fn session(store: &AuthStore, user_id: Uuid) -> (Uuid, String) {
    let now = SystemClock.now();
    let session = NewSession {
        id: OsRandom.uuid(),
        user_id,
        refresh_hash: [0; 32],
        expires_at: now + REFRESH_TTL,
    };
    assert!(store.open_session(&session, now).await.unwrap());
    let issuer = Issuer::from_env().expect("run `cargo local test`");
    let token = issuer.issue(user_id, session.id, Role::User, now).unwrap();
    (session.id, token)
}

async fn set_status(user_id: Uuid, status: &str) {
    let sql = "UPDATE users SET status = $2, version = version + 1 WHERE id = $1";
    let params: [pg::Param; 2] = [(&user_id, pg::Type::UUID), (&status, pg::Type::TEXT)];
    let pool = pg::Pool::from_env("AUTH_DATABASE_URL").unwrap();
    assert_eq!(pool.execute(sql, &params).await.unwrap(), 1);
}

#[tokio::test]
async fn the_account_goes_and_every_session_with_it() {
    let state = state();
    let (user_id, email, sid, token) = signed_in(&state.store).await;
    let (other, _) = session(&state.store, user_id).await;
    let (status, body) = delete(&state, &token, "correct horse").await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    assert!(
        state
            .store
            .account_by_email(&email)
            .await
            .unwrap()
            .is_none()
    );
    let account = state.store.account(user_id).await.unwrap().unwrap();
    assert_eq!(account.status, UserStatus::Deleted);
    for sid in [sid, other] {
        assert!(state.revocations.is_revoked(sid).await);
    }
    let (status, body) = delete(&state, &token, "correct horse").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("token_revoked"))
    );
}

#[tokio::test]
async fn a_wrong_password_deletes_nothing() {
    let state = state();
    let (user_id, _, sid, token) = signed_in(&state.store).await;
    let (status, body) = delete(&state, &token, "wrong horse").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("invalid_credentials"))
    );
    let account = state.store.account(user_id).await.unwrap().unwrap();
    assert_eq!(account.status, UserStatus::Active);
    assert!(!state.revocations.is_revoked(sid).await);
}

#[tokio::test]
async fn a_blocked_account_stays() {
    let state = state();
    let (user_id, _, _, token) = signed_in(&state.store).await;
    set_status(user_id, "blocked").await;
    let (status, body) = delete(&state, &token, "correct horse").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::FORBIDDEN, &json!("account_blocked"))
    );
    let account = state.store.account(user_id).await.unwrap().unwrap();
    assert_eq!(account.status, UserStatus::Blocked);
}

#[tokio::test]
async fn without_redis_the_account_goes_all_the_same() {
    let mut state = state();
    // Nobody listens there.
    state.revocations = Revocations::new("redis://127.0.0.1:9/").unwrap();
    let (user_id, _, sid, token) = signed_in(&state.store).await;
    assert_eq!(
        delete(&state, &token, "correct horse").await.0,
        StatusCode::NO_CONTENT
    );
    let account = state.store.account(user_id).await.unwrap().unwrap();
    assert_eq!(account.status, UserStatus::Deleted);
    assert!(
        state
            .store
            .session(sid)
            .await
            .unwrap()
            .unwrap()
            .revoked_at
            .is_some()
    );
}
