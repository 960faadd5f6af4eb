//! `POST /logout` on a real database and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use axum::body::Body;
use axum::http::{Request, StatusCode};
use cache::Cache;
use logout::{State, router};
use serde_json::{Value, json};
use testkit::account::{session, signed_in};
use testkit::function::call;
use tokens::Revocations;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn logout(state: &State, token: Option<&str>) -> (StatusCode, Value) {
    send(state, "/logout", token).await
}

async fn send(state: &State, path: &str, token: Option<&str>) -> (StatusCode, Value) {
    let mut request = Request::post(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    call(
        router().with_state(state.clone()),
        request.body(Body::empty()).unwrap(),
    )
    .await
}

#[tokio::test]
async fn logout_ends_this_session_and_can_be_repeated() {
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
async fn logout_ends_session_in_database_without_redis() {
    let mut state = state();
    // Nothing listens there.
    state.revocations = Revocations::new(Cache::new("redis://127.0.0.1:9/").unwrap());
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
async fn logout_requires_a_token() {
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

#[tokio::test]
async fn logout_everywhere_ends_own_sessions_only() {
    let state = state();
    let (user_id, _, sid, token) = signed_in(&state.store).await;
    let (other, _) = session(&state.store, user_id).await;
    let (_, _, strangers, _) = signed_in(&state.store).await;
    for _ in 0..3 {
        let (status, body) = send(&state, "/logout?scope=all", Some(&token)).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    }
    for sid in [sid, other] {
        assert!(state.revocations.is_revoked(sid).await);
        let ended = state.store.session(sid).await.unwrap().unwrap();
        assert!(ended.revoked_at.is_some());
    }
    let live = state.store.session(strangers).await.unwrap().unwrap();
    assert!(live.revoked_at.is_none());
}

#[tokio::test]
async fn ended_session_cannot_end_others() {
    let state = state();
    let (user_id, _, _, token) = signed_in(&state.store).await;
    let (other, _) = session(&state.store, user_id).await;
    assert_eq!(logout(&state, Some(&token)).await.0, StatusCode::NO_CONTENT);
    let (status, body) = send(&state, "/logout?scope=all", Some(&token)).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("token_revoked"))
    );
    assert!(!state.revocations.is_revoked(other).await);
    let (status, body) = send(&state, "/logout?scope=none", Some(&token)).await;
    assert_eq!(
        (status, &body["parameter"]),
        (StatusCode::BAD_REQUEST, &json!("scope"))
    );
}
