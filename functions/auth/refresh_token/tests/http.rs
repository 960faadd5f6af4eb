//! `POST /refresh_token` on a real database and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use auth_store::{AuthStore, NewSession};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cache::Cache;
use domain::{Clock, Random};
use jiff::Timestamp;
use refresh_token::{State, router};
use runtime::OsRandom;
use serde_json::{Value, json};
use testkit::account::{set_status, user};
use testkit::function::call;
use tokens::{REFRESH_TTL, Revocations, Verifier};
use uuid::Uuid;

/// A clock that the test sets, in seconds after 2096-10-02: ahead of the system clock, by which housekeeping purges old
/// sessions.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(4_000_000_000 + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct World {
    state: State,
    clock: Arc<Hand>,
    user_id: Uuid,
    sid: Uuid,
    first: String,
}

/// A user with one session, opened at second 0.
async fn world() -> World {
    let clock = Arc::new(Hand::default());
    let mut state = State::from_env().expect("run `cargo local test`");
    state.clock = clock.clone();
    let (user_id, _) = user(&state.store).await;
    let sid = OsRandom.uuid();
    let first = state.refresh_key.issue(sid, 0);
    let session = NewSession {
        id: sid,
        user_id,
        password_version: 1,
        refresh_hash: first.hash(),
        expires_at: clock.now() + REFRESH_TTL,
    };
    assert!(
        state
            .store
            .open_session(&session, clock.now())
            .await
            .unwrap()
    );
    let first = first.as_str().to_owned();
    World {
        state,
        clock,
        user_id,
        sid,
        first,
    }
}

impl World {
    fn at(&self, second: i64) {
        self.clock.0.store(second, Ordering::SeqCst);
    }

    /// Refreshes `token` and returns its successor.
    async fn renewed(&self, token: &str) -> String {
        let (status, body) = refresh(self.state.clone(), token.to_owned()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["refresh_token"].as_str().unwrap().to_owned()
    }

    async fn refused(&self, token: &str, code: &str) {
        let (_, body) = refresh(self.state.clone(), token.to_owned()).await;
        assert_eq!(body["code"], code, "{body}");
    }
}

async fn refresh(state: State, token: String) -> (StatusCode, Value) {
    let request = Request::post("/refresh_token")
        .header("content-type", "application/json")
        .body(Body::from(json!({ "refresh_token": token }).to_string()))
        .unwrap();
    call(router().with_state(state), request).await
}

#[tokio::test]
async fn refresh_replaces_token_and_extends_session() {
    let w = world().await;
    w.at(3600);
    let (status, body) = refresh(w.state.clone(), w.first.clone()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["refresh_expires_in"], 30 * 24 * 3600);
    let access = body["access_token"].as_str().unwrap();
    let claims = Verifier::from_env()
        .unwrap()
        .verify(access, w.clock.now())
        .unwrap();
    assert_eq!((claims.sub, claims.sid), (w.user_id, w.sid));
    let second = body["refresh_token"].as_str().unwrap();
    assert_ne!(second, w.first);
    // Past the expiry of the first token, but not of the second.
    w.at(30 * 24 * 3600 + 1);
    w.renewed(second).await;
}

#[tokio::test]
async fn session_has_a_last_day() {
    const DAY: i64 = 24 * 3600;
    let w = world().await;
    let mut token = w.first.clone();
    for day in (20..180).step_by(20) {
        w.at(day * DAY);
        let (status, body) = refresh(w.state.clone(), token).await;
        assert_eq!(status, StatusCode::OK, "day {day}: {body}");
        // The last tokens expire on the session's last day.
        assert_eq!(body["refresh_expires_in"], (180 - day).min(30) * DAY);
        token = body["refresh_token"].as_str().unwrap().to_owned();
    }
    w.at(180 * DAY - 1);
    let last = w.renewed(&token).await;
    w.at(180 * DAY);
    w.refused(&last, "refresh_token_invalid").await;
}

#[tokio::test]
async fn concurrent_refreshes_give_one_successor() {
    let w = world().await;
    // One connection each, as twenty instances would have.
    let url = std::env::var("AUTH_DATABASE_URL").unwrap();
    let mut state = w.state.clone();
    state.store = AuthStore::new(pg::Pool::new(&url, 20).unwrap());
    let tries = (0..20).map(|_| tokio::spawn(refresh(state.clone(), w.first.clone())));
    let mut successors = vec![];
    for attempt in tries.collect::<Vec<_>>() {
        let (status, body) = attempt.await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}");
        successors.push(body["refresh_token"].as_str().unwrap().to_owned());
    }
    successors.dedup();
    assert_eq!(successors.len(), 1);
    let session = w.state.store.session(w.sid).await.unwrap().unwrap();
    assert_eq!(session.generation, 1);
    w.renewed(&successors[0]).await;
}

#[tokio::test]
async fn refresh_keeps_no_connection_while_waiting() {
    let w = world().await;
    // All share one connection: if a call kept it between statements, or while it held a lock, the others would wait
    // until they time out.
    let url = std::env::var("AUTH_DATABASE_URL").unwrap();
    let mut state = w.state.clone();
    state.store = AuthStore::new(pg::Pool::new(&url, 1).unwrap());
    // A Redis that accepts connections and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redis = format!("redis://{}/", silent.local_addr().unwrap());
    state.revocations = Revocations::new(Cache::new(&redis).unwrap());
    let second = w.renewed(&w.first).await;
    let third = w.renewed(&second).await;
    let tries = (0..20).map(|n| {
        let token = if n % 2 == 0 { &second } else { &third };
        refresh(state.clone(), token.clone())
    });
    for (status, body) in testkit::join_all(tries).await {
        assert_eq!(status, StatusCode::OK, "{body}");
    }
    let reused = (0..20).map(|_| refresh(state.clone(), w.first.clone()));
    for (status, body) in testkit::join_all(reused).await {
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
    }
}

#[tokio::test]
async fn parent_token_gets_same_successor_for_ten_seconds() {
    let w = world().await;
    let second = w.renewed(&w.first).await;
    w.at(10);
    assert_eq!(w.renewed(&w.first).await, second);
    w.at(11);
    w.refused(&w.first, "refresh_token_reused").await;
    // The session has ended for the holder of the successor, too, and its access tokens are revoked.
    w.refused(&second, "refresh_token_invalid").await;
    w.refused(&w.first, "refresh_token_invalid").await;
    assert!(w.state.revocations.is_revoked(w.sid).await);
}

#[tokio::test]
async fn grandparent_token_ends_the_session() {
    let w = world().await;
    let second = w.renewed(&w.first).await;
    let third = w.renewed(&second).await;
    w.refused(&w.first, "refresh_token_reused").await;
    // Committed before the answer: another connection sees it.
    let url = std::env::var("AUTH_DATABASE_URL").unwrap();
    let elsewhere = AuthStore::new(pg::Pool::new(&url, 1).unwrap());
    let session = elsewhere.session(w.sid).await.unwrap().unwrap();
    assert!(session.revoked_at.is_some());
    w.refused(&third, "refresh_token_invalid").await;
    assert!(w.state.revocations.is_revoked(w.sid).await);
}

#[tokio::test]
async fn reuse_ends_session_without_redis() {
    let mut w = world().await;
    // Nothing listens there.
    w.state.revocations = Revocations::new(Cache::new("redis://127.0.0.1:9/").unwrap());
    let second = w.renewed(&w.first).await;
    w.at(11);
    w.refused(&w.first, "refresh_token_reused").await;
    w.refused(&second, "refresh_token_invalid").await;
}

#[tokio::test]
async fn unknown_token_is_invalid_and_ends_nothing() {
    let w = world().await;
    let unknown = w.state.refresh_key.issue(OsRandom.uuid(), 0);
    let future = w.state.refresh_key.issue(w.sid, 1);
    let mut forged = w.first.clone();
    forged.replace_range(30..31, if &forged[30..31] == "A" { "B" } else { "A" });
    for token in [
        "",
        "x",
        &w.first[..69],
        &forged,
        unknown.as_str(),
        future.as_str(),
    ] {
        w.refused(token, "refresh_token_invalid").await;
    }
    w.renewed(&w.first).await;
}

#[tokio::test]
async fn expired_session_is_invalid() {
    let w = world().await;
    w.at(30 * 24 * 3600);
    w.refused(&w.first, "refresh_token_invalid").await;
}

#[tokio::test]
async fn refresh_reports_blocked_but_not_deleted() {
    let w = world().await;
    set_status(w.user_id, "blocked").await;
    w.refused(&w.first, "account_blocked").await;
    set_status(w.user_id, "active").await;
    let account = w.state.store.account(w.user_id).await.unwrap().unwrap();
    let deletion = auth_store::Deletion {
        user_id: w.user_id,
        email_key: &account.email_key.unwrap(),
        tombstone: [0; 32],
        event_id: OsRandom.uuid(),
    };
    w.state
        .store
        .delete_account(&deletion, w.clock.now())
        .await
        .unwrap()
        .unwrap();
    w.refused(&w.first, "refresh_token_invalid").await;
}
