//! `POST /login` on a real database.

use argon2::{Algorithm, PasswordHasher, Version};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Clock, Random, Role};
use login::{State, router};
use pg::AdHoc;
use runtime::{OsRandom, SystemClock};
use serde_json::{Value, json};
use testkit::account::{set_status, user};
use testkit::function::call;
use tokens::Verifier;

fn state() -> State {
    State::from_env().expect("run `cargo local test`")
}

async fn login(state: &State, email: &str, password: &str) -> (StatusCode, Value) {
    let body = json!({ "email": email, "password": password }).to_string();
    let request = Request::post("/login")
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    call(router().with_state(state.clone()), request).await
}

#[tokio::test]
async fn login_ignores_case_of_the_address() {
    let state = state();
    let (user_id, email) = user(&state.store).await;
    let (status, body) = login(&state, &email.as_str().to_uppercase(), "correct horse").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 600);
    assert_eq!(body["refresh_expires_in"], 30 * 24 * 3600);
    let token = body["access_token"].as_str().unwrap();
    let claims = Verifier::from_env()
        .unwrap()
        .verify(token, SystemClock.now())
        .unwrap();
    assert_eq!((claims.sub, claims.role), (user_id, Role::User));
    let refresh = state
        .refresh_key
        .parse(body["refresh_token"].as_str().unwrap())
        .unwrap();
    assert_eq!((refresh.sid, refresh.generation), (claims.sid, 0));
    let session = state.store.session(claims.sid).await.unwrap().unwrap();
    assert_eq!(session.user_id, user_id);
}

#[tokio::test]
async fn unknown_deleted_and_mistaken_users_get_the_same_answer() {
    let state = state();
    let (_, known) = user(&state.store).await;
    let (gone_id, gone) = user(&state.store).await;
    let email_key = gone.key();
    let deletion = auth_store::Deletion {
        user_id: gone_id,
        email_key: &email_key,
        tombstone: [0; 32],
        event_id: OsRandom.uuid(),
    };
    state
        .store
        .delete_account(&deletion, SystemClock.now())
        .await
        .unwrap()
        .unwrap();

    let unknown = format!("nobody-{}@example.com", OsRandom.uuid().simple());
    let mut answers = vec![];
    for (email, password) in [
        (known.as_str(), "correct horsE"),
        (known.as_str(), ""),
        (gone.as_str(), "correct horse"),
        (unknown.as_str(), "correct horse"),
        ("not an address", "correct horse"),
    ] {
        let (status, mut body) = login(&state, email, password).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(body["code"], "invalid_credentials");
        body["request_id"] = Value::Null;
        answers.push(body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn blocked_account_is_reported_to_right_password_only() {
    let state = state();
    let (user_id, email) = user(&state.store).await;
    set_status(user_id, "blocked").await;
    let (status, body) = login(&state, email.as_str(), "correct horse").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::FORBIDDEN, &json!("account_blocked"))
    );
    let (status, body) = login(&state, email.as_str(), "wrong horse").await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("invalid_credentials"))
    );
}

#[tokio::test]
async fn weak_hash_is_replaced_at_login() {
    let state = state();
    let (user_id, email) = user(&state.store).await;
    let params = argon2::Params::new(8 * 1024, 1, 1, None).unwrap();
    let weak = argon2::Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let weak = weak
        .hash_password_with_salt(b"correct horse", b"sixteen bytes ok")
        .unwrap()
        .to_string();
    let sql = "UPDATE users SET password_hash = $2 WHERE id = $1";
    let params: [pg::Param; 2] = [(&user_id, pg::Type::UUID), (&weak, pg::Type::TEXT)];
    let pool = pg::Pool::from_env("AUTH_DATABASE_URL").unwrap();
    assert_eq!(pool.execute(sql, &params).await.unwrap(), 1);
    let hash = async || {
        let account = state.store.account(user_id).await.unwrap().unwrap();
        account.password_hash.unwrap()
    };
    let (status, _) = login(&state, email.as_str(), "wrong horse").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(hash().await.is_outdated());
    // Two concurrent logins, as from two devices: both succeed.
    let logins = tokio::join!(
        login(&state, email.as_str(), "correct horse"),
        login(&state, email.as_str(), "correct horse")
    );
    assert_eq!((logins.0.0, logins.1.0), (StatusCode::OK, StatusCode::OK));
    assert!(!hash().await.is_outdated());
    let (status, _) = login(&state, email.as_str(), "correct horse").await;
    assert_eq!(status, StatusCode::OK);
}
