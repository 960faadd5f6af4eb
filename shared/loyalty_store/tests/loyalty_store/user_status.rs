//! User status events on a real database.

use domain::{Clock, KnownStatus, Random, UserStatus};
use loyalty_store::StatusChange;
use pg::{AdHoc, Param, Type};
use runtime::{OsRandom, SystemClock};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::world::{Limits, World, event};

/// Statuses and applications, read and written directly in the database.
impl World {
    async fn status(&self, user: Uuid) -> (String, i64) {
        let sql = "SELECT status, version FROM users WHERE id = $1";
        let row = self.pool.row(sql, &[(&user, Type::UUID)]).await.unwrap();
        let row = row.expect("the user is known");
        (row.get(0), row.get(1))
    }

    /// Writes an application of `promo` in `state` the way the service does: under a lock on an active user. The
    /// transaction stays open for `seconds`.
    async fn hold(&self, promo: i64, user: Uuid, state: &str, seconds: f64) {
        let sql = "
            WITH owner AS (SELECT id FROM users WHERE id = $1 AND status = 'active' FOR NO KEY UPDATE),
            taken AS (
                INSERT INTO promotion_usage AS s (promotion_id, stripe, taken, spent_minor)
                SELECT promotion_id, 0, 1, 19800 FROM promo_codes, owner WHERE promo_codes.id = $2
                ON CONFLICT (promotion_id, stripe) DO UPDATE
                    SET taken = s.taken + 1, spent_minor = s.spent_minor + 19800
                RETURNING promotion_id
            ),
            hold AS (
                INSERT INTO applications (id, user_id, person_id, code_id, promotion_id, tariff_id, price_minor,
                    total_minor, created_at, expires_at, updated_at, code_version, promotion_version, tariff_version,
                    rule_set, stripe, code_counted, first_purchase, currency, state, observed)
                SELECT $3, $1, $1, $2, promotion_id, $4, 19900, 100, now(), now() + interval '30 min', now(), 1, 1, 1, 1,
                    0, false, false, 'RUB', $5, '{}'
                FROM taken RETURNING id
            )
            SELECT pg_sleep($6) FROM hold";
        let (id, tariff) = (OsRandom.uuid(), self.tariff().await);
        let params: [Param; 6] = [
            (&user, Type::UUID),
            (&promo, Type::INT8),
            (&id, Type::UUID),
            (&tariff, Type::INT8),
            (&state, Type::TEXT),
            (&seconds, Type::FLOAT8),
        ];
        assert_eq!(self.pool.rows(sql, &params).await.unwrap().len(), 1);
    }

    /// The state of the user's application of `promo`, and why it was cancelled.
    async fn application(&self, promo: i64, user: Uuid) -> (String, Option<String>) {
        let sql =
            "SELECT state, cancel_reason FROM applications WHERE code_id = $1 AND user_id = $2";
        let params: [Param; 2] = [(&promo, Type::INT8), (&user, Type::UUID)];
        let row = self.pool.row(sql, &params).await.unwrap().unwrap();
        (row.get(0), row.get(1))
    }
}

fn cancelled(reason: &str) -> (String, Option<String>) {
    ("cancelled".to_owned(), Some(reason.to_owned()))
}

#[tokio::test]
async fn older_event_never_overwrites_a_newer_one() {
    let world = World::new(8);
    let user = world.user().await;
    let third = event(user, 3, UserStatus::Blocked);
    assert_eq!(world.apply_event(&third).await, StatusChange::Applied);
    let second = event(user, 2, UserStatus::Active);
    assert_eq!(world.apply_event(&second).await, StatusChange::Stale);
    assert_eq!(world.status(user).await, ("blocked".to_owned(), 3));
}

#[tokio::test]
async fn newest_event_wins_in_any_order() {
    let world = World::new(8);
    let user = OsRandom.uuid();
    let mut tasks = JoinSet::new();
    for version in (1..=20).chain((1..=20).rev()) {
        let status = [UserStatus::Active, UserStatus::Blocked][version as usize % 2];
        let event = event(user, version, status);
        let store = world.store.clone();
        tasks.spawn(async move { store.apply_user_status(&event, SystemClock.now()).await });
    }
    for result in tasks.join_all().await {
        result.unwrap();
    }
    assert_eq!(world.status(user).await, ("active".to_owned(), 20));
}

#[tokio::test]
async fn duplicate_event_changes_nothing() {
    let world = World::new(8);
    let user = world.user().await;
    let blocked = event(user, 2, UserStatus::Blocked);
    assert_eq!(world.apply_event(&blocked).await, StatusChange::Applied);
    let active = event(user, 3, UserStatus::Active);
    assert_eq!(world.apply_event(&active).await, StatusChange::Applied);
    let promo = world.promo(100, Limits::default()).await;
    world.hold(promo, user, "applied", 0.0).await;
    for replayed in [&blocked, &active] {
        assert_eq!(world.apply_event(replayed).await, StatusChange::Duplicate);
    }
    assert_eq!(world.status(user).await, ("active".to_owned(), 3));
    assert_eq!(world.application(promo, user).await.0, "applied");
    assert_eq!(world.promotion_usage(promo).await.0, 1);
}

#[tokio::test]
async fn concurrent_deletions_release_each_use_once() {
    let world = World::new(8);
    let (user, other) = (world.user().await, world.user().await);
    let promos = [
        world.promo(100, Limits::default()).await,
        world.promo(100, Limits::default()).await,
    ];
    for promo in promos {
        world.hold(promo, user, "applied", 0.0).await;
        world.hold(promo, other, "applied", 0.0).await;
    }
    let (paying, used) = (
        world.promo(100, Limits::default()).await,
        world.promo(100, Limits::default()).await,
    );
    world.hold(paying, user, "paying", 0.0).await;
    world.hold(used, user, "used", 0.0).await;

    let deletion = event(user, 2, UserStatus::Deleted);
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (store, deletion) = (world.store.clone(), deletion.clone());
        tasks.spawn(async move { store.apply_user_status(&deletion, SystemClock.now()).await });
    }
    let changes = tasks.join_all().await.into_iter().map(Result::unwrap);
    assert_eq!(changes.filter(|c| *c == StatusChange::Applied).count(), 1);

    for promo in promos {
        assert_eq!(
            world.promotion_usage(promo).await.0,
            1,
            "the other user's use stays"
        );
        let own = world.application(promo, user).await;
        assert_eq!(own, cancelled("user_deleted"));
        assert_eq!(world.application(promo, other).await.0, "applied");
    }
    for (promo, state) in [(paying, "paying"), (used, "used")] {
        assert_eq!(world.promotion_usage(promo).await.0, 1);
        assert_eq!(world.application(promo, user).await.0, state);
    }
}

#[tokio::test]
async fn concurrent_blocks_of_users_with_shared_codes_succeed() {
    let world = World::new(8);
    let promos = [
        world.promo(100, Limits::default()).await,
        world.promo(100, Limits::default()).await,
        world.promo(100, Limits::default()).await,
    ];
    let mut users = Vec::new();
    for n in 0..20 {
        let user = world.user().await;
        for i in 0..promos.len() {
            // In a different order for each user, so that rows don't happen to lie in the order of the codes.
            let promo = promos[(n + i) % promos.len()];
            world.hold(promo, user, "applied", 0.0).await;
        }
        users.push(user);
    }
    let mut tasks = JoinSet::new();
    for user in users {
        let store = world.store.clone();
        let blocked = event(user, 2, UserStatus::Blocked);
        tasks.spawn(async move { store.apply_user_status(&blocked, SystemClock.now()).await });
    }
    for result in tasks.join_all().await {
        assert_eq!(result.unwrap(), StatusChange::Applied);
    }
    for promo in promos {
        assert_eq!(world.promotion_usage(promo).await.0, 0);
    }
}

#[tokio::test]
async fn application_written_during_deletion_is_released() {
    let world = World::new(8);
    let user = world.user().await;
    let promo = world.promo(100, Limits::default()).await;
    let deletion = event(user, 2, UserStatus::Deleted);
    let ((), change) = tokio::join!(world.hold(promo, user, "applied", 0.5), async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        world.apply_event(&deletion).await
    });
    assert_eq!(change, StatusChange::Applied);
    let hold = world.application(promo, user).await;
    assert_eq!(hold, cancelled("user_deleted"));
    assert_eq!(world.promotion_usage(promo).await.0, 0);
}

#[tokio::test]
async fn repairs_release_uses_and_keep_newer_statuses() {
    let world = World::new(8);
    let promo = world.promo(100, Limits::default()).await;
    let paying = world.promo(100, Limits::default()).await;
    let mut users = Vec::new();
    for _ in 0..4 {
        let user = world.user().await;
        world.hold(promo, user, "applied", 0.0).await;
        users.push(user);
    }
    let [blocked, deleted, active, newer] = users[..] else {
        panic!("four users")
    };
    world.hold(paying, deleted, "paying", 0.0).await;
    world
        .apply_event(&event(newer, 5, UserStatus::Active))
        .await;

    let statuses = [
        (blocked, UserStatus::Blocked, 2),
        (deleted, UserStatus::Deleted, 3),
        (active, UserStatus::Active, 2),
        (newer, UserStatus::Blocked, 4),
    ]
    .map(|(user_id, status, version)| KnownStatus {
        user_id,
        first_account_id: None,
        status,
        version,
    });
    let mut repaired = world
        .store
        .repair_statuses(&statuses, SystemClock.now())
        .await
        .unwrap();
    let mut expected = [blocked, deleted, active];
    repaired.sort();
    expected.sort();
    assert_eq!(repaired, expected);
    assert_eq!(world.status(newer).await, ("active".to_owned(), 5));
    for (user, hold) in [
        (blocked, cancelled("user_blocked")),
        (deleted, cancelled("user_deleted")),
        (active, ("applied".to_owned(), None)),
        (newer, ("applied".to_owned(), None)),
    ] {
        assert_eq!(world.application(promo, user).await, hold);
    }
    assert_eq!(world.promotion_usage(promo).await.0, 2);
    assert_eq!(world.application(paying, deleted).await.0, "paying");

    let again = world
        .store
        .repair_statuses(&statuses, SystemClock.now())
        .await;
    assert_eq!(again.unwrap(), [] as [Uuid; 0]);
    assert_eq!(world.promotion_usage(promo).await.0, 2);
    // An event with a known version changes nothing, whatever it says; a repair with the status from auth does.
    let other = event(active, 2, UserStatus::Blocked);
    assert_eq!(world.apply_event(&other).await, StatusChange::Stale);
    let contradicting = [KnownStatus {
        user_id: active,
        first_account_id: None,
        status: UserStatus::Blocked,
        version: 2,
    }];
    let repaired = world
        .store
        .repair_statuses(&contradicting, SystemClock.now())
        .await;
    assert_eq!(repaired.unwrap(), [active]);
    assert_eq!(world.promotion_usage(promo).await.0, 1);
}
