//! `/admin/users/…` on a real database and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use axum::body::Body;
use axum::http::Request;
use domain::Role;
use pg::AdHoc;
use serde_json::{Value, json};
use testkit::account::{session, signed_in, staff, user};
use testkit::function::call;
use testkit::join_all;
use users::{State, router};
use uuid::Uuid;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn send(
    state: &State,
    (method, path): (&str, &str),
    token: &str,
    body: Value,
) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/admin/users/{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("accept-language", "ru")
        .body(Body::from(body.to_string()))
        .unwrap();
    let (status, body) = call(router().with_state(state.clone()), request).await;
    (status.as_u16(), body)
}

async fn search(state: &State, token: &str, email: &str) -> (u16, Value) {
    send(state, ("POST", "search"), token, json!({ "email": email })).await
}

async fn block(state: &State, token: &str, user_id: impl std::fmt::Display) -> (u16, Value) {
    let path = format!("{user_id}/block");
    send(state, ("POST", &path), token, Value::Null).await
}

async fn unblock(state: &State, token: &str, user_id: Uuid) -> (u16, Value) {
    let path = format!("{user_id}/unblock");
    send(state, ("POST", &path), token, Value::Null).await
}

async fn set_role(state: &State, token: &str, user_id: Uuid, role: &str) -> (u16, Value) {
    let path = format!("{user_id}/role");
    send(state, ("PUT", &path), token, json!({ "role": role })).await
}

fn code((status, body): &(u16, Value)) -> (u16, &str) {
    (*status, body["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn search_finds_user_by_whole_address_in_any_case() {
    let state = state();
    let (admin_id, token) = staff(&state.store, Role::Admin).await;
    let (user_id, email) = user(&state.store).await;
    for typed in [
        email.as_str().to_uppercase(),
        format!(" {} ", email.as_str()),
    ] {
        let (status, found) = search(&state, &token, &typed).await;
        assert_eq!(status, 200, "{found}");
        let expected = json!({
            "user_id": user_id, "email": email.as_str(), "name": null, "role": "user", "status": "active",
            "created_at": found["created_at"],
        });
        assert_eq!(found, expected);
    }
    // The lookup is recorded, but not the address that was searched for.
    let sql = "SELECT user_id FROM staff_actions WHERE actor_id = $1 AND action = 'look_up'";
    let pool = pg::Pool::from_env("AUTH_DATABASE_URL").unwrap();
    let rows = pool.rows(sql, &[(&admin_id, pg::Type::UUID)]).await;
    let looked: Vec<Uuid> = rows.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(looked, [user_id, user_id]);
}

#[tokio::test]
async fn search_for_unknown_address_quotes_nothing() {
    let state = state();
    let (_, token) = staff(&state.store, Role::Admin).await;
    let (_, email) = user(&state.store).await;
    let part = &email.as_str()[1..];
    let answer = search(&state, &token, part).await;
    assert_eq!(code(&answer), (404, "user_not_found"));
    assert!(!answer.1.to_string().contains(part), "{}", answer.1);
    let answer = search(&state, &token, "zoya(at)example.com").await;
    assert_eq!(code(&answer), (422, "validation_failed"));
    let error = &answer.1["errors"][0];
    assert_eq!(error["field"], "email");
    let advice = error["detail"].as_str().unwrap();
    assert!(advice.contains("электронной почты"), "{advice}");
    assert!(!answer.1.to_string().contains("zoya"), "{}", answer.1);
}

async fn resolve(state: &State, token: &str, emails: Value) -> (u16, Value) {
    let body = json!({ "emails": emails });
    send(state, ("POST", "resolve"), token, body).await
}

#[tokio::test]
async fn all_staff_resolve_addresses_to_users() {
    let state = state();
    let (user_id, email) = user(&state.store).await;
    let (blocked, other) = user(&state.store).await;
    testkit::account::set_status(blocked, "blocked").await;
    for role in [Role::Support, Role::Marketer, Role::Admin] {
        let (staff_id, token) = staff(&state.store, role).await;
        let (upper, unknown) = (
            email.as_str().to_uppercase(),
            format!("no-{}", email.as_str()),
        );
        let emails = json!([
            other.as_str(),
            unknown,
            upper,
            format!(" {} ", email.as_str())
        ]);
        let (status, found) = resolve(&state, &token, emails).await;
        assert_eq!(status, 200, "{found}");
        let expected = json!({
            "users": [
                { "email": other.as_str(), "user_id": blocked },
                { "email": upper, "user_id": user_id },
                { "email": email.as_str(), "user_id": user_id },
            ],
            "unknown": [unknown],
        });
        assert_eq!(found, expected);
        // The lookup is recorded once per user.
        let sql = "SELECT user_id FROM staff_actions WHERE actor_id = $1 AND action = 'look_up'";
        let pool = pg::Pool::from_env("AUTH_DATABASE_URL").unwrap();
        let rows = pool.rows(sql, &[(&staff_id, pg::Type::UUID)]).await;
        let mut looked: Vec<Uuid> = rows.unwrap().iter().map(|row| row.get(0)).collect();
        looked.sort();
        let mut both = [user_id, blocked];
        both.sort();
        assert_eq!(looked, both);
        assert_eq!(
            resolve(&state, &token, json!([])).await,
            (200, json!({ "users": [], "unknown": [] }))
        );
    }
    let token = signed_in(&state.store).await.3;
    let answer = resolve(&state, &token, json!([email.as_str()])).await;
    assert_eq!(code(&answer), (403, "staff_only"));
}

#[tokio::test]
async fn invalid_addresses_are_named_by_position_and_none_is_looked_up() {
    let state = state();
    let (staff_id, token) = staff(&state.store, Role::Marketer).await;
    let (_, email) = user(&state.store).await;
    let emails = json!(["zoya(at)example.com", email.as_str(), ""]);
    let answer = resolve(&state, &token, emails).await;
    assert_eq!(code(&answer), (422, "validation_failed"));
    let errors = answer.1["errors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["emails[0]", "emails[2]"]);
    assert!(!answer.1.to_string().contains("zoya"), "{}", answer.1);
    let sql = "SELECT 1 FROM staff_actions WHERE actor_id = $1";
    let pool = pg::Pool::from_env("AUTH_DATABASE_URL").unwrap();
    let rows = pool.rows(sql, &[(&staff_id, pg::Type::UUID)]).await;
    assert_eq!(rows.unwrap().len(), 0);

    let many: Vec<String> = (0..=1_000).map(|n| format!("{n}@example.com")).collect();
    let answer = resolve(&state, &token, json!(many)).await;
    assert_eq!(code(&answer), (422, "too_many_users"));
    assert_eq!(answer.1["limit"], 1_000);
}

#[tokio::test]
async fn block_ends_every_session_and_can_be_lifted() {
    let state = state();
    let (_, token) = staff(&state.store, Role::Admin).await;
    let (user_id, _, first, _) = signed_in(&state.store).await;
    let (second, _) = session(&state.store, user_id).await;
    for _ in 0..2 {
        let answer = block(&state, &token, user_id).await;
        let expected = json!({ "user_id": user_id, "role": "user", "status": "blocked" });
        assert_eq!(answer, (200, expected));
    }
    for sid in [first, second] {
        assert!(state.revocations.is_revoked(sid).await);
        let session = state.store.session(sid).await.unwrap().unwrap();
        assert!(session.revoked_at.is_some());
    }
    for _ in 0..2 {
        let answer = unblock(&state, &token, user_id).await;
        let expected = json!({ "user_id": user_id, "role": "user", "status": "active" });
        assert_eq!(answer, (200, expected));
    }
    // The registration and two changes: repeated calls emit no event.
    let sql = "SELECT status FROM outbox WHERE user_id = $1 ORDER BY version";
    let pool = pg::Pool::from_env("AUTH_DATABASE_URL").unwrap();
    let rows = pool.rows(sql, &[(&user_id, pg::Type::UUID)]).await.unwrap();
    let statuses: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(statuses, ["active", "blocked", "active"]);
}

#[tokio::test]
async fn concurrent_block_and_unblock_leave_one_outcome() {
    let state = state();
    let (_, token) = staff(&state.store, Role::Admin).await;
    let (user_id, _) = user(&state.store).await;
    let calls = (0..10).map(|n| {
        let (state, token) = (&state, &token);
        async move {
            match n % 2 {
                0 => block(state, token, user_id).await,
                _ => unblock(state, token, user_id).await,
            }
        }
    });
    for (status, body) in join_all(calls).await {
        assert_eq!(status, 200, "{body}");
    }
    // The last event carries the final status and version.
    let sql = "SELECT u.status, o.status, u.version, o.version
               FROM users u JOIN outbox o ON o.user_id = u.id WHERE u.id = $1 ORDER BY o.version DESC LIMIT 1";
    let pool = pg::Pool::from_env("AUTH_DATABASE_URL").unwrap();
    let row = pool.row(sql, &[(&user_id, pg::Type::UUID)]).await.unwrap();
    let row = row.unwrap();
    assert_eq!(row.get::<_, &str>(0), row.get::<_, &str>(1));
    assert_eq!(row.get::<_, i64>(2), row.get::<_, i64>(3));
}

#[tokio::test]
async fn new_role_reaches_other_functions() {
    let state = state();
    let (_, token) = staff(&state.store, Role::Admin).await;
    let (user_id, _, _, users_token) = signed_in(&state.store).await;
    let answer = set_role(&state, &token, user_id, "support").await;
    let expected = json!({ "user_id": user_id, "role": "support", "status": "active" });
    assert_eq!(answer, (200, expected));
    let answer = search(&state, &users_token, "anna@example.com").await;
    assert_eq!(code(&answer), (401, "token_expired"));
    let answer = set_role(&state, &token, user_id, "king").await;
    assert_eq!(code(&answer), (422, "validation_failed"));
}

#[tokio::test]
async fn only_administrators_are_let_in() {
    let state = state();
    let (user_id, email) = user(&state.store).await;
    let mut tokens = vec![signed_in(&state.store).await.3];
    for role in [Role::Support, Role::Marketer] {
        tokens.push(staff(&state.store, role).await.1);
    }
    for token in &tokens {
        for answer in [
            search(&state, token, email.as_str()).await,
            block(&state, token, user_id).await,
            unblock(&state, token, user_id).await,
            set_role(&state, token, user_id, "admin").await,
        ] {
            assert_eq!(code(&answer), (403, "admin_only"));
        }
    }
    let account = state.store.account(user_id).await.unwrap().unwrap();
    assert_eq!(
        (account.role, account.status.as_str()),
        (Role::User, "active")
    );
}

#[tokio::test]
async fn admin_cannot_change_self_or_unknown_user() {
    let state = state();
    let (admin_id, token) = staff(&state.store, Role::Admin).await;
    for answer in [
        block(&state, &token, admin_id).await,
        unblock(&state, &token, admin_id).await,
        set_role(&state, &token, admin_id, "user").await,
    ] {
        assert_eq!(code(&answer), (409, "own_account"));
    }
    for nobody in [Uuid::nil().to_string(), "x".to_owned(), "%00".to_owned()] {
        let answer = block(&state, &token, nobody).await;
        assert_eq!(code(&answer), (404, "user_not_found"));
    }
}
