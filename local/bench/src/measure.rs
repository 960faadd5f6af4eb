//! One line of the report: an endpoint under a number of connections, in turns with its floor.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};

use crate::Result;
use crate::capture::{Captured, prepare};
use crate::case::{Case, Floor, Supply};
use crate::latencies::Latencies;
use crate::load::{self, Connection, Measured, Request, Requests};
use crate::passwords::{self, Work};
use crate::subjects::{Subjects, id};
use crate::world::World;

/// Service and floor take turns, so that what else the machine does meets both.
const ROUNDS: u32 = 2;
/// Connections are open and caches warm after this.
const WARM_UP: Duration = Duration::from_millis(300);
/// At the next number of connections there may be so many times the requests; should there be more, it ends early.
const GROWTH: f64 = 4.0;

/// Statements that only read are so much faster than the requests.
const MORE: u64 = 3;

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
    /// The least read or write, where it is measured in turns with it.
    pub least: Option<f64>,
    /// The statements of one request.
    pub statements: usize,
}

impl Row {
    /// The part of the floor's rate that is reached.
    pub fn ratio(&self) -> Option<f64> {
        self.floor.map(|floor| self.rate / floor)
    }

    /// The part of the rate of the least read or write that the service reaches.
    pub fn share_of_least(&self) -> Option<f64> {
        self.least.map(|least| self.rate / least)
    }

    /// The same of the statements without the service.
    pub fn floor_share_of_least(&self) -> Option<f64> {
        let (floor, least) = self.floor.zip(self.least)?;
        Some(floor / least)
    }
}

/// One measurement to be made.
pub struct Plan<'a> {
    /// Where.
    pub world: &'a World,
    /// What the endpoints do in the databases.
    pub captured: &'a [Captured],
    /// The endpoint.
    pub of: &'a Captured,
    /// How many connections there are.
    pub connections: u64,
    /// How long it takes, without the floor.
    pub length: Duration,
    /// For whom it is done again and again, who exist with all they need; `None` makes new ones.
    pub subjects: Option<Subjects>,
}

/// How often something was done, and in which time.
#[derive(Clone, Copy, Default)]
pub struct Done {
    times: f64,
    seconds: f64,
}

impl Done {
    /// Adds what was done so many times at this rate.
    pub fn add(&mut self, times: f64, rate: f64) {
        self.times += times;
        self.seconds += times / rate;
    }

    /// How often a second it was done.
    pub fn rate(self) -> f64 {
        self.times / self.seconds
    }
}

impl Plan<'_> {
    /// Measures. `before` is the rate with fewer connections, if that is known.
    ///
    /// # Errors
    /// When a request or a transaction fails, or did not do what it should have.
    pub async fn row(&self, before: Option<f64>) -> Result<Row> {
        let (mut service, mut floor, mut least) = (Done::default(), None::<Done>, None::<Done>);
        let mut latencies = Vec::new();
        for _ in 0..ROUNDS {
            let measured = self.requests(before).await?;
            let requests = measured.latencies.len() as f64;
            service.add(requests, measured.rate());
            if let Some(rate) = self.floor(measured.latencies.len()).await? {
                floor.get_or_insert_default().add(requests, rate);
            }
            if let Some(of) = self.of.case.least() {
                let count = measured.latencies.len();
                let rate = of
                    .rate(
                        &self.world.pgbench,
                        &self.world.loyalty.pooler,
                        self.connections,
                        count,
                    )
                    .await?;
                least.get_or_insert_default().add(requests, rate);
            }
            latencies.extend(measured.latencies);
        }
        Ok(Row {
            case: self.of.case,
            connections: self.connections,
            rate: service.rate(),
            latencies: Latencies::of(latencies),
            floor: floor.map(Done::rate),
            least: least.map(Done::rate),
            statements: self.of.statements,
        })
    }

    /// What hashes passwords is slow: it gets more time, or there would be too few to count.
    fn turn(&self) -> Duration {
        match self.of.case.floor() {
            Floor::Password(Work::Both) => self.length * 4 / ROUNDS,
            Floor::Password(_) => self.length * 2 / ROUNDS,
            _ => self.length / ROUNDS,
        }
    }

    async fn requests(&self, before: Option<f64>) -> Result<Measured> {
        let case = self.of.case;
        let rate = before.map_or(case.most_alone(), |before| before * GROWTH);
        let most = (rate * (WARM_UP + self.turn()).as_secs_f64()).ceil() as u64;
        let subjects = self.prepare(most + self.connections, |n| n).await?;
        let made: Result<Vec<Request>> = subjects
            .numbers()
            .map(|n| case.request(self.world, n))
            .collect();
        let made = made?.into_iter();
        let requests: Requests = match case.subjects() {
            Supply::Once => Rc::new(RefCell::new(made)),
            Supply::Again(_) => Rc::new(RefCell::new(made.cycle())),
        };
        let mut workers = Vec::new();
        for _ in 0..self.connections {
            workers.push(Connection::open(self.world.address, requests.clone()).await?);
        }
        let measured = load::measure(workers, WARM_UP, self.turn()).await?;
        self.check(subjects, measured.total).await?;
        Ok(measured)
    }

    /// The floor, measured with as many requests as the service has answered, or more where nothing has to be prepared.
    async fn floor(&self, requests: usize) -> Result<Option<f64>> {
        match self.of.case.floor() {
            Floor::None => Ok(None),
            Floor::Password(work) => passwords::rate(work, self.connections, WARM_UP, self.turn())
                .await
                .map(Some),
            Floor::Sql => {
                let more = match self.of.case.subjects() {
                    Supply::Once => 1,
                    Supply::Again(_) => MORE,
                };
                let times = (requests as u64 * more).div_ceil(self.connections).max(1);
                let total = times * self.connections;
                let model = self.of.model;
                let subjects = self.prepare(total, |_| model).await?;
                let pooler = &self.of.case.database(self.world).pooler;
                let (script, clients) = (&self.of.script, self.connections);
                let pgbench = &self.world.pgbench;
                let rate = pgbench
                    .run(pooler, script, subjects, clients, times)
                    .await?;
                self.check(subjects, total).await?;
                Ok(Some(rate))
            }
        }
    }

    async fn prepare(&self, most: u64, token_of: impl Fn(u64) -> u64) -> Result<Subjects> {
        if let Some(subjects) = self.subjects {
            return Ok(subjects);
        }
        let case = self.of.case;
        let subjects = self.world.take(match case.subjects() {
            Supply::Again(count) => count,
            Supply::Once => most,
        });
        prepare(self.world, case, subjects, self.captured, token_of).await?;
        Ok(subjects)
    }

    /// What was answered, or committed, must be there.
    async fn check(&self, subjects: Subjects, done: u64) -> Result<()> {
        let case = self.of.case;
        let Some(trace) = case.trace() else {
            return Ok(());
        };
        let last = id(subjects.first + subjects.count - 1)?;
        let params: [(&(dyn ToSql + Sync), Type); 2] =
            [(&id(subjects.first)?, Type::UUID), (&last, Type::UUID)];
        let found: i64 = case.database(self.world).value(trace, &params).await?;
        if u64::try_from(found) == Ok(done) {
            return Ok(());
        }
        Err(format!(
            "{}: done {done} times, but {found} are in the database",
            case.name()
        )
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_count_by_their_time() {
        let mut done = Done::default();
        done.add(100.0, 100.0);
        done.add(100.0, 50.0);
        assert!((done.rate() - 200.0 / 3.0).abs() < 1e-9);
    }
}
