//! The limits of `POST /login` on a real database and a real Redis.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use attempts::{Limit, Limiter, PasswordGuesses};
use auth_store::AuthStore;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cache::Cache;
use domain::Random;
use login::{State, router};
use runtime::{OsRandom, Peer};
use serde_json::{Value, json};
use testkit::account::user;
use testkit::function::call;
use testkit::join_all;

const IN: (u16, &str) = (200, "");
const WRONG: (u16, &str) = (401, "invalid_credentials");
const LIMITED: (u16, &str) = (429, "too_many_attempts");

fn state(cache: Cache, per_account: u32, per_address: u32) -> State {
    let limit = |misses| Limit {
        misses: NonZeroU32::new(misses).unwrap(),
        window: Duration::from_secs(600),
    };
    let limiter = Limiter::from_env(cache).unwrap();
    let mut state = State::from_env().expect("run `cargo local test`");
    state.guesses = PasswordGuesses::new(limiter, limit(per_account), limit(per_address));
    state
}

fn redis() -> Cache {
    Cache::from_env().expect("run `cargo local test`")
}

/// A client address that no other test uses.
fn somewhere() -> IpAddr {
    Ipv6Addr::from_bits(OsRandom.uuid().as_u128()).into()
}

fn unknown() -> String {
    format!("nobody-{}@example.com", OsRandom.uuid().simple())
}

async fn login(state: &State, from: IpAddr, email: &str, password: &str) -> (u16, String) {
    let body = json!({ "email": email, "password": password }).to_string();
    let mut request = Request::post("/login")
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    request.extensions_mut().insert(Peer(from));
    let (status, body): (StatusCode, Value) =
        call(router().with_state(state.clone()), request).await;
    let code = body["code"].as_str().unwrap_or_default();
    (status.as_u16(), code.to_owned())
}

fn count(answers: &[(u16, String)], (status, code): (u16, &str)) -> usize {
    let same = answers.iter().filter(|a| a.0 == status && a.1 == code);
    same.count()
}

#[tokio::test]
async fn five_of_a_hundred_concurrent_guesses_are_checked() {
    let state = state(redis(), 5, 1_000_000);
    let (_, known) = user(&state.store).await;
    // Connects to Redis first: a hundred requests that wait for the first connection could time out, take Redis for
    // unreachable and count locally.
    let first = login(&state, somewhere(), known.as_str(), "correct horse").await;
    assert_eq!(first.0, 200);
    for email in [known.as_str().to_owned(), unknown()] {
        let guesses = (0..100).map(|n| {
            // All for one account, spelt in either case and from different addresses.
            let email = if n % 2 == 0 {
                email.to_uppercase()
            } else {
                email.clone()
            };
            let state = &state;
            async move { login(state, somewhere(), &email, &format!("wrong horse {n}")).await }
        });
        let answers = join_all(guesses).await;
        assert_eq!(count(&answers, WRONG), 5, "{answers:?}");
        assert_eq!(count(&answers, LIMITED), 95, "{answers:?}");
    }
}

/// Sends right and wrong passwords for one account concurrently, interleaved. Returns the answers to the right ones and
/// those to the wrong ones.
async fn at_once(state: &State, right: usize, wrong: usize) -> [Vec<(u16, String)>; 2] {
    let (_, email) = user(&state.store).await;
    let many = right + wrong;
    let email = &email;
    // Steps of 77 visit every index and interleave the two kinds, as long as 77 and `many` are coprime.
    let guesses = (0..many).map(|n| n * 77 % many < right);
    let answers = join_all(guesses.map(|is_right| async move {
        let password = ["wrong horse", "correct horse"][usize::from(is_right)];
        let answer = login(state, somewhere(), email.as_str(), password).await;
        (is_right, answer)
    }))
    .await;
    let (right, wrong): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(right, _)| *right);
    [right, wrong].map(|answers| answers.into_iter().map(|(_, answer)| answer).collect())
}

#[tokio::test]
async fn concurrent_right_passwords_all_log_in() {
    // With Redis, and without it (nothing listens on port 9), where the limit is three.
    for cache in [redis(), Cache::new("redis://127.0.0.1:9/").unwrap()] {
        let state = state(cache, 5, 1_000_000);
        let [right, _] = at_once(&state, 20, 0).await;
        assert_eq!(count(&right, IN), 20, "{right:?}");
    }
}

#[tokio::test]
async fn right_passwords_log_in_beside_few_wrong_ones() {
    let state = state(redis(), 5, 1_000_000);
    let [right, wrong] = at_once(&state, 20, 4).await;
    assert_eq!(count(&right, IN), 20, "{right:?}");
    assert_eq!(count(&wrong, WRONG), 4, "{wrong:?}");
}

#[tokio::test]
async fn right_passwords_do_not_hide_wrong_ones() {
    for (cache, limit) in [
        (redis(), 5),
        (Cache::new("redis://127.0.0.1:9/").unwrap(), 3),
    ] {
        let state = state(cache, 5, 1_000_000);
        let [right, wrong] = at_once(&state, 20, 100).await;
        assert!(count(&wrong, WRONG) <= limit, "{wrong:?}");
        let answered = count(&wrong, WRONG) + count(&wrong, LIMITED);
        assert_eq!(answered, 100, "{wrong:?}");
        let answered = count(&right, IN) + count(&right, LIMITED);
        assert_eq!(answered, 20, "{right:?}");
    }
}

#[tokio::test]
async fn limited_login_does_not_look_up_the_account() {
    let mut state = state(redis(), 5, 1_000_000);
    let (_, email) = user(&state.store).await;
    let from = somewhere();
    for _ in 0..5 {
        let answer = login(&state, from, email.as_str(), "wrong horse").await;
        assert_eq!(answer, (WRONG.0, WRONG.1.to_owned()));
    }
    let right = login(&state, from, email.as_str(), "correct horse").await;
    assert_eq!(
        right,
        (LIMITED.0, LIMITED.1.to_owned()),
        "the right password is limited, too"
    );
    // The hash is in the database, so a call that does not query the database hashes no password. Nothing listens
    // there.
    state.store = AuthStore::new(pg::Pool::new("postgres://a:b@127.0.0.1:9/c", 1).unwrap());
    let limited = login(&state, from, email.as_str(), "wrong horse").await;
    assert_eq!(limited, (LIMITED.0, LIMITED.1.to_owned()));
    let other = login(&state, from, &unknown(), "wrong horse").await;
    assert_eq!(other.0, 503);
}

#[tokio::test]
async fn right_passwords_and_failures_cost_no_attempt() {
    let mut state = state(redis(), 2, 2);
    let (_, email) = user(&state.store).await;
    let from = somewhere();
    for _ in 0..4 {
        assert_eq!(
            login(&state, from, email.as_str(), "correct horse").await.0,
            200
        );
    }
    let database = state.store;
    state.store = AuthStore::new(pg::Pool::new("postgres://a:b@127.0.0.1:9/c", 1).unwrap());
    for _ in 0..4 {
        assert_eq!(
            login(&state, from, email.as_str(), "correct horse").await.0,
            503
        );
    }
    state.store = database;
    assert_eq!(
        login(&state, from, email.as_str(), "wrong horse").await.0,
        WRONG.0
    );
    assert_eq!(
        login(&state, from, email.as_str(), "correct horse").await.0,
        200
    );
}

#[tokio::test]
async fn address_limit_spares_other_addresses() {
    let state = state(redis(), 5, 3);
    let (_, email) = user(&state.store).await;
    let from = somewhere();
    for email in [unknown().as_str(), "not an address", email.as_str()] {
        assert_eq!(login(&state, from, email, "wrong horse").await.0, WRONG.0);
    }
    for email in [unknown().as_str(), "not an address", email.as_str()] {
        assert_eq!(
            login(&state, from, email, "correct horse").await.0,
            LIMITED.0
        );
    }
    let elsewhere = login(&state, somewhere(), email.as_str(), "correct horse").await;
    assert_eq!(elsewhere.0, 200);
}

#[tokio::test]
async fn limits_are_stricter_without_redis() {
    // Nothing listens there.
    let state = state(Cache::new("redis://127.0.0.1:9/").unwrap(), 5, 1_000_000);
    let email = unknown();
    let guesses = (0..20).map(|_| login(&state, somewhere(), &email, "wrong horse"));
    let answers = join_all(guesses).await;
    assert_eq!(
        count(&answers, WRONG),
        3,
        "half of five, rounded up: {answers:?}"
    );
    assert_eq!(count(&answers, LIMITED), 17, "{answers:?}");
}
