//! Reconciling two real databases that have drifted apart.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::time::Duration;

use auth_store::{AuthStore, Deletion};
use domain::{Clock, KnownStatus, Random, UserStatus};
use events::UserStatusChanged;
use loyalty_store::LoyaltyStore;
use pg::{AdHoc, Param, Pool, Type};
use runtime::{OsRandom, SystemClock};
use status_reconciler::{Report, reconcile};
use testkit::scratch;
use tokio::task::JoinSet;
use uuid::Uuid;

struct World {
    auth: Pool,
    loyalty: Pool,
    auth_store: AuthStore,
    loyalty_store: LoyaltyStore,
}

impl World {
    async fn new() -> World {
        let (auth, loyalty) = (
            scratch::auth_database().await,
            scratch::loyalty_database().await,
        );
        World {
            auth_store: AuthStore::new(auth.clone()),
            loyalty_store: LoyaltyStore::new(loyalty.clone()),
            auth,
            loyalty,
        }
    }

    async fn reconcile(&self) -> Report {
        self.reconcile_but_for(Duration::ZERO).await
    }

    async fn reconcile_but_for(&self, settling: Duration) -> Report {
        let stores = (&self.auth_store, &self.loyalty_store);
        let report = reconcile(stores.0, stores.1, &SystemClock, settling).await;
        report.unwrap()
    }

    /// Inserts `count` accounts into the auth database only, last changed an hour ago.
    async fn accounts(&self, count: i32, status: UserStatus, version: i64) {
        let sql = "INSERT INTO users (id, email, email_key, password_hash, status, version, created_at, updated_at)
            SELECT id, mail, mail, CASE WHEN mail IS NOT NULL THEN 'none' END, $2, $3, $4, $4
            FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1)) AS made,
                LATERAL (SELECT CASE WHEN $2 <> 'deleted' THEN id || '@test' END AS mail) AS mails";
        let params: [Param; 4] = [
            (&count, Type::INT4),
            (&status.as_str(), Type::TEXT),
            (&version, Type::INT8),
            (
                &(SystemClock.now() - Duration::from_secs(3600)),
                Type::TIMESTAMPTZ,
            ),
        ];
        let made = self.auth.execute(sql, &params).await.unwrap();
        assert_eq!(made, u64::try_from(count).unwrap());
    }

    async fn account(&self, status: UserStatus, version: i64) -> Uuid {
        let before = statuses(&self.auth).await;
        self.accounts(1, status, version).await;
        let mut all = statuses(&self.auth).await;
        all.retain(|one| !before.contains(one));
        all[0].user_id
    }

    /// Inserts a status into the loyalty database directly, without an event.
    async fn known(&self, user_id: Uuid, status: UserStatus, version: i64) {
        let sql = "INSERT INTO users (id, status, version, updated_at) VALUES ($1, $2, $3, now())";
        let params: [Param; 3] = [
            (&user_id, Type::UUID),
            (&status.as_str(), Type::TEXT),
            (&version, Type::INT8),
        ];
        assert_eq!(self.loyalty.execute(sql, &params).await.unwrap(), 1);
    }

    async fn agree(&self) -> bool {
        statuses(&self.auth).await == statuses(&self.loyalty).await
    }
}

/// All statuses in a database, ordered by user ID.
async fn statuses(side: &Pool) -> Vec<KnownStatus> {
    let sql = "SELECT id, status, version, first_account_id FROM users ORDER BY id";
    let rows = side.rows(sql, &[]).await.unwrap();
    let known = |row: &pg::Row| KnownStatus {
        user_id: row.get(0),
        status: row.get::<_, &str>(1).parse().unwrap(),
        version: row.get(2),
        first_account_id: row.get(3),
    };
    rows.iter().map(known).collect()
}

fn counts(report: &Report) -> [u64; 6] {
    [
        report.missing.count,
        report.outdated.count,
        report.contradicting.count,
        report.under_way,
        report.ahead.count,
        report.unknown.count,
    ]
}

#[tokio::test]
async fn reconcile_fills_an_empty_loyalty_database() {
    let world = World::new().await;
    // More than two pages.
    world.accounts(2300, UserStatus::Active, 1).await;
    world.accounts(150, UserStatus::Blocked, 4).await;
    world.accounts(50, UserStatus::Deleted, 2).await;
    let report = world.reconcile().await;
    assert_eq!(report.users, 2500);
    assert_eq!(counts(&report), [2500, 0, 0, 0, 0, 0]);
    assert_eq!(report.missing.first.len(), 100);
    assert!(world.agree().await);
    assert_eq!(counts(&world.reconcile().await), [0; 6]);
}

#[tokio::test]
async fn reconcile_repairs_drift_and_keeps_newer_statuses() {
    let world = World::new().await;
    // Users that only loyalty knows come in between, so that pages end at different users in the two databases.
    world.accounts(1200, UserStatus::Active, 1).await;
    world.reconcile().await;
    for n in 0..1100 {
        world
            .known(OsRandom.uuid(), UserStatus::Active, 1 + n % 3)
            .await;
    }
    let missing = world.account(UserStatus::Active, 1).await;
    let outdated = world.account(UserStatus::Blocked, 3).await;
    world.known(outdated, UserStatus::Active, 1).await;
    let contradicting = world.account(UserStatus::Blocked, 2).await;
    world.known(contradicting, UserStatus::Active, 2).await;
    let deleted = world.account(UserStatus::Deleted, 2).await;
    world.known(deleted, UserStatus::Active, 1).await;
    let ahead = world.account(UserStatus::Active, 1).await;
    world.known(ahead, UserStatus::Deleted, 2).await;

    let anew = world.account(UserStatus::Active, 1).await;
    let sql = "UPDATE users SET first_account_id = $2 WHERE id = $1";
    let params: [pg::Param; 2] = [(&anew, Type::UUID), (&deleted, Type::UUID)];
    assert_eq!(world.auth.execute(sql, &params).await.unwrap(), 1);
    world.known(anew, UserStatus::Active, 1).await;

    let report = world.reconcile().await;
    assert_eq!(counts(&report), [1, 2, 2, 0, 1, 1100]);
    assert_eq!(report.users, 1206);
    assert_eq!(report.missing.first, [missing]);
    let mut reported = report.outdated.first.clone();
    reported.sort();
    let mut expected = [outdated, deleted];
    expected.sort();
    assert_eq!(reported, expected);
    let mut reported = report.contradicting.first.clone();
    reported.sort();
    let mut expected = [contradicting, anew];
    expected.sort();
    assert_eq!(reported, expected);
    assert_eq!(report.ahead.first, [ahead]);
    assert_eq!((report.repaired(), report.unresolved()), (5, 1101));

    let known = statuses(&world.loyalty).await;
    let of = |user| known.iter().find(|known| known.user_id == user).unwrap();
    for (user, status, version) in [
        (missing, UserStatus::Active, 1),
        (outdated, UserStatus::Blocked, 3),
        (contradicting, UserStatus::Blocked, 2),
        (deleted, UserStatus::Deleted, 2),
        (ahead, UserStatus::Deleted, 2),
    ] {
        assert_eq!((of(user).status, of(user).version), (status, version));
    }
    let text = report.to_string();
    for part in [
        "1206 users compared, 5 repaired, 0 with a change under way",
        "1 were missing",
        "2 were outdated",
        &deleted.to_string(),
        "1100 NOT repaired: unknown to auth",
        "  and 1000 more",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(counts(&world.reconcile().await), [0, 0, 0, 0, 1, 1100]);
}

#[tokio::test]
async fn reconcile_deletes_erased_accounts() {
    let world = World::new().await;
    let user = world.account(UserStatus::Active, 1).await;
    world.reconcile().await;
    let deletion = Deletion {
        user_id: user,
        email_key: &format!("{user}@test"),
        tombstone: [7; 32],
        event_id: OsRandom.uuid(),
    };
    let deleted = world
        .auth_store
        .delete_account(&deletion, SystemClock.now())
        .await;
    assert!(deleted.unwrap().is_some());
    // The event is never delivered.
    let report = world.reconcile().await;
    assert_eq!(report.outdated.first, [user]);
    let known = statuses(&world.loyalty).await;
    assert_eq!(known[0].status, UserStatus::Deleted);
}

#[tokio::test]
async fn reconcile_leaves_recent_changes_to_their_events() {
    let world = World::new().await;
    let user = world.account(UserStatus::Active, 1).await;
    let report = world.reconcile_but_for(Duration::from_secs(7200)).await;
    assert_eq!(counts(&report), [0, 0, 0, 1, 0, 0]);
    assert!(statuses(&world.loyalty).await.is_empty());
    let report = world.reconcile_but_for(Duration::from_secs(1800)).await;
    assert_eq!(report.missing.first, [user]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_events_and_repairs_keep_the_newest() {
    let world = World::new().await;
    world.accounts(300, UserStatus::Active, 1).await;
    let users: Vec<Uuid> = statuses(&world.auth)
        .await
        .iter()
        .map(|one| one.user_id)
        .collect();
    let mut tasks = JoinSet::new();
    for task in 0..2 {
        let (auth, loyalty) = (world.auth_store.clone(), world.loyalty_store.clone());
        tasks.spawn(async move {
            for _ in 0..10 {
                let done = reconcile(&auth, &loyalty, &SystemClock, Duration::ZERO).await;
                let report = done.unwrap();
                // Auth changes before loyalty learns of it, so no user may be reported as ahead of auth.
                assert_eq!(report.unresolved(), 0, "run {task}: {report}");
            }
        });
    }
    for users in users.chunks(100).map(<[Uuid]>::to_vec) {
        let (auth, loyalty) = (world.auth.clone(), world.loyalty_store.clone());
        tasks.spawn(async move {
            for user in users {
                let status =
                    [UserStatus::Blocked, UserStatus::Active][user.as_bytes()[15] as usize % 2];
                let sql =
                    "UPDATE users SET version = 2, status = $2, updated_at = now() WHERE id = $1";
                let params: [Param; 2] = [(&user, Type::UUID), (&status.as_str(), Type::TEXT)];
                assert_eq!(auth.execute(sql, &params).await.unwrap(), 1);
                let event = UserStatusChanged {
                    event_id: OsRandom.uuid(),
                    user_id: user,
                    status,
                    version: 2,
                    occurred_at: SystemClock.now(),
                    first_account_id: None,
                };
                loyalty
                    .apply_user_status(&event, SystemClock.now())
                    .await
                    .unwrap();
            }
        });
    }
    tasks.join_all().await;
    assert!(world.agree().await);
}
