//! `POST /change_password` on a real database and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use auth_store::verify_password;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use change_password::{State, router};
use domain::Password;
use serde_json::{Value, json};
use testkit::account::{session, set_status, signed_in};
use testkit::function::call;
use uuid::Uuid;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn change(state: State, token: String, old: &str, new: &str) -> (StatusCode, Value) {
    let body = json!({ "old_password": old, "new_password": new });
    let request = Request::post("/change_password")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    call(router().with_state(state), request).await
}

async fn is_password(state: &State, user_id: Uuid, text: &str) -> bool {
    let account = state.store.account(user_id).await.unwrap().unwrap();
    let password = Password::entered(text.to_owned());
    verify_password(account.password_hash.as_ref(), password)
        .await
        .unwrap()
}

#[tokio::test]
async fn new_password_ends_all_other_sessions() {
    let state = state();
    let (user_id, _, sid, token) = signed_in(&state.store).await;
    let (other, _) = session(&state.store, user_id).await;
    let (status, body) = change(state.clone(), token, "correct horse", "another horse").await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    assert!(is_password(&state, user_id, "another horse").await);
    assert!(!is_password(&state, user_id, "correct horse").await);
    assert!(state.revocations.is_revoked(other).await);
    assert!(!state.revocations.is_revoked(sid).await);
    let ended = state.store.session(other).await.unwrap().unwrap();
    assert!(ended.revoked_at.is_some());
    let own = state.store.session(sid).await.unwrap().unwrap();
    assert!(own.revoked_at.is_none());
}

#[tokio::test]
async fn login_with_old_password_in_flight_opens_no_session() {
    let state = state();
    let (user_id, _, _, token) = signed_in(&state.store).await;
    let proved = state.store.account(user_id).await.unwrap().unwrap();
    let (status, _) = change(state.clone(), token, "correct horse", "another horse").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let late = auth_store::NewSession {
        id: domain::Random::uuid(&runtime::OsRandom),
        user_id,
        password_version: proved.password_version,
        refresh_hash: [0; 32],
        expires_at: state.clock.now() + tokens::REFRESH_TTL,
    };
    let now = state.clock.now();
    assert!(!state.store.open_session(&late, now).await.unwrap());
}

#[tokio::test]
async fn wrong_old_or_bad_new_password_changes_nothing() {
    let state = state();
    let (user_id, email, _, token) = signed_in(&state.store).await;
    for (old, new, code) in [
        ("wrong horse", "another horse", "invalid_credentials"),
        ("correct horse", "short", "validation_failed"),
        ("correct horse", "password1", "validation_failed"),
        ("correct horse", email.as_str(), "validation_failed"),
    ] {
        let (_, body) = change(state.clone(), token.clone(), old, new).await;
        assert_eq!(body["code"], code, "{body}");
    }
    set_status(user_id, "blocked").await;
    let (_, body) = change(state.clone(), token, "correct horse", "another horse").await;
    assert_eq!(body["code"], "account_blocked", "{body}");
    assert!(is_password(&state, user_id, "correct horse").await);
}

#[tokio::test]
async fn one_of_concurrent_changes_succeeds() {
    let state = state();
    let (user_id, _, _, token) = signed_in(&state.store).await;
    // Fewer than the limit on guesses.
    let tries = (0..4).map(|i| {
        let (state, token) = (state.clone(), token.clone());
        let new = format!("horse number {i}");
        tokio::spawn(async move { (change(state, token, "correct horse", &new).await.0, new) })
    });
    let mut won = vec![];
    for attempt in tries.collect::<Vec<_>>() {
        let (status, new) = attempt.await.unwrap();
        match status {
            StatusCode::NO_CONTENT => won.push(new),
            status => assert_eq!(status, StatusCode::UNAUTHORIZED),
        }
    }
    assert_eq!(won.len(), 1);
    assert!(is_password(&state, user_id, &won[0]).await);
}

#[tokio::test]
async fn stolen_token_cannot_guess_the_password() {
    let state = state();
    let (user_id, _, _, token) = signed_in(&state.store).await;
    let guesses =
        (0..20).map(|_| change(state.clone(), token.clone(), "wrong horse", "another horse"));
    let answers = testkit::join_all(guesses).await;
    let checked = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::UNAUTHORIZED);
    assert_eq!(checked.count(), 5);
    let (status, body) = change(state.clone(), token, "correct horse", "another horse").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{body}");
    assert!(is_password(&state, user_id, "correct horse").await);
}
