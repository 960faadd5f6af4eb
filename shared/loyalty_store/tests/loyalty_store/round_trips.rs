//! The number of round trips to the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{PromoCode, PromoCodeId, PromoRef, Random, Role};
use loyalty_store::{CodeFilter, LoyaltyStore, StaffReader, TypedIn};
use pg::{AdHoc, Pool, Type};
use redemption::ApplyOutcome;
use runtime::OsRandom;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{self, Limits, World};

/// Forwards a connection and counts the client's round trips: each ends with a Sync message or is a simple query.
async fn counting(
    client: TcpStream,
    server: TcpStream,
    trips: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
    // The startup message has no type.
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
    counted_at(&world::database_url()).await
}

/// The same for the database at `url`.
async fn counted_at(url: &str) -> (LoyaltyStore, Arc<AtomicUsize>) {
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
    // Authentication takes round trips of its own.
    store.ping().await.unwrap();
    (store, trips)
}

/// The number of round trips of a call, and its answer.
macro_rules! trips {
    ($trips:expr, $call:expr) => {{
        let before = $trips.load(Ordering::SeqCst);
        let answer = $call.await.unwrap();
        ($trips.load(Ordering::SeqCst) - before, answer)
    }};
}

#[tokio::test]
async fn remembered_code_is_applied_in_one_round_trip() {
    let world = World::new(1);
    let (store, trips) = counted().await;
    let (users, tariff) = (world.users(4).await, world.tariff().await);
    let campaign = world.campaign(Limits::default()).await;
    let limits = Limits {
        uses: Some(3),
        budget_minor: Some(10_000),
        campaign: Some(campaign),
        ..Limits::default()
    };
    let promo = world.promo(100, limits).await;
    let ask = |user: usize| world::ask(users[user], promo, tariff);

    // The facts, the promotion, the tariff, and the use.
    let (count, first) = trips!(
        trips,
        redemption::apply(&store, &ask(0), world::now(), &OsRandom)
    );
    assert!(matches!(first, ApplyOutcome::Applied(_)));
    assert_eq!(count, 4, "a code that is not cached");

    let (count, second) = trips!(
        trips,
        redemption::apply(&store, &ask(1), world::now(), &OsRandom)
    );
    assert!(matches!(second, ApplyOutcome::Applied(_)));
    assert_eq!(count, 1, "a code that is cached");

    // The reservation of a use is refused; then the facts are loaded.
    let (count, again) = trips!(
        trips,
        redemption::apply(&store, &ask(1), world::now(), &OsRandom)
    );
    assert!(matches!(again, ApplyOutcome::AppliedBefore(_)));
    assert_eq!(count, 2, "the user holds it already");

    let (_, last) = trips!(
        trips,
        redemption::apply(&store, &ask(2), world::now(), &OsRandom)
    );
    assert!(matches!(last, ApplyOutcome::Applied(_)));
    let (count, refused) = trips!(
        trips,
        redemption::apply(&store, &ask(3), world::now(), &OsRandom)
    );
    assert!(matches!(refused, ApplyOutcome::Refused { .. }));
    assert_eq!(count, 2, "a limit that is reached");
}

#[tokio::test]
async fn code_with_own_uses_is_applied_in_two_round_trips() {
    let world = World::new(1);
    let (store, trips) = counted().await;
    let (users, tariff) = (world.users(3).await, world.tariff().await);
    let promo = world.promo(100, Limits::default()).await;
    world.limit_code(promo, 2).await;
    let ask = |user: usize| world::ask(users[user], promo, tariff);
    redemption::apply(&store, &ask(0), world::now(), &OsRandom)
        .await
        .unwrap();

    let (count, applied) = trips!(
        trips,
        redemption::apply(&store, &ask(1), world::now(), &OsRandom)
    );
    assert!(matches!(applied, ApplyOutcome::Applied(_)));
    assert_eq!(count, 2);
    let (count, refused) = trips!(
        trips,
        redemption::apply(&store, &ask(2), world::now(), &OsRandom)
    );
    assert!(matches!(refused, ApplyOutcome::Refused { .. }));
    assert_eq!(count, 2);
}

#[tokio::test]
async fn change_by_staff_is_seen_at_once() {
    let world = World::new(1);
    let (store, trips) = counted().await;
    let (users, tariff) = (world.users(3).await, world.tariff().await);
    let promo = world.promo(100, Limits::default()).await;
    let ask = |user: usize| world::ask(users[user], promo, tariff);
    redemption::apply(&store, &ask(0), world::now(), &OsRandom)
        .await
        .unwrap();

    let price = async |sql: &str, user: usize| {
        world
            .pool
            .execute(sql, &[(&promo, Type::INT8)])
            .await
            .unwrap();
        let (count, applied) = trips!(
            trips,
            redemption::apply(&store, &ask(user), world::now(), &OsRandom)
        );
        // The reservation is refused, since the cached versions are outdated; then come the facts, what changed, and
        // the use.
        assert_eq!(count, 4);
        match applied {
            ApplyOutcome::Applied(application) => application.quote.total.minor(),
            other => panic!("{other:?}"),
        }
    };
    let dearer = "UPDATE promotions SET effect_minor = 50
        WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = $1)";
    assert_eq!(price(dearer, 1).await, world::PRICE - 50);
    let of_campaign =
        "WITH made AS (INSERT INTO campaigns (title) VALUES ('Round trips ' || $1) RETURNING id)
        UPDATE promotions SET campaign_id = made.id FROM made
        WHERE promotions.id = (SELECT promotion_id FROM promo_codes WHERE id = $1)";
    assert_eq!(price(of_campaign, 2).await, world::PRICE - 50);
}

#[tokio::test]
async fn list_takes_one_round_trip_while_the_catalogue_is_unchanged() {
    let database = testkit::scratch::loyalty_url().await;
    let pool = Pool::new(&database, 1).unwrap();
    let world = World {
        store: LoyaltyStore::new(pool.clone()),
        pool,
    };
    let (store, trips) = counted_at(&database).await;
    let (user, _) = (world.user().await, world.tariff().await);
    let promo = world.promo(100, Limits::default()).await;
    let sql = "UPDATE promotions SET listed = true";
    world.pool.execute(sql, &[]).await.unwrap();
    let list = || store.list_codes(user, None, 50, world::now());

    let (count, codes) = trips!(trips, list());
    assert_eq!((count, codes.len()), (2, 1), "the catalogue is loaded");
    let (count, codes) = trips!(trips, list());
    assert_eq!((count, codes.len()), (1, 1));

    let sql = "UPDATE promo_codes SET state = 'disabled' WHERE id = $1";
    world
        .pool
        .execute(sql, &[(&promo, Type::INT8)])
        .await
        .unwrap();
    let (count, codes) = trips!(trips, list());
    assert_eq!((count, codes.len()), (3, 0), "the catalogue has changed");

    // A personal code takes another round trip, and at first one more for its promotion.
    let sql = "UPDATE promo_codes SET state = 'issued', user_id = $2 WHERE id = $1";
    let params: [pg::Param; 2] = [(&promo, Type::INT8), (&user, Type::UUID)];
    world.pool.execute(sql, &params).await.unwrap();
    list().await.unwrap();
    let (count, codes) = trips!(trips, list());
    assert_eq!((count, codes.len()), (2, 1));
}

#[tokio::test]
async fn answers_with_texts_take_another_round_trip_only_if_one_is_recorded() {
    let world = World::new(1);
    let (store, trips) = counted().await;
    let filter = async |listed: bool| {
        let promo = world.promo(100, Limits::default()).await;
        let sql = "UPDATE promotions p SET listed = $2 FROM promo_codes c
            WHERE c.id = $1 AND p.id = c.promotion_id RETURNING p.id";
        let params: [pg::Param; 2] = [(&promo, Type::INT8), (&listed, Type::BOOL)];
        CodeFilter {
            promotion_id: Some(world.number(sql, &params).await),
            ..CodeFilter::default()
        }
    };
    let (listed, unlisted) = (filter(true).await, filter(false).await);
    for (filter, role, expected, masked) in [
        (&listed, Role::Support, 0, false),
        (&listed, Role::Marketer, 0, false),
        (&unlisted, Role::Support, 0, true),
        (&unlisted, Role::Marketer, 1, false),
        (&unlisted, Role::Admin, 1, false),
    ] {
        let codes = store.find_codes(filter, i64::MAX, 1).await.unwrap();
        let reader = StaffReader::new(OsRandom.uuid(), role, world::now());
        let show = || store.show(&reader, |sight| sight.show(&codes[0].text));
        for time in ["first", "second"] {
            let (count, shown) = trips!(trips, show());
            assert_eq!((count, shown.masked), (expected, masked), "{role}, {time}");
        }
    }
    // Any role but those that may know texts sees none.
    let codes = store.find_codes(&unlisted, i64::MAX, 1).await.unwrap();
    let reader = StaffReader::new(OsRandom.uuid(), Role::User, world::now());
    let shown = store.show(&reader, |sight| sight.show(&codes[0].text));
    assert!(shown.await.unwrap().masked);
    assert!(
        format!("{:?}", codes[0].text).len() < 10,
        "not even when it is debugged"
    );
}

#[tokio::test]
async fn text_whose_reader_cannot_be_recorded_is_not_shown() {
    let database = testkit::scratch::loyalty_url().await;
    let pool = Pool::new(&database, 1).unwrap();
    let world = World {
        store: LoyaltyStore::new(pool.clone()),
        pool,
    };
    let promo = world.promo(100, Limits::default()).await;
    let code = world.store.find_code(PromoCodeId(promo)).await;
    let code = code.unwrap().unwrap();
    let sql = "ALTER TABLE insiders RENAME TO away";
    world.pool.execute(sql, &[]).await.unwrap();
    let reader = StaffReader::new(OsRandom.uuid(), Role::Marketer, world::now());
    let shown = world.store.show(&reader, |sight| sight.show(&code.text));
    assert!(shown.await.is_err());
    let typed = PromoRef::Text(PromoCode::candidates("SPRING30"));
    let call = TypedIn::Decisions(None);
    let recorded = world.store.record_typed(reader, &typed, call).await;
    assert!(recorded.is_err());
}
