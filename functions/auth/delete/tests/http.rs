//! `DELETE /delete` on a real database and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use axum::body::Body;
use axum::http::{Request, StatusCode};
use cache::Cache;
use delete::{State, router};
use domain::UserStatus;
use serde_json::{Value, json};
use testkit::account::{session, set_status, signed_in};
use testkit::function::call;
use tokens::Revocations;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn delete(state: &State, token: &str, password: &str) -> (StatusCode, Value) {
    let request = Request::delete("/delete")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(json!({ "password": password }).to_string()))
        .unwrap();
    call(router().with_state(state.clone()), request).await
}

#[tokio::test]
async fn deletion_ends_every_session() {
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
async fn wrong_password_deletes_nothing() {
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

/// The default limit on wrong passwords.
const LIMIT: usize = 5;

#[tokio::test]
async fn stolen_token_cannot_guess_the_password() {
    let state = state();
    let (user_id, _, _, token) = signed_in(&state.store).await;
    let guesses = (0..20).map(|_| delete(&state, &token, "wrong horse"));
    let answers = testkit::join_all(guesses).await;
    let wrong = answers.iter().filter(|(status, _)| *status == 401);
    assert_eq!(wrong.count(), LIMIT, "{answers:?}");
    for password in ["wrong horse", "correct horse"] {
        let (status, body) = delete(&state, &token, password).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_attempts"))
        );
    }
    let account = state.store.account(user_id).await.unwrap().unwrap();
    assert_eq!(account.status, UserStatus::Active);
}

#[tokio::test]
async fn blocked_account_cannot_be_deleted() {
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
async fn account_is_deleted_without_redis() {
    let mut state = state();
    // Nothing listens there.
    state.revocations = Revocations::new(Cache::new("redis://127.0.0.1:9/").unwrap());
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
