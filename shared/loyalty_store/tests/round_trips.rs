//! How often the database is asked.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loyalty_store::{Applied, LoyaltyStore};
use pg::Pool;
use runtime::OsRandom;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use world::{Limits, World};

/// Passes a connection on and counts the client's round trips: each ends with a Sync message or is a simple query.
async fn counting(
    client: TcpStream,
    server: TcpStream,
    trips: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
    // The first message has no type.
    let mut first = true;
    loop {
        let mut message = vec![];
        if !first {
            message.push(from_client.read_u8().await?);
        }
        let length = read_length(&mut from_client, &mut message).await?;
        let start = message.len();
        message.resize(start + length, 0);
        from_client.read_exact(&mut message[start..]).await?;
        if !first && matches!(message[0], b'S' | b'Q') {
            trips.fetch_add(1, Ordering::SeqCst);
        }
        first = false;
        to_server.write_all(&message).await?;
    }
}

async fn read_length(
    from: &mut (impl AsyncRead + Unpin),
    message: &mut Vec<u8>,
) -> std::io::Result<usize> {
    let length = from.read_u32().await?;
    message.extend(length.to_be_bytes());
    Ok(length as usize - 4)
}

/// A store behind a counter of round trips.
async fn counted() -> (LoyaltyStore, Arc<AtomicUsize>) {
    let url = world::database_url();
    let config: tokio_postgres::Config = url.parse().unwrap();
    let (tokio_postgres::config::Host::Tcp(host), port) =
        (&config.get_hosts()[0], config.get_ports()[0])
    else {
        panic!("the tests reach the database over TCP");
    };
    let (host, listener) = (
        host.clone(),
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    );
    let here = listener.local_addr().unwrap();
    let through = url.replace(&format!("{host}:{port}"), &here.to_string());
    assert_ne!(through, url);
    let trips = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&trips);
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
            tokio::spawn(counting(client, server, Arc::clone(&counter)));
        }
    });
    let store = LoyaltyStore::new(Pool::new(&through, 1).unwrap());
    // Signing in takes trips of its own.
    store.ping().await.unwrap();
    (store, trips)
}

#[tokio::test]
async fn applying_asks_the_database_twice_and_listing_once() {
    let world = World::new(1);
    let (store, trips) = counted().await;
    let (users, tariff) = (world.users(2).await, world.tariff().await);
    let campaign = world.campaign(Limits::default()).await;
    let limits = Limits {
        uses: Some(1),
        budget_minor: Some(100),
        campaign: Some(campaign),
        ..Limits::default()
    };
    let promo = world.promo(100, limits).await;
    let ask = |user: usize| world::ask(users[user], promo, tariff);
    let since = |before: usize| trips.load(Ordering::SeqCst) - before;

    let before = trips.load(Ordering::SeqCst);
    let applied = store.apply(&ask(0), world::now(), &OsRandom).await.unwrap();
    assert!(matches!(applied, Applied::Held(_)));
    assert_eq!(since(before), 2, "a hold");

    let before = trips.load(Ordering::SeqCst);
    let applied = store.apply(&ask(1), world::now(), &OsRandom).await.unwrap();
    assert!(matches!(applied, Applied::Refused { .. }));
    assert_eq!(since(before), 2, "a refusal");

    let before = trips.load(Ordering::SeqCst);
    store.find_offers(users[0], world::now()).await.unwrap();
    assert_eq!(since(before), 1, "the list");
}
