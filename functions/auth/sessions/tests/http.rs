//! `GET /sessions` and `DELETE /sessions/{session_id}` on a real database and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use sessions::{State, router};
use testkit::account::{session, signed_in};
use testkit::function::call;
use uuid::Uuid;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn send(state: &State, method: &str, path: &str, token: &str) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    call(router().with_state(state.clone()), request).await
}

async fn listed(state: &State, token: &str) -> Vec<(Uuid, bool)> {
    let (status, body) = send(state, "GET", "/sessions", token).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let sessions = body["sessions"].as_array().unwrap().iter();
    sessions
        .map(|session| {
            for time in ["created_at", "last_used_at"] {
                assert!(session[time].as_str().unwrap().ends_with('Z'), "{session}");
            }
            let id = session["session_id"].as_str().unwrap().parse().unwrap();
            (id, session["current"].as_bool().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn own_sessions_are_listed_newest_first() {
    let state = state();
    let (user_id, _, first, token) = signed_in(&state.store).await;
    let (second, _) = session(&state.store, user_id).await;
    let (ended, _) = session(&state.store, user_id).await;
    signed_in(&state.store).await;
    let now = state.clock.now();
    state.store.end_session(ended, now).await.unwrap();
    let expected = [(second, false), (first, true)];
    assert_eq!(listed(&state, &token).await, expected);
}

#[tokio::test]
async fn own_session_can_be_ended_repeatedly() {
    let state = state();
    let (user_id, _, own, token) = signed_in(&state.store).await;
    let (other, _) = session(&state.store, user_id).await;
    for _ in 0..3 {
        let (status, body) = send(&state, "DELETE", &format!("/sessions/{other}"), &token).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    }
    assert!(state.revocations.is_revoked(other).await);
    assert_eq!(listed(&state, &token).await, [(own, true)]);
    let (status, _) = send(&state, "DELETE", &format!("/sessions/{own}"), &token).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, body) = send(&state, "GET", "/sessions", &token).await;
    assert_eq!(body["code"], "token_revoked");
}

#[tokio::test]
async fn foreign_session_is_not_found() {
    let state = state();
    let (_, _, theirs, _) = signed_in(&state.store).await;
    let (_, _, _, token) = signed_in(&state.store).await;
    for id in [theirs.to_string(), Uuid::nil().to_string(), "x".to_owned()] {
        let (status, body) = send(&state, "DELETE", &format!("/sessions/{id}"), &token).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::NOT_FOUND, &json!("session_not_found"))
        );
    }
    let session = state.store.session(theirs).await.unwrap().unwrap();
    assert!(session.revoked_at.is_none());
    assert!(!state.revocations.is_revoked(theirs).await);
}
