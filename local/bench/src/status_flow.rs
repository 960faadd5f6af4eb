//! How long a change of a user's status takes from its commit on the auth side until the loyalty side can see it:
//! outbox, relay, RabbitMQ, consumer, with the worker that is deployed.

use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};

use auth_store::{AuthStore, NewUser, PasswordHash};
use domain::{Clock, Email, Password, Random};
use runtime::{OsRandom, SystemClock};
use tokio::process::{Child, Command};
use tokio::time::sleep;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Result;
use crate::arrival::{self, BETWEEN, LOOK, TIMEOUT};
use crate::latencies::Latencies;
use crate::options::Options;
use crate::report::{Goal, millis};
use crate::subjects::PASSWORD;
use crate::world::World;

/// What it is called.
pub const NAME: &str = "status, from commit to visible in loyalty";

/// Changes that are measured.
const CHANGES: usize = 1000;
/// Changes that wait when the backlog is measured.
const BACKLOG: u64 = 5000;
const AT_MOST: Duration = Duration::from_secs(1);

/// Registers users, and looks for each on the loyalty side.
///
/// # Errors
/// When the worker does not start or a change does not arrive.
pub async fn goal(world: &World, options: &Options) -> Result<Goal> {
    let _worker = start_worker(options)?;
    let flow = Flow {
        world,
        auth: AuthStore::from_env()?,
        hash: PasswordHash::of(Password::entered(PASSWORD.to_owned()), &OsRandom).await?,
    };
    // The worker takes a moment to start, and has to catch up with what other measurements have left.
    flow.measure(1).await?;
    flow.until_drained().await?;
    let latencies = Latencies::of(flow.measure(CHANGES).await?);
    let [p50, p95, p99] = [50, 95, 99].map(|percent| latencies.percentile(percent));
    let backlog = flow.backlog().await?;
    Ok(Goal {
        text: format!(
            "{NAME}: p50 {} ms, p95 {} ms, p99 {} ms at {} changes/s (p99 below {}); {BACKLOG} at once: {backlog:.0}/s",
            millis(p50),
            millis(p95),
            millis(p99),
            1000 / BETWEEN.as_millis(),
            AT_MOST.as_millis(),
        ),
        met: p99 < AT_MOST,
    })
}

fn start_worker(options: &Options) -> Result<Child> {
    let log = File::create(options.logs.join("worker.log"))?;
    let worker = Command::new(&options.worker)
        .env("PG_POOL_SIZE", "8")
        .env("RUST_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    Ok(worker)
}

struct Flow<'a> {
    world: &'a World,
    auth: AuthStore,
    hash: PasswordHash,
}

impl Flow<'_> {
    /// The times of `changes` changes, each from its commit until the loyalty side knows it.
    async fn measure(&self, changes: usize) -> Result<Vec<Duration>> {
        let register = async || Ok((self.register().await?, Instant::now()));
        arrival::measure(changes, register, async |users| self.known(users).await).await
    }

    async fn register(&self) -> Result<Uuid> {
        let id = OsRandom.uuid();
        let email = Email::parse(&format!("{}@bench.example", id.simple()))?;
        let user = NewUser {
            id,
            email: &email,
            name: None,
            password_hash: &self.hash,
            // Nobody's: no account of the address was deleted.
            tombstone: [0; 32],
            event_id: OsRandom.uuid(),
        };
        self.auth.register(&user, SystemClock.now()).await?;
        Ok(id)
    }

    async fn known(&self, users: &[Uuid]) -> Result<Vec<Uuid>> {
        let sql = "SELECT id FROM users WHERE id = ANY ($1)";
        self.world
            .loyalty
            .values(sql, &[(&users, Type::UUID_ARRAY)])
            .await
    }

    /// Changes a second while many wait.
    async fn backlog(&self) -> Result<f64> {
        let subjects = self.world.take(BACKLOG);
        self.world.add_accounts(subjects).await?;
        let sql = "INSERT INTO outbox (event_id, user_id, status, version, occurred_at)
            SELECT gen_random_uuid(), lpad(n::text, 32, '0')::uuid, 'active', 1, now()
            FROM generate_series($1, $2 - 1) AS n";
        let [first, end] = [subjects.numbers().start, subjects.numbers().end].map(i64::try_from);
        let (first, end) = (first?, end?);
        let params = [(&first as _, Type::INT8), (&end as _, Type::INT8)];
        let started = Instant::now();
        self.world.auth.execute(sql, &params).await?;
        self.until_drained().await?;
        let known = "SELECT count(*) FROM users
            WHERE id BETWEEN lpad($1::text, 32, '0')::uuid AND lpad(($2 - 1)::text, 32, '0')::uuid";
        while self.world.loyalty.value::<i64>(known, &params).await? < end - first {
            if started.elapsed() > TIMEOUT {
                return Err("not all changes reached the loyalty side".into());
            }
            sleep(LOOK).await;
        }
        Ok((end - first) as f64 / started.elapsed().as_secs_f64())
    }

    async fn until_drained(&self) -> Result<()> {
        let started = Instant::now();
        while self.auth.outbox().backlog().await?.depth > 0 {
            if started.elapsed() > TIMEOUT {
                return Err("the outbox is not drained".into());
            }
            sleep(LOOK).await;
        }
        Ok(())
    }
}
