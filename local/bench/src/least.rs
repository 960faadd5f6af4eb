//! The least that reading or writing anything costs here, on tables of the measurements' own: how fast Postgres is on this
//! machine behind this pooler. Statements of the service are compared with it, to tell how heavy they are.

use tokio_postgres::Config;

use crate::Result;
use crate::pgbench::Pgbench;
use crate::subjects::Subjects;

/// How many counters there are: as many as the spread load has codes.
const COUNTERS: u64 = 1000;
/// It is done so many times as often as what it is compared with, for it is so much faster.
const TIMES: u64 = 4;

/// The least work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// A row by its primary key.
    Read,
    /// One statement that changes a counter and inserts a row with a primary key.
    Write,
}

/// The statements that make the tables. Counters have room for their next versions, like those of the service.
pub fn sql() -> String {
    format!(
        "CREATE TABLE least_counters (id bigint PRIMARY KEY, taken bigint NOT NULL) WITH (fillfactor = 40);
         CREATE TABLE least_rows (
             id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, counter_id bigint NOT NULL, at timestamptz NOT NULL
         );
         INSERT INTO least_counters SELECT n, 0 FROM generate_series(1, {COUNTERS}) AS n;\n"
    )
}

impl Least {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Least::Read => "least read",
            Least::Write => "least write",
        }
    }

    /// How often a second it is done over `connections` connections to `pooler`, measured with [`TIMES`] as many of
    /// them as there were `requests`.
    ///
    /// # Errors
    /// When it fails.
    pub async fn rate(
        self,
        pgbench: &Pgbench,
        pooler: &Config,
        connections: u64,
        requests: usize,
    ) -> Result<f64> {
        let times = (requests as u64 * TIMES).div_ceil(connections).max(1);
        let counters = Subjects {
            first: 1,
            count: COUNTERS,
        };
        pgbench
            .run(pooler, &self.script(), counters, connections, times)
            .await
    }

    fn script(self) -> String {
        let drawn = format!("\\set n random(1, {COUNTERS})\n");
        drawn
            + match self {
                Least::Read => "SELECT taken FROM least_counters WHERE id = :n;\n",
                Least::Write => {
                    "WITH counted AS (UPDATE least_counters SET taken = taken + 1 WHERE id = :n) \
                     INSERT INTO least_rows (counter_id, at) VALUES (:n, now());\n"
                }
            }
    }
}
