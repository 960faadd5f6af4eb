//! Limits hold under any concurrency, to the last use and the last kopeck.

use std::collections::HashSet;

use pg::{AdHoc, Param, Type};
use redemption::ApplyOutcome;
use testkit::rows;

use crate::world::{self, Limits, PRICE, World};

/// Connections to the pooler, and concurrent requests.
const CONNECTIONS: usize = 64;

/// Checks that all of these were refused for this reason and no other.
fn all_for(refused: &[Vec<String>], reason: &str) {
    let reasons: HashSet<_> = refused.iter().collect();
    assert_eq!(reasons, HashSet::from([&vec![reason.to_owned()]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn thousand_uses_for_ten_thousand_users() {
    let world = World::connected(CONNECTIONS).await;
    let (users, tariff) = (world.users(10_000).await, world.tariff().await);
    let limits = Limits {
        uses: Some(1_000),
        ..Limits::default()
    };
    let promo = world.promo(100, limits).await;
    let (held, refused) = world.apply_all(&users, &[promo], tariff, CONNECTIONS).await;
    assert_eq!((held.len(), refused.len()), (1_000, 9_000));
    all_for(&refused, "promo_limit_reached");
    let holders: HashSet<_> = held.iter().map(|hold| hold.id).collect();
    assert_eq!(holders.len(), 1_000);
    world.adds_up(&[promo]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn budget_is_spent_to_the_last_fitting_discount() {
    let world = World::connected(CONNECTIONS).await;
    let (users, tariff) = (world.users(400).await, world.tariff().await);
    // What a stripe gets is not a multiple of 777, so the last discounts need stripes to be consolidated.
    let limits = Limits {
        budget_minor: Some(777 * 100 + 776),
        ..Limits::default()
    };
    let promo = world.promo(777, limits).await;
    let (held, refused) = world.apply_all(&users, &[promo], tariff, CONNECTIONS).await;
    assert_eq!((held.len(), refused.len()), (100, 300));
    all_for(&refused, "promo_budget_reached");
    assert_eq!(world.promotion_usage(promo).await, (100, 777 * 100));
    world.adds_up(&[promo]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn campaign_limit_and_budget_cover_all_codes() {
    let world = World::connected(CONNECTIONS).await;
    let (users, tariff) = (world.users(400).await, world.tariff().await);
    let campaign = world
        .campaign(Limits {
            uses: Some(150),
            budget_minor: Some(1_000_000),
            ..Limits::default()
        })
        .await;
    let limits = Limits {
        uses: Some(20),
        campaign: Some(campaign),
        ..Limits::default()
    };
    let mut promos = vec![];
    for _ in 0..10 {
        promos.push(world.promo(1_000, limits).await);
    }
    let (held, refused) = world.apply_all(&users, &promos, tariff, CONNECTIONS).await;
    assert_eq!((held.len(), refused.len()), (150, 250));
    let by_campaign =
        |reasons: &Vec<String>| reasons.contains(&"campaign_limit_reached".to_owned());
    assert!(refused.iter().any(by_campaign));
    assert_eq!(world.campaign_usage(campaign).await, (150, 150_000));

    // A use that one code releases is available to another.
    let now = world::now();
    world
        .store
        .release_application(held[0].id, now)
        .await
        .unwrap();
    let another = world.promo(1_000, limits).await;
    let late = world.users(2).await;
    let (held, refused) = world.apply_all(&late, &[another], tariff, 1).await;
    assert_eq!((held.len(), refused.len()), (1, 1));
    all_for(&refused, "campaign_limit_reached");
    promos.push(another);
    world.adds_up(&promos).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_changed_under_load_is_kept() {
    let world = World::connected(CONNECTIONS).await;
    let (users, tariff) = (world.users(1_200).await, world.tariff().await);
    let limits = Limits {
        uses: Some(1_000),
        ..Limits::default()
    };
    let promo = world.promo(100, limits).await;
    let set = async |limit: i64| {
        let sql = "UPDATE promotions SET total_limit = $2 WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = $1)";
        let params: [Param; 2] = [(&promo, Type::INT8), (&limit, Type::INT8)];
        world.pool.execute(sql, &params).await.unwrap();
    };
    let (first, last) = users.split_at(600);
    let apply = world.apply_all(first, std::slice::from_ref(&promo), tariff, CONNECTIONS);
    let change = async {
        for limit in [500, 700, 300, 400] {
            set(limit).await;
        }
    };
    let ((mut held, refused), ()) = tokio::join!(apply, change);
    // How many applied before the limit fell below them is up to chance, but nobody can after that.
    assert!(
        held.len() >= 400 || refused.is_empty(),
        "{} held",
        held.len()
    );
    world.adds_up(&[promo]).await;

    set(held.len() as i64 - 50).await;
    let over = world.apply_all(&last[..20], &[promo], tariff, 20).await;
    assert_eq!(over.0.len(), 0, "50 too many are held");
    all_for(&over.1, "promo_limit_reached");
    for hold in held.drain(..60) {
        let now = world::now();
        world.store.release_application(hold.id, now).await.unwrap();
    }
    let (after, refused) = world
        .apply_all(&last[20..100], &[promo], tariff, CONNECTIONS)
        .await;
    assert_eq!((after.len(), refused.len()), (10, 70));
    world.adds_up(&[promo]).await;
}

/// The last use of the campaign has expired. One of two users gets it with another code, whether the sweeper releases
/// it before, during or after their requests.
#[tokio::test(flavor = "multi_thread")]
async fn expired_use_is_available_once() {
    let world = World::connected(6).await;
    let tariff = world.tariff().await;
    for _ in 0..30 {
        let users = world.users(3).await;
        let campaign = world
            .campaign(Limits {
                uses: Some(1),
                ..Limits::default()
            })
            .await;
        let limits = Limits {
            campaign: Some(campaign),
            ..Limits::default()
        };
        let (one, other) = (
            world.promo(PRICE, limits).await,
            world.promo(PRICE, limits).await,
        );
        let (held, _) = world.apply_all(&users[..1], &[one], tariff, 1).await;
        rows::expire_application(&world.pool, held[0].id).await;
        let promos = [other];
        let ((held, refused), swept) = tokio::join!(
            world.apply_all(&users[1..], &promos, tariff, 2),
            world.store.expire_applications(world::now()),
        );
        swept.unwrap();
        assert_eq!((held.len(), refused.len()), (1, 1));
        all_for(&refused, "campaign_limit_reached");
        world.adds_up(&[one, other]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_code_promotion_campaign_and_person_hold_at_once() {
    let world = World::connected(CONNECTIONS).await;
    let (users, tariff) = (world.users(300).await, world.tariff().await);
    let campaign = world
        .campaign(Limits {
            uses: Some(90),
            ..Limits::default()
        })
        .await;
    let limits = Limits {
        uses: Some(60),
        campaign: Some(campaign),
        ..Limits::default()
    };
    // Each promotion has 60 uses: its first code is limited to 40, its second to one, and its third to what is left.
    let mut codes = vec![];
    for _ in 0..2 {
        let first = world.promo(100, limits).await;
        world.limit_code(first, 40).await;
        let once = world.another_code(first).await;
        world.limit_code(once, 1).await;
        codes.extend([first, once, world.another_code(first).await]);
    }
    // Every user applies twice at the same time.
    let twice: Vec<_> = users.iter().flat_map(|user| [*user, *user]).collect();
    let (held, refused) = world.apply_all(&twice, &codes, tariff, CONNECTIONS).await;
    assert_eq!((held.len(), refused.len()), (90, 510));
    let of_code = |code: i64| held.iter().filter(|hold| hold.code_id.0 == code).count();
    for promotion in codes.chunks(3) {
        assert!(of_code(promotion[0]) <= 40, "{}", of_code(promotion[0]));
        assert_eq!(of_code(promotion[1]), 1);
        let all: usize = promotion.iter().map(|code| of_code(*code)).sum();
        assert!(all <= 60, "{all}");
    }
    let reasons: HashSet<&str> = refused.iter().flatten().map(String::as_str).collect();
    for reason in ["code_limit_reached", "campaign_limit_reached"] {
        assert!(reasons.contains(reason), "{reasons:?}");
    }
    world.adds_up(&codes).await;

    // A one-time code whose use is released can be applied again, once.
    let once = held.iter().find(|hold| hold.code_id.0 == codes[1]).unwrap();
    let now = world::now();
    world.store.release_application(once.id, now).await.unwrap();
    let late = world.users(20).await;
    let (again, _) = world.apply_all(&late, &codes[1..2], tariff, 20).await;
    assert_eq!(again.len(), 1);
    world.adds_up(&codes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_requests_of_one_user_stay_within_the_limit_per_user() {
    let world = World::connected(16).await;
    let user = world.user().await;
    let limits = Limits {
        per_user: Some(3),
        ..Limits::default()
    };
    let promo = world.promo(100, limits).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (world, tariff) = (world.clone(), world.tariff().await);
        tasks.spawn(async move { world.apply(user, promo, tariff).await });
    }
    let answers = tasks.join_all().await;
    let held = |answer: &&ApplyOutcome| matches!(answer, ApplyOutcome::Applied(_));
    assert_eq!(answers.iter().filter(held).count(), 3, "{answers:?}");
    world.adds_up(&[promo]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_set_during_first_uses_is_kept() {
    let world = World::connected(40).await;
    let (users, tariff) = (world.users(80).await, world.tariff().await);
    let campaign = world.campaign(Limits::default()).await;
    let limits = Limits {
        campaign: Some(campaign),
        ..Limits::default()
    };
    let (promo, of_campaign) = (
        world.promo(100, Limits::default()).await,
        world.promo(100, limits).await,
    );
    let url = runtime::required("LOYALTY_MIGRATION_URL", "run `cargo local test`").unwrap();
    let (staff, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let change = format!(
        "BEGIN;
        UPDATE promotions SET total_limit = 16 WHERE id = (SELECT promotion_id FROM promo_codes WHERE id = {promo});
        UPDATE campaigns SET total_limit = 16 WHERE id = {campaign};"
    );
    staff.batch_execute(&change).await.unwrap();
    let commit = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        staff.batch_execute("COMMIT").await.unwrap();
    };
    let (one, other) = users.split_at(40);
    let (promos, others) = ([promo], [of_campaign]);
    let ((held, _), (of_other, _), ()) = tokio::join!(
        world.apply_all(one, &promos, tariff, 20),
        world.apply_all(other, &others, tariff, 20),
        commit
    );
    assert_eq!((held.len(), of_other.len()), (16, 16));
    world.adds_up(&[promo, of_campaign]).await;
}
