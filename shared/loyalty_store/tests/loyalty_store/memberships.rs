//! The group memberships of deleted users.

use domain::{Clock, KnownStatus, Random, Title, UserStatus};
use loyalty_store::{Change, MembershipOutcome};
use pg::{AdHoc, Type};
use runtime::{OsRandom, SystemClock};
use tokio::time::{Duration, Instant, sleep};
use uuid::Uuid;

use crate::world::{World, event};

/// More than ten times as long as anything here takes.
const TIMEOUT: Duration = Duration::from_secs(20);

fn by_staff() -> Change {
    Change {
        actor_id: OsRandom.uuid(),
        at: SystemClock.now(),
        request: None,
    }
}

impl World {
    async fn group(&self) -> i64 {
        let title = Title::parse(&OsRandom.uuid().to_string()).unwrap();
        let group = self.store.create_group(&title, by_staff()).await;
        group.unwrap().id
    }

    async fn add(&self, group: i64, users: &[Uuid]) -> MembershipOutcome {
        let added = self.store.change_members(group, users, &[], by_staff());
        added.await.unwrap()
    }

    /// Whether a statement like this waits for a lock.
    async fn waiting(&self, like: &str) -> bool {
        let sql = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1";
        let rows = self.pool.rows(sql, &[(&like, Type::TEXT)]).await;
        !rows.unwrap().is_empty()
    }

    async fn wait_until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let end = Instant::now() + TIMEOUT;
        while !is_so().await {
            assert!(Instant::now() < end, "timed out: {what}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn groups_of(&self, user: Uuid) -> Vec<i64> {
        let groups = self.store.find_groups(Some(user), 0, 100).await.unwrap();
        groups.iter().map(|group| group.id).collect()
    }
}

#[tokio::test]
async fn deleted_user_leaves_groups_and_blocked_user_stays() {
    let world = World::new(8);
    let groups = [world.group().await, world.group().await];
    let users = [
        world.user().await,
        world.user().await,
        world.user().await,
        world.user().await,
    ];
    for group in groups {
        let all = MembershipOutcome::Done {
            added: 4,
            removed: 0,
        };
        assert_eq!(world.add(group, &users).await, all);
    }
    let [told_by_event, repaired, blocked, active] = users;
    world
        .apply_event(&event(told_by_event, 2, UserStatus::Deleted))
        .await;
    world
        .apply_event(&event(blocked, 2, UserStatus::Blocked))
        .await;
    let deleted = [KnownStatus {
        first_account_id: None,
        user_id: repaired,
        status: UserStatus::Deleted,
        version: 2,
    }];
    let done = world.store.repair_statuses(&deleted, SystemClock.now());
    assert_eq!(done.await.unwrap(), [repaired]);
    for gone in [told_by_event, repaired] {
        assert_eq!(world.groups_of(gone).await, [] as [i64; 0]);
        let added = world.add(groups[0], &[gone]).await;
        assert_eq!(added, MembershipOutcome::Unknown(vec![gone]));
    }
    for here in [blocked, active] {
        assert_eq!(world.groups_of(here).await, groups);
    }
}

#[tokio::test]
async fn user_added_during_deletion_leaves_the_group() {
    let world = World::new(8);
    let (group, user) = (world.group().await, world.user().await);
    // Another transaction has locked the group, so that adding the user has begun but can't finish.
    let url = runtime::required("LOYALTY_DATABASE_URL", "run `cargo local test`").unwrap();
    let (busy, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let lock = format!("BEGIN; SELECT FROM user_groups WHERE id = {group} FOR UPDATE");
    busy.batch_execute(&lock).await.unwrap();
    let adder = world.clone();
    let adding = tokio::spawn(async move { adder.add(group, &[user]).await });
    world
        .wait_until("adding waits", async || {
            world.waiting("%WITH the_group AS%").await
        })
        .await;
    let deleter = world.clone();
    let deletion = event(user, 2, UserStatus::Deleted);
    let deleting = tokio::spawn(async move { deleter.apply_event(&deletion).await });
    let what = "deleting is done or waits";
    let deleting_began =
        async || deleting.is_finished() || world.waiting("%apply_user_status(%").await;
    world.wait_until(what, deleting_began).await;
    busy.batch_execute("COMMIT").await.unwrap();

    adding.await.unwrap();
    deleting.await.unwrap();
    assert_eq!(world.groups_of(user).await, [] as [i64; 0]);
}
