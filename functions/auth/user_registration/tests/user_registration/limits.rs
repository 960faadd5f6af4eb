//! The limit of `POST /user_registration` on a real database and a real Redis.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use attempts::{Limit, Limiter, Registrations};
use axum::body::Body;
use axum::http::Request;
use cache::Cache;
use domain::Random;
use runtime::{OsRandom, Peer};
use serde_json::json;
use testkit::function::call;
use testkit::join_all;
use user_registration::{State, router};

fn state(per_address: u32) -> State {
    let limit = Limit {
        misses: NonZeroU32::new(per_address).unwrap(),
        window: Duration::from_secs(600),
    };
    let limiter = Limiter::from_env(Cache::from_env().unwrap()).unwrap();
    let mut state = State::from_env().expect("run `cargo local test`");
    state.registrations = Registrations::new(limiter, limit);
    state
}

fn somewhere() -> IpAddr {
    Ipv6Addr::from_bits(OsRandom.uuid().as_u128()).into()
}

fn email() -> String {
    format!("reg-{}@example.com", OsRandom.uuid().simple())
}

async fn register(state: &State, from: IpAddr, email: &str) -> u16 {
    let body = json!({ "email": email, "password": "correct horse" }).to_string();
    let mut request = Request::post("/user_registration")
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    request.extensions_mut().insert(Peer(from));
    call(router().with_state(state.clone()), request)
        .await
        .0
        .as_u16()
}

#[tokio::test]
async fn address_limit_hides_taken_emails() {
    let (state, from, taken) = (state(3), somewhere(), email());
    assert_eq!(register(&state, from, &taken).await, 201);
    for _ in 0..4 {
        assert_eq!(register(&state, from, "not an address").await, 422);
    }
    assert_eq!(register(&state, from, &taken).await, 409);
    assert_eq!(register(&state, from, &email()).await, 201);
    for email in [taken, email()] {
        assert_eq!(register(&state, from, &email).await, 429);
    }
    assert_eq!(register(&state, somewhere(), &email()).await, 201);
}

#[tokio::test]
async fn concurrent_registrations_stay_within_the_limit() {
    let (state, from) = (state(3), somewhere());
    let tries = (0..30).map(|_| async { register(&state, from, &email()).await });
    let answers = join_all(tries).await;
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(201), count(429)), (3, 27), "{answers:?}");
}
