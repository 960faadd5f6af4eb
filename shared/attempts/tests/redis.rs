//! The limits with a real Redis, and without one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

use std::net::TcpListener;
use std::num::NonZeroU32;
use std::time::Duration;

use attempts::{Attempt, Limit, Limiter, Subject, TooMany};
use cache::Cache;
use domain::Random;
use runtime::OsRandom;
use testkit::{TIMEOUT, join_all, until};

const WINDOW: Duration = Duration::from_secs(600);
const TEN: u32 = 10;

fn url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL is not set: run `cargo local test`")
}

/// A limiter with a connection of its own, as another process has it. It waits long: a busy machine is no outage.
fn limiter(url: &str, key: &[u8; 32]) -> Limiter {
    let cache = Cache::with_wait(url, Duration::from_secs(5));
    Limiter::new(cache.unwrap(), key)
}

/// A key for counters that no other test uses.
fn own_key() -> [u8; 32] {
    let mut key = [0; 32];
    OsRandom.fill(&mut key);
    key
}

fn subject(kind: &'static str, name: &'static str, misses: u32) -> Subject<'static> {
    let misses = NonZeroU32::new(misses).unwrap();
    Subject {
        kind,
        name: name.as_bytes(),
        limit: Limit {
            misses,
            window: WINDOW,
        },
    }
}

fn anna(misses: u32) -> [Subject<'static>; 1] {
    [subject("test-user", "anna", misses)]
}

async fn miss(limiter: &Limiter, subjects: &[Subject<'_>], guess: u32) -> Result<(), TooMany> {
    let attempt = limiter.reserve(subjects, &guess.to_be_bytes()).await?;
    attempt.miss().await
}

async fn reserve(limiter: &Limiter, misses: u32, guess: u32) -> Attempt {
    let attempt = limiter.reserve(&anna(misses), &guess.to_be_bytes()).await;
    attempt.unwrap_or_else(|_| panic!("guess {guess} is refused"))
}

#[tokio::test]
async fn concurrent_misses_stop_at_the_limit() {
    let key = own_key();
    let processes = [limiter(&url(), &key), limiter(&url(), &key)];
    let guesses = (0..100).zip(processes.iter().cycle());
    let subjects = anna(TEN);
    let wrong = join_all(guesses.map(|(guess, process)| miss(process, &subjects, guess))).await;
    assert_eq!(wrong.iter().filter(|wrong| wrong.is_ok()).count(), 10);
    for refused in wrong.into_iter().filter_map(Result::err) {
        assert!(!refused.retry_after.is_zero() && refused.retry_after <= WINDOW);
    }
}

#[tokio::test]
async fn concurrent_misses_of_one_guess_stop_at_the_limit() {
    let limiter = limiter(&url(), &own_key());
    let subjects = anna(TEN);
    let wrong = join_all((0..100).map(|_| miss(&limiter, &subjects, 7))).await;
    assert_eq!(wrong.iter().filter(|wrong| wrong.is_ok()).count(), 10);
}

#[tokio::test]
async fn excess_attempts_wait_for_right_ones() {
    let key = own_key();
    let processes = [limiter(&url(), &key), limiter(&url(), &key)];
    let guesses = (0_u32..20).zip(processes.iter().cycle());
    let subjects = anna(5);
    let right = join_all(guesses.map(async |(guess, process)| {
        let attempt = process.reserve(&subjects, &guess.to_be_bytes()).await?;
        attempt.refund().await;
        Ok::<_, TooMany>(())
    }))
    .await;
    assert!(right.iter().all(Result::is_ok), "{right:?}");
}

#[tokio::test]
async fn concurrent_same_guesses_take_one_place() {
    let cache = Cache::with_wait(&url(), Duration::from_secs(5)).unwrap();
    let limiter = Limiter::with_timeout(cache, &own_key(), Duration::from_millis(200));
    let first = reserve(&limiter, 2, 1).await;
    let again = reserve(&limiter, 2, 1).await;
    let other = reserve(&limiter, 2, 2).await;
    let full = limiter.reserve(&anna(2), b"another").await.err().unwrap();
    assert_eq!(
        full.retry_after,
        Duration::from_secs(1),
        "attempts in flight end soon"
    );
    first.refund().await;
    assert!(
        limiter.reserve(&anna(2), b"another").await.is_err(),
        "the same guess is still in flight"
    );
    again.refund().await;
    reserve(&limiter, 2, 3).await.refund().await;
    other.refund().await;
}

#[tokio::test]
async fn refunded_attempt_leaves_no_trace() {
    let key = own_key();
    let limiter = limiter(&url(), &key);
    for guess in 0..30 {
        reserve(&limiter, TEN, guess).await.refund().await;
    }
    for guess in 0..TEN {
        reserve(&limiter, TEN, 99).await.refund().await;
        miss(&limiter, &anna(TEN), guess).await.unwrap();
    }
    let refused = limiter.reserve(&anna(TEN), b"99").await.err().unwrap();
    assert!(
        refused.retry_after > WINDOW - TIMEOUT,
        "{refused:?}: the window starts at the first miss"
    );
}

#[tokio::test]
async fn subjects_are_counted_all_or_none() {
    let limiter = limiter(&url(), &own_key());
    let address = subject("test-address", "203.0.113.7", 3);
    let anna = [subject("test-user", "anna", 2), address];
    let boris = [subject("test-user", "boris", 2), address];
    miss(&limiter, &anna, 1).await.unwrap();
    miss(&limiter, &anna, 2).await.unwrap();
    for guess in 3..9 {
        assert!(miss(&limiter, &anna, guess).await.is_err());
    }
    // The attempts that Anna was refused do not count against the address.
    miss(&limiter, &boris, 9).await.unwrap();
    assert!(
        miss(&limiter, &boris, 10).await.is_err(),
        "the address is at its limit"
    );
    let elsewhere = [boris[0], subject("test-address", "203.0.113.8", 3)];
    miss(&limiter, &elsewhere, 10).await.unwrap();
}

#[tokio::test]
async fn window_ends_and_names_are_hashed() {
    // A kind that only this test uses, to find its key by.
    let limiter = limiter(&url(), &own_key());
    let kind: &'static str = format!("test-{}", OsRandom.uuid()).leak();
    let subjects = [subject(kind, "anna", 1)];
    miss(&limiter, &subjects, 1).await.unwrap();
    assert!(miss(&limiter, &subjects, 2).await.is_err());

    let client = redis::Client::open(url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let mut find = redis::cmd("KEYS");
    find.arg(format!("*{kind}*"));
    let keys: Vec<String> = find.query_async(&mut redis).await.unwrap();
    let [key] = keys.as_slice() else {
        panic!("{keys:?}")
    };
    assert!(!key.contains("anna"), "{key}");
    let pttl: u128 = redis::cmd("PTTL")
        .arg(key)
        .query_async(&mut redis)
        .await
        .unwrap();
    assert!(
        (1..=WINDOW.as_millis()).contains(&pttl),
        "{pttl} ms: the key must expire by itself"
    );

    redis::cmd("PEXPIRE")
        .arg(key)
        .arg(1)
        .exec_async(&mut redis)
        .await
        .unwrap();
    let (reserved, _) = until("the window has ended", TIMEOUT, async || {
        limiter.reserve(&subjects, b"3").await.ok()
    })
    .await;
    reserved.refund().await;
}

#[tokio::test]
async fn attempt_that_outlives_its_window_counts_nothing() {
    let limiter = limiter(&url(), &own_key());
    let short = |guess: u32| {
        let mut subjects = anna(1);
        subjects[0].limit.window = Duration::from_millis(1);
        let limiter = limiter.clone();
        async move {
            let reserved = limiter.reserve(&subjects, &guess.to_be_bytes()).await;
            reserved.ok()
        }
    };
    let first = short(1).await.unwrap();
    let (second, _) = until("the window has ended", TIMEOUT, async || short(2).await).await;
    second.refund().await;
    first.refund().await;
    miss(&limiter, &anna(1), 3).await.unwrap();
    assert!(miss(&limiter, &anna(1), 4).await.is_err());
}

#[tokio::test]
async fn limits_are_stricter_without_redis() {
    // Accepts connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("redis://{}/", listener.local_addr().unwrap());
    // Nothing listens at the first.
    for url in ["redis://127.0.0.1:9/", &silent] {
        let limiter = Limiter::new(Cache::new(url).unwrap(), &own_key());
        let subjects = anna(TEN);
        reserve(&limiter, TEN, 0).await.refund().await;
        let wrong = join_all((0..100).map(|guess| miss(&limiter, &subjects, guess))).await;
        assert_eq!(wrong.iter().filter(|wrong| wrong.is_ok()).count(), 5);
        let boris = [subject("test-user", "boris", TEN)];
        miss(&limiter, &boris, 1).await.unwrap();
    }
}
