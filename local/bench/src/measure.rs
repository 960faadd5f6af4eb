//! One line of the report: an endpoint under so many connections, and its floor right after.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio_postgres::types::Type;

use crate::Result;
use crate::capture::{Captured, hold_script, prepare};
use crate::case::{Case, Floor, Supply};
use crate::latencies::Latencies;
use crate::load::{self, Connection, Measured, Request, Requests};
use crate::passwords;
use crate::world::{Subjects, World, id};

/// Connections are open and caches warm after this.
const WARM_UP: Duration = Duration::from_millis(500);
/// Subjects for so many connections at full speed: more connections share the same CPUs.
const BUSY_CONNECTIONS: u64 = 4;
/// The floor is measured with so many times the requests, since it is faster.
const FLOOR_SHARE: (u64, u64) = (3, 2);

/// What was measured.
pub struct Row {
    /// The endpoint.
    pub case: Case,
    /// How many connections there were.
    pub connections: u64,
    /// Requests a second.
    pub rate: f64,
    /// How long they took.
    pub latencies: Latencies,
    /// The floor, in the same unit as `rate`.
    pub floor: Option<f64>,
    /// The statements of one request.
    pub statements: usize,
}

impl Row {
    /// The part of the floor's rate that is reached.
    pub fn ratio(&self) -> Option<f64> {
        self.floor.map(|floor| self.rate / floor)
    }
}

/// Measures `of` for `seconds`.
///
/// # Errors
/// When a request or a transaction fails, or did not do what it should have.
pub async fn row(
    world: &World,
    captured: &[Captured],
    of: &Captured,
    connections: u64,
    seconds: u64,
) -> Result<Row> {
    let case = of.case;
    let holds = hold_script(captured);
    let length = Duration::from_secs(seconds);
    let subjects = world.take(match case.subjects() {
        Supply::Again(count) => count,
        Supply::Once => {
            case.most_per_connection() * connections.min(BUSY_CONNECTIONS) * (seconds + 1)
        }
    });
    prepare(world, case, subjects, holds, |n| n).await?;
    let measured = requests(world, case, subjects, connections, length).await?;
    check(world, case, subjects, measured.total).await?;

    let floor = match case.floor() {
        Floor::None => None,
        Floor::Password(work) => Some(passwords::rate(work, connections, WARM_UP, length).await?),
        Floor::Sql => {
            let wanted = measured.latencies.count() as u64 * FLOOR_SHARE.0 / FLOOR_SHARE.1;
            let times = wanted.div_ceil(connections);
            let subjects = world.take(match case.subjects() {
                Supply::Again(count) => count,
                Supply::Once => times * connections,
            });
            prepare(world, case, subjects, holds, |_| of.model).await?;
            let pooler = &case.database(world).pooler;
            let rate = world
                .pgbench
                .run(pooler, &of.script, subjects, connections, times)
                .await?;
            check(world, case, subjects, times * connections).await?;
            Some(rate)
        }
    };
    Ok(Row {
        case,
        connections,
        rate: measured.rate(),
        latencies: measured.latencies,
        floor,
        statements: of.statements,
    })
}

async fn requests(
    world: &World,
    case: Case,
    subjects: Subjects,
    connections: u64,
    length: Duration,
) -> Result<Measured> {
    let made: Result<Vec<Request>> = subjects.numbers().map(|n| case.request(world, n)).collect();
    let made = made?.into_iter();
    let requests: Requests = match case.subjects() {
        Supply::Once => Rc::new(RefCell::new(made)),
        Supply::Again(_) => Rc::new(RefCell::new(made.cycle())),
    };
    let mut workers = Vec::new();
    for _ in 0..connections {
        workers.push(Connection::open(world.address, requests.clone()).await?);
    }
    load::measure(workers, WARM_UP, length).await
}

/// What was answered, or committed, must be there.
async fn check(world: &World, case: Case, subjects: Subjects, done: u64) -> Result<()> {
    let Some(trace) = case.trace() else {
        return Ok(());
    };
    let last = id(subjects.first + subjects.count - 1)?;
    let params: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
        [(&id(subjects.first)?, Type::UUID), (&last, Type::UUID)];
    let found: i64 = case.database(world).value(trace, &params).await?;
    if u64::try_from(found) == Ok(done) {
        return Ok(());
    }
    Err(format!(
        "{}: done {done} times, but {found} are in the database",
        case.name()
    )
    .into())
}
