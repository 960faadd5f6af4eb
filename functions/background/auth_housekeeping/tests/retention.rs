//! Purging old rows of the real database. Other tests share it, so each test looks only at its own rows.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::time::Duration;

use auth_housekeeping::{Removed, remove_old};
use auth_store::AuthStore;
use domain::Random;
use jiff::{SignedDuration, Timestamp};
use pg::{AdHoc, Param, Pool, Type};
use runtime::{OsRandom, SystemClock};
use testkit::account::{set_status, user};
use testkit::{join_all, now};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);

/// A run purges every test's old rows, so tests that create some take turns.
static TURN: Mutex<()> = Mutex::const_new(());

struct Scene {
    _turn: MutexGuard<'static, ()>,
    pool: Pool,
    store: AuthStore,
    user_id: Uuid,
}

fn ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24) * i32::try_from(days).unwrap()
}

impl Scene {
    async fn new() -> Scene {
        let url = std::env::var("AUTH_DATABASE_URL").expect("run `cargo local test`");
        let pool = Pool::new(&url, 4).unwrap();
        let store = AuthStore::new(pool.clone());
        let (user_id, _) = user(&store).await;
        Scene {
            _turn: TURN.lock().await,
            pool,
            store,
            user_id,
        }
    }

    /// Sessions of the user that were opened, expired and ended this many days ago; negative numbers are in the future.
    async fn sessions(
        &self,
        count: i64,
        opened: i64,
        expired: i64,
        ended: Option<i64>,
    ) -> Vec<Uuid> {
        let ids: Vec<Uuid> = (0..count).map(|_| OsRandom.uuid()).collect();
        let sql = "INSERT INTO sessions (id, user_id, refresh_hash, rotated_at, created_at, expires_at, revoked_at)
                   SELECT unnest($1), $2, '', $3, $3, $4, $5";
        let ended = ended.map(ago);
        let params: [Param; 5] = [
            (&ids, Type::UUID_ARRAY),
            (&self.user_id, Type::UUID),
            (&ago(opened), Type::TIMESTAMPTZ),
            (&ago(expired), Type::TIMESTAMPTZ),
            (&ended, Type::TIMESTAMPTZ),
        ];
        let opened = self.pool.execute(sql, &params).await.unwrap();
        assert_eq!(opened, u64::try_from(count).unwrap());
        ids
    }

    async fn session(&self, opened: i64, expired: i64, ended: Option<i64>) -> Uuid {
        self.sessions(1, opened, expired, ended).await[0]
    }

    /// An event that was written and published this many days ago.
    async fn event(&self, version: i64, written: i64, published: Option<i64>) -> Uuid {
        let id = OsRandom.uuid();
        let sql =
            "INSERT INTO outbox (event_id, user_id, status, version, occurred_at, published_at)
                   VALUES ($1, $2, 'active', $3, $4, $5)";
        let published = published.map(ago);
        let params: [Param; 5] = [
            (&id, Type::UUID),
            (&self.user_id, Type::UUID),
            (&version, Type::INT8),
            (&ago(written), Type::TIMESTAMPTZ),
            (&published, Type::TIMESTAMPTZ),
        ];
        assert_eq!(self.pool.execute(sql, &params).await.unwrap(), 1);
        id
    }

    /// A staff action on the user this many days ago. Returns the actor's ID, which identifies the row.
    async fn act(&self, days: i64) -> Uuid {
        let id = OsRandom.uuid();
        let sql = "INSERT INTO staff_actions (actor_id, user_id, action, occurred_at) VALUES ($1, $2, 'look_up', $3)";
        let params: [Param; 3] = [
            (&id, Type::UUID),
            (&self.user_id, Type::UUID),
            (&ago(days), Type::TIMESTAMPTZ),
        ];
        assert_eq!(self.pool.execute(sql, &params).await.unwrap(), 1);
        id
    }

    /// The IDs of the user's rows in a table.
    async fn left(&self, table: &str, id: &str) -> Vec<Uuid> {
        let sql = format!("SELECT {id} FROM {table} WHERE user_id = $1");
        let rows = self.pool.rows(&sql, &[(&self.user_id, Type::UUID)]).await;
        rows.unwrap().iter().map(|row| row.get(0)).collect()
    }

    async fn remove_old(&self, period: Duration) -> Removed {
        remove_old(period, &self.store, &SystemClock).await.unwrap()
    }
}

fn sorted(mut ids: Vec<Uuid>) -> Vec<Uuid> {
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn only_long_ended_sessions_are_purged() {
    let scene = Scene::new().await;
    scene.session(70, 32, None).await;
    scene.session(70, 5, Some(32)).await;
    scene.session(40, -5, Some(32)).await;
    // Ended long after it had expired.
    scene.session(70, 32, Some(1)).await;
    let kept = vec![
        scene.session(60, 29, None).await,
        scene.session(60, -1, Some(29)).await,
        // Opened long ago and refreshed ever since.
        scene.session(179, -1, None).await,
        scene.session(0, -30, None).await,
    ];
    scene.remove_old(MINUTE).await;
    assert_eq!(sorted(scene.left("sessions", "id").await), sorted(kept));
}

#[tokio::test]
async fn sessions_of_blocked_users_are_kept() {
    let scene = Scene::new().await;
    set_status(scene.user_id, "blocked").await;
    let live = scene.session(100, -1, None).await;
    scene.remove_old(MINUTE).await;
    assert_eq!(scene.left("sessions", "id").await, [live]);
}

#[tokio::test]
async fn only_long_published_events_are_purged() {
    let scene = Scene::new().await;
    let first = scene.left("outbox", "event_id").await;
    scene.event(2, 400, Some(31)).await;
    let mut kept = vec![
        scene.event(3, 400, Some(29)).await,
        // Not published yet. If a relay publishes it meanwhile, its publication is recent and it is kept as well.
        scene.event(4, 400, None).await,
    ];
    scene.remove_old(MINUTE).await;
    kept.extend(first);
    assert_eq!(sorted(scene.left("outbox", "event_id").await), sorted(kept));
}

#[tokio::test]
async fn staff_actions_are_kept_for_three_years() {
    let scene = Scene::new().await;
    scene.act(3 * 366 + 1).await;
    let kept = vec![scene.act(3 * 365).await, scene.act(0).await];
    scene.remove_old(MINUTE).await;
    let left = scene.left("staff_actions", "actor_id").await;
    assert_eq!(sorted(left), sorted(kept));
}

#[tokio::test]
async fn purge_runs_in_batches_beside_other_runners() {
    let scene = Scene::new().await;
    scene.sessions(4500, 70, 32, None).await;
    let young = scene.sessions(500, 70, 29, None).await;
    // With no time budget, each kind of row gets one batch; later runs continue.
    let first = scene.remove_old(Duration::ZERO).await;
    assert_eq!(first.sessions, 1000);
    let runs = join_all((0..4).map(|_| scene.remove_old(MINUTE))).await;
    let removed: u64 = runs.iter().map(|removed| removed.sessions).sum();
    assert_eq!(
        removed, 3500,
        "each row is removed by exactly one run: {runs:?}"
    );
    assert_eq!(sorted(scene.left("sessions", "id").await), sorted(young));
}
