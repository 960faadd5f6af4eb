//! The list of codes, page by page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use loyalty_store::LoyaltyStore;
use pg::{AdHoc, Param, Pool, Type};
use redemption::ApplyOutcome;
use uuid::Uuid;

use crate::world::{self, World};

/// Listed promotions that save from 1.00 to 30.00: every third is for a group without members, every fifth was used by
/// the user, and every seventh is used up. The user has personal codes in some, and has applied one code.
async fn scene() -> (World, Uuid) {
    let pool = Pool::new(&testkit::scratch::loyalty_url().await, 2).unwrap();
    let world = World {
        store: LoyaltyStore::new(pool.clone()),
        pool,
    };
    let (user, stranger, tariff) = (world.user().await, world.user().await, world.tariff().await);
    for sql in [
        "INSERT INTO user_groups (id, title) VALUES (1, 'nobody')",
        "INSERT INTO promotions (id, title, status, listed, effect, effect_minor, starts_at, audience_group_ids, total_limit)
         SELECT n, 'P' || n, 'active', n < 60, 'amount_off', 100 * (n / 2 + 1), now() - interval '1 day',
            CASE WHEN n % 3 = 0 THEN ARRAY[1] END, CASE WHEN n % 7 = 0 THEN 1 END
         FROM generate_series(1, 60) AS n",
        "INSERT INTO promo_codes (id, promotion_id, code) SELECT id, id, 'STORETEST' || id FROM promotions",
    ] {
        world.pool.execute(sql, &[]).await.unwrap();
    }
    let sql = "INSERT INTO promo_codes (id, promotion_id, code, user_id, max_uses)
        SELECT 100 + id, id, 'STORETEST' || 100 + id, $1, 1 FROM promotions WHERE id % 11 = 1";
    let params: [Param; 1] = [(&user, Type::UUID)];
    world.pool.execute(sql, &params).await.unwrap();
    for code in [7, 14, 28, 35, 49, 56] {
        let used_up = world.apply(stranger, code, world.tariff().await).await;
        assert!(matches!(used_up, ApplyOutcome::Applied(_)), "{used_up:?}");
    }
    for code in [5, 10, 20, 25, 40, 50, 55] {
        let used = world.apply(user, code, world.tariff().await).await;
        assert!(matches!(used, ApplyOutcome::Applied(_)), "{used:?}");
        world
            .pool
            .execute(
                "UPDATE applications SET state = 'used' WHERE code_id = $1",
                &[(&code, Type::INT8)],
            )
            .await
            .unwrap();
    }
    let held = world.apply(user, 59, tariff).await;
    assert!(matches!(held, ApplyOutcome::Applied(_)), "{held:?}");
    (world, user)
}

async fn ids(world: &World, user: Uuid, limit: usize) -> Vec<i64> {
    let (mut after, mut ids) = (None, vec![]);
    loop {
        let page = world.store.list_codes(user, after, limit, world::now());
        let page = page.await.unwrap();
        assert!(page.len() <= limit);
        let Some(last) = page.last() else {
            return ids;
        };
        after = Some(last.place);
        ids.extend(page.iter().map(|code| code.code.id.0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn list_is_served_while_the_catalogue_changes() {
    let (world, user) = scene().await;
    let expected = ids(&world, user, 1000).await;
    let (done, changing) = (Arc::new(AtomicBool::new(false)), world.clone());
    let finished = done.clone();
    let changes = tokio::spawn(async move {
        let mut changes = 0;
        while !finished.load(Ordering::Relaxed) {
            let sql = "UPDATE promotions SET title = title || '.' WHERE id = 1";
            changing.pool.execute(sql, &[]).await.unwrap();
            changes += 1;
        }
        changes
    });
    for _ in 0..100 {
        assert_eq!(ids(&world, user, 1000).await, expected);
    }
    done.store(true, Ordering::Relaxed);
    assert!(changes.await.unwrap() > 100);
}

#[tokio::test]
async fn page_size_does_not_change_the_order() {
    let (world, user) = scene().await;
    let all = ids(&world, user, 1000).await;
    let own: Vec<i64> = all.iter().copied().filter(|id| *id > 100).collect();
    assert_eq!(all[0], 59, "the applied code comes first");
    assert_eq!(
        own,
        [134, 123, 101],
        "the user's personal codes that pass, the largest saving first"
    );
    let listed: Vec<i64> = all.iter().copied().filter(|id| *id < 59).collect();
    let expected = (1..59).rev();
    let expected = expected.filter(|n| n % 3 != 0 && n % 7 != 0);
    let mut expected: Vec<i64> = expected
        .filter(|n| ![5, 10, 20, 25, 40, 50, 55].contains(n))
        .collect();
    // Of two with equal savings, the lower ID comes first.
    expected.sort_by_key(|n| (std::cmp::Reverse(n / 2), *n));
    assert_eq!(listed, expected);
    for limit in [1, 2, 3, 5, 8, 13] {
        assert_eq!(ids(&world, user, limit).await, all, "pages of {limit}");
    }
}

#[tokio::test]
async fn blocked_user_is_shown_nothing() {
    let (world, user) = scene().await;
    let sql = "UPDATE users SET status = 'blocked' WHERE id = $1";
    world
        .pool
        .execute(sql, &[(&user, Type::UUID)])
        .await
        .unwrap();
    // Except for the applied code: a payment may be in progress.
    assert_eq!(ids(&world, user, 10).await, [59]);
}
