//! The group memberships of deleted users.

use domain::{Clock, KnownStatus, Random, Title, UserStatus};
use loyalty_store::{Change, GroupFilter, ImportMode, ImportOutcome, MembershipOutcome};
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

fn sorted(users: &[Uuid]) -> Vec<Uuid> {
    let mut users = users.to_vec();
    users.sort();
    users
}

impl World {
    async fn group(&self) -> i64 {
        let title = Title::parse(&OsRandom.uuid().to_string()).unwrap();
        let group = self.store.create_group(&title, by_staff()).await;
        group.unwrap()
    }

    async fn add(&self, group: i64, users: &[Uuid]) -> MembershipOutcome {
        let added = self.store.change_members(group, users, &[], by_staff());
        added.await.unwrap()
    }

    async fn members(&self, group: i64) -> Vec<Uuid> {
        let members = self.store.export_members(group, None, 100).await.unwrap();
        let members = members.unwrap().into_iter();
        members.map(|member| member.user_id).collect()
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
        let filter = GroupFilter {
            user_id: Some(user),
            ..GroupFilter::default()
        };
        let keyset = pg::Keyset {
            sort: "id",
            descending: false,
            after: None,
            limit: 100,
        };
        let page = self.store.list_groups(&filter, &keyset).await.unwrap();
        assert_eq!(page.total, Some(page.rows.len() as i64));
        page.rows.iter().map(|(_, group)| group.id).collect()
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
async fn import_is_all_or_nothing() {
    let world = World::new(8);
    let group = world.group().await;
    let users = world.users(4).await;
    let import = async |mode, users: &[Uuid], dry_run| {
        let done = world
            .store
            .import_members(group, mode, users, dry_run, by_staff());
        done.await.unwrap()
    };
    let done = |added, removed| ImportOutcome::Done { added, removed };
    for (mode, users, outcome, members) in [
        (ImportMode::Add, &users[..3], done(3, 0), &users[..3]),
        (ImportMode::Remove, &users[2..], done(0, 1), &users[..2]),
        (ImportMode::Replace, &users[1..], done(2, 1), &users[1..]),
        (ImportMode::Replace, &[], done(0, 3), &[]),
    ] {
        assert_eq!(import(mode, users, true).await, outcome);
        assert_eq!(import(mode, users, false).await, outcome);
        assert_eq!(import(mode, users, false).await, done(0, 0));
        assert_eq!(world.members(group).await, sorted(members));
    }
    let nobody: Vec<Uuid> = (0..120).map(Uuid::from_u128).collect();
    let mixed = [&users[..1], &nobody].concat();
    for mode in [ImportMode::Add, ImportMode::Remove, ImportMode::Replace] {
        let unknown = ImportOutcome::Unknown {
            first: (1..=100).collect(),
            count: 120,
        };
        assert_eq!(import(mode, &mixed, false).await, unknown);
    }
    assert_eq!(world.members(group).await, [] as [Uuid; 0]);
    let none = world
        .store
        .import_members(i64::MAX, ImportMode::Add, &users, false, by_staff());
    assert_eq!(none.await.unwrap(), ImportOutcome::NoGroup);
    // What was removed is kept for questions about a past time.
    let sql = "SELECT count(*) FROM past_group_members WHERE group_id = $1";
    assert_eq!(world.number(sql, &[(&group, Type::INT8)]).await, 5);
}

#[tokio::test]
async fn user_deleted_during_import_leaves_the_group() {
    let world = World::new(8);
    let (group, users) = (world.group().await, world.users(3).await);
    // The deletion has ended the memberships that it sees, but has not committed.
    let url = runtime::required("LOYALTY_DATABASE_URL", "run `cargo local test`").unwrap();
    let (deleting, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let (gone, left) = (users[1], sorted(&[users[0], users[2]]));
    let delete = format!(
        "BEGIN; UPDATE users SET status = 'deleted', version = 2 WHERE id = '{gone}';
         DELETE FROM group_members WHERE user_id = '{gone}'"
    );
    deleting.batch_execute(&delete).await.unwrap();
    let importer = world.clone();
    let importing = tokio::spawn(async move {
        let (mode, store) = (ImportMode::Add, &importer.store);
        store
            .import_members(group, mode, &users, false, by_staff())
            .await
    });
    world
        .wait_until("the import waits", async || {
            world.waiting("%import_members(%").await
        })
        .await;
    deleting.batch_execute("COMMIT").await.unwrap();
    // As if the import had come first.
    let done = ImportOutcome::Done {
        added: 3,
        removed: 0,
    };
    assert_eq!(importing.await.unwrap().unwrap(), done);
    assert_eq!(world.members(group).await, left);
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
            world.waiting("%change_members(%").await
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
