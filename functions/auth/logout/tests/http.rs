//! `POST /logout` on a real database and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use auth_store::{AuthStore, NewSession, NewUser, PasswordHash};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use domain::{Clock, Email, Password, Random, Role};
use logout::{State, router};
use runtime::{OsRandom, SystemClock};
use serde_json::{Value, json};
use tokens::{Issuer, REFRESH_TTL, Revocations};
use tower::ServiceExt;
use uuid::Uuid;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn logout(state: &State, token: Option<&str>) -> (StatusCode, Value) {
    let mut request = Request::post("/logout");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let app = service_http::app(router().with_state(state.clone()).into());
    let response = app
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
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

#[tokio::test]
async fn the_session_ends_and_only_this_one_and_again_is_fine() {
    let state = state();
    let (user_id, _, sid, token) = signed_in(&state.store).await;
    let (other, _) = session(&state.store, user_id).await;
    for _ in 0..3 {
        assert_eq!(logout(&state, Some(&token)).await.0, StatusCode::NO_CONTENT);
    }
    assert!(state.revocations.is_revoked(sid).await);
    assert!(!state.revocations.is_revoked(other).await);
    let ended = state.store.session(sid).await.unwrap().unwrap();
    assert!(ended.revoked_at.is_some());
    let live = state.store.session(other).await.unwrap().unwrap();
    assert!(live.revoked_at.is_none());
}

#[tokio::test]
async fn without_redis_the_session_ends_in_the_database() {
    let mut state = state();
    // Nobody listens there.
    state.revocations = Revocations::new("redis://127.0.0.1:9/").unwrap();
    let (_, _, sid, token) = signed_in(&state.store).await;
    for _ in 0..2 {
        assert_eq!(logout(&state, Some(&token)).await.0, StatusCode::NO_CONTENT);
    }
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

#[tokio::test]
async fn a_token_is_needed() {
    let state = state();
    let (status, body) = logout(&state, None).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("token_missing"))
    );
    let (status, body) = logout(&state, Some("e30.e30.e30")).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("token_invalid"))
    );
}
