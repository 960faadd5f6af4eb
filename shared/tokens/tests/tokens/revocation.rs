//! Revoked sessions with a real Redis, and without one.

use std::time::{Duration, Instant};

use cache::Cache;
use domain::Role;
use tokens::{Revocations, SessionStatus};
use tokio::net::TcpListener;
use uuid::Uuid;

fn url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL is not set: run `cargo local test`")
}

fn revocations(url: &str) -> Revocations {
    Revocations::new(Cache::new(url).unwrap())
}

fn random() -> Uuid {
    domain::Random::uuid(&runtime::OsRandom)
}

#[tokio::test]
async fn revoked_session_is_seen_by_every_function() {
    let (here, there) = (revocations(&url()), revocations(&url()));
    let (gone, other) = (random(), random());
    assert!(!there.is_revoked(gone).await);
    here.revoke(&[gone, random()]).await;
    assert!(there.is_revoked(gone).await);
    assert!(!there.is_revoked(other).await);
}

#[tokio::test]
async fn revocation_outlives_access_tokens() {
    let gone = random();
    revocations(&url()).revoke(&[gone]).await;
    let client = redis::Client::open(url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let ttl: u64 = redis::cmd("TTL")
        .arg(format!("revoked:{gone}"))
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!((620..=630).contains(&ttl), "{ttl} s");
}

#[tokio::test]
async fn requests_continue_without_redis() {
    // Nothing listens there.
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let revocations = revocations(&format!("redis://127.0.0.1:{port}/"));
    revocations.revoke(&[random()]).await;
    assert!(!revocations.is_revoked(random()).await);
}

#[tokio::test]
async fn silent_redis_delays_a_request_little() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            held.push(socket);
        }
    });
    let revocations = revocations(&format!("redis://127.0.0.1:{port}/"));
    for _ in 0..3 {
        let start = Instant::now();
        assert!(!revocations.is_revoked(random()).await);
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
    }
}

#[tokio::test]
async fn dropped_connection_is_renewed_within_the_call() {
    // A proxy whose connections can be cut, as by a restarted server or a frozen function.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = url()
        .trim_start_matches("redis://")
        .trim_end_matches('/')
        .to_owned();
    let (cut, _) = tokio::sync::broadcast::channel::<()>(1);
    let cutter = cut.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = tokio::net::TcpStream::connect(&address).await.unwrap();
            let mut cut = cutter.subscribe();
            tokio::spawn(async move {
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    _ = cut.recv() => {}
                }
            });
        }
    });
    let revocations = revocations(&format!("redis://127.0.0.1:{port}/"));
    let gone = random();
    revocations.revoke(&[gone]).await;
    for _ in 0..5 {
        assert!(revocations.is_revoked(gone).await);
        cut.send(()).unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn other_role_is_distinguished_from_revoked() {
    let (here, there) = (revocations(&url()), revocations(&url()));
    let (user, session) = (random(), random());
    let status = async |role| there.session_status(session, user, role).await;
    assert_eq!(status(Role::User).await, SessionStatus::Good);
    here.set_role(user, Role::Support).await;
    assert_eq!(status(Role::User).await, SessionStatus::OtherRole);
    assert_eq!(status(Role::Support).await, SessionStatus::Good);
    here.revoke(&[session]).await;
    assert_eq!(status(Role::Support).await, SessionStatus::Revoked);
}
