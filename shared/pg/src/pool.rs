//! A small pool of connections to one database.

use std::num::NonZeroU32;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime, Timeouts};
use runtime::ConfigError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Config, NoTls, Row};

use crate::{PgError, Statement};

/// The default of `PG_WAIT_MS`, for connecting or for a free connection: after that, an error serves the caller better.
const WAIT_MILLIS: NonZeroU32 = NonZeroU32::new(3_000).unwrap();
/// One statement, on the wire and back. No statement that somebody waits for needs a tenth of it.
const STATEMENT: Duration = Duration::from_secs(5);
/// A statement that reads or writes as much as a file holds, while somebody waits for it.
const BULK: Duration = Duration::from_secs(20);
/// A statement that reads whole tables.
const READING_ALL: Duration = Duration::from_secs(600);

/// The value of a parameter of a [`Statement`].
pub type Value<'a> = &'a (dyn ToSql + Sync);

/// A parameter of a statement of a test with the Postgres type that it is sent as.
pub type Param<'a> = (Value<'a>, Type);

static PING: Statement = Statement {
    name: "PING",
    sql: "SELECT 1",
    params: &[],
};

/// A pool of connections; clones share it. Connects at the first use.
#[derive(Clone)]
pub struct Pool {
    connections: deadpool_postgres::Pool,
    wait: Duration,
}

impl Pool {
    /// A pool for the URL in the variable `name`, of `PG_POOL_SIZE` connections (2 by default).
    ///
    /// # Errors
    /// When the variable is missing or is no Postgres URL, or `PG_WAIT_MS` is no number above zero.
    pub fn from_env(name: &'static str) -> Result<Pool, ConfigError> {
        let url = runtime::required(
            name,
            "a Postgres URL, postgres://user:password@host:port/database",
        )?;
        let size = runtime::parsed_or("PG_POOL_SIZE", 2)?;
        Pool::waiting(&url, size, wait()?)
            .map_err(|_| ConfigError::Invalid(name, "not a Postgres URL".to_owned()))
    }

    /// A pool of `size` connections for `url`, which are waited for as in [`Pool::from_env`].
    ///
    /// # Errors
    /// When `url` is no Postgres URL, or `PG_WAIT_MS` is no number above zero.
    pub fn new(url: &str, size: usize) -> Result<Pool, PgError> {
        let wait = wait().map_err(|error| PgError::Internal(error.to_string()))?;
        Pool::waiting(url, size, wait)
    }

    fn waiting(url: &str, size: usize, wait: Duration) -> Result<Pool, PgError> {
        let config: Config = url.parse()?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let connections =
            deadpool_postgres::Pool::builder(Manager::from_config(config, NoTls, recycling))
                .max_size(size)
                .runtime(Runtime::Tokio1)
                .timeouts(Timeouts {
                    wait: Some(wait),
                    create: Some(wait),
                    recycle: Some(wait),
                })
                .build()
                .map_err(|error| PgError::Internal(error.to_string()))?;
        Ok(Pool { connections, wait })
    }

    /// Runs a statement and returns its rows.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn fetch(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, PgError> {
        let params = statement.bind(values)?;
        self.in_time(STATEMENT, self.read(statement.sql, &params))
            .await
    }

    /// The same for a statement that reads or writes as much as a file holds: it may take 20 seconds.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn fetch_bulk(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, PgError> {
        let params = statement.bind(values)?;
        self.in_time(BULK, self.read(statement.sql, &params)).await
    }

    /// The same for a statement that reads whole tables: it may take ten minutes.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn fetch_slowly(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, PgError> {
        let params = statement.bind(values)?;
        self.in_time(READING_ALL, self.read(statement.sql, &params))
            .await
    }

    /// Runs a statement that returns at most one row.
    ///
    /// # Errors
    /// Any [`PgError`]; [`PgError::Internal`] for more than one row.
    pub async fn fetch_optional(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, PgError> {
        at_most_one(self.fetch(statement, values).await?)
    }

    /// Runs a statement that returns one row.
    ///
    /// # Errors
    /// Any [`PgError`]; [`PgError::Internal`] for any other number of rows.
    pub async fn fetch_one(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Row, PgError> {
        let row = self.fetch_optional(statement, values).await?;
        row.ok_or_else(|| PgError::Internal(format!("{} returned no row", statement.name)))
    }

    /// Runs a statement and returns how many rows it wrote.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn run(&self, statement: &Statement, values: &[Value<'_>]) -> Result<u64, PgError> {
        let params = statement.bind(values)?;
        self.in_time(STATEMENT, self.write(statement.sql, &params))
            .await
    }

    async fn read(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, PgError> {
        Ok(self.connection().await?.query_typed(sql, params).await?)
    }

    async fn write(&self, sql: &str, params: &[Param<'_>]) -> Result<u64, PgError> {
        Ok(self.connection().await?.execute_typed(sql, params).await?)
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// [`PgError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), PgError> {
        self.fetch(&PING, &[]).await.map(drop)
    }

    async fn in_time<T>(
        &self,
        statement: Duration,
        call: impl Future<Output = Result<T, PgError>>,
    ) -> Result<T, PgError> {
        tokio::time::timeout(self.wait + statement, call)
            .await
            .unwrap_or_else(|_| Err(PgError::Unavailable("no answer in time".to_owned())))
    }

    async fn connection(&self) -> Result<deadpool_postgres::Object, PgError> {
        self.connections.get().await.map_err(|error| match error {
            deadpool_postgres::PoolError::Backend(error) => PgError::from(error),
            other => PgError::Unavailable(other.to_string()),
        })
    }
}

impl Statement {
    fn bind<'a>(&self, values: &[Value<'a>]) -> Result<Vec<Param<'a>>, PgError> {
        if values.len() != self.params.len() {
            let (name, due, given) = (self.name, self.params.len(), values.len());
            return Err(PgError::Internal(format!(
                "{name} has {due} parameters, not {given}"
            )));
        }
        Ok(values
            .iter()
            .copied()
            .zip(self.params.iter().cloned())
            .collect())
    }
}

/// Statements whose text is known at run time only. For tests and tools on a developer's machine: the stores and the
/// functions declare theirs, so that each is checked against the schema.
#[expect(
    async_fn_in_trait,
    reason = "one implementation, whose futures are Send"
)]
pub trait AdHoc {
    /// Runs one statement and returns its rows.
    ///
    /// # Errors
    /// Any [`PgError`].
    async fn rows(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, PgError>;

    /// The same for a statement that reads whole tables: it may take ten minutes.
    ///
    /// # Errors
    /// Any [`PgError`].
    async fn rows_of_all(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, PgError>;

    /// Runs one statement that returns at most one row.
    ///
    /// # Errors
    /// Any [`PgError`]; [`PgError::Internal`] for more than one row.
    async fn row(&self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, PgError>;

    /// Runs one statement and returns how many rows it wrote.
    ///
    /// # Errors
    /// Any [`PgError`].
    async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64, PgError>;
}

impl AdHoc for Pool {
    async fn rows(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, PgError> {
        self.in_time(STATEMENT, self.read(sql, params)).await
    }

    async fn rows_of_all(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, PgError> {
        self.in_time(READING_ALL, self.read(sql, params)).await
    }

    async fn row(&self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, PgError> {
        at_most_one(self.rows(sql, params).await?)
    }

    async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64, PgError> {
        self.in_time(STATEMENT, self.write(sql, params)).await
    }
}

fn at_most_one(mut rows: Vec<Row>) -> Result<Option<Row>, PgError> {
    match rows.len() {
        0 | 1 => Ok(rows.pop()),
        n => Err(PgError::Internal(format!(
            "{n} rows where at most one was due"
        ))),
    }
}

fn wait() -> Result<Duration, ConfigError> {
    let millis = runtime::parsed_or("PG_WAIT_MS", WAIT_MILLIS)?;
    Ok(Duration::from_millis(millis.get().into()))
}
