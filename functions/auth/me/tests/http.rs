//! `GET /me` on a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use auth_store::Deletion;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Clock, Random};
use me::{State, router};
use runtime::{OsRandom, SystemClock};
use serde_json::{Value, json};
use testkit::account::{set_status, signed_in};
use testkit::function::call;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn me(state: &State, token: &str) -> (StatusCode, Value) {
    let request = Request::get("/me")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    call(router().with_state(state.clone()), request).await
}

#[tokio::test]
async fn account_is_shown_to_its_owner() {
    let state = state();
    let (user_id, email, _, token) = signed_in(&state.store).await;
    let (status, body) = me(&state, &token).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(
        body,
        json!({
            "user_id": user_id, "email": email.as_str(), "name": null, "role": "user", "status": "active",
            "created_at": body["created_at"],
        })
    );
    assert!(body["created_at"].as_str().unwrap().ends_with('Z'));
    set_status(user_id, "blocked").await;
    assert_eq!(me(&state, &token).await.1["status"], "blocked");
}

#[tokio::test]
async fn deleted_account_is_not_shown() {
    let state = state();
    let (user_id, email, _, token) = signed_in(&state.store).await;
    let deletion = Deletion {
        user_id,
        email_key: &email.key(),
        tombstone: [0; 32],
        event_id: OsRandom.uuid(),
    };
    let now = SystemClock.now();
    state.store.delete_account(&deletion, now).await.unwrap();
    let (status, body) = me(&state, &token).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("token_revoked"))
    );
}
