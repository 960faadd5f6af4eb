//! A small pool of connections to one database.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime, Timeouts};
use runtime::ConfigError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Config, NoTls, Row};

use crate::PgError;

/// Connecting, or waiting for a free connection: past this the caller is better told so.
const WAIT: Duration = Duration::from_secs(3);
/// One statement, on the wire and back. No statement that somebody waits for needs a tenth of it.
const STATEMENT: Duration = Duration::from_secs(5);
/// A statement that reads whole tables.
const READING_ALL: Duration = Duration::from_secs(600);

/// A parameter of a statement with the Postgres type that it is sent as.
pub type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A pool of connections; clones share it. Connects at the first use.
#[derive(Clone)]
pub struct Pool(deadpool_postgres::Pool);

impl Pool {
    /// A pool for the URL in the variable `name`, of `PG_POOL_SIZE` connections (2 unless told).
    ///
    /// # Errors
    /// When the variable is missing or is no Postgres URL.
    pub fn from_env(name: &'static str) -> Result<Pool, ConfigError> {
        let url = runtime::required(
            name,
            "a Postgres URL, postgres://user:password@host:port/database",
        )?;
        Pool::new(&url, runtime::parsed_or("PG_POOL_SIZE", 2)?)
            .map_err(|_| ConfigError::Invalid(name, "not a Postgres URL".to_owned()))
    }

    /// A pool of `size` connections for `url`.
    ///
    /// # Errors
    /// When `url` is no Postgres URL.
    pub fn new(url: &str, size: usize) -> Result<Pool, PgError> {
        let config: Config = url.parse()?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let pool = deadpool_postgres::Pool::builder(Manager::from_config(config, NoTls, recycling))
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(WAIT),
                create: Some(WAIT),
                recycle: Some(WAIT),
            })
            .build()
            .map_err(|error| PgError::Bug(error.to_string()))?;
        Ok(Pool(pool))
    }

    /// Runs one statement and returns its rows.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn rows(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, PgError> {
        in_time(STATEMENT, self.read(sql, params)).await
    }

    /// The same for a statement that reads whole tables: it may take ten minutes.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn rows_of_all(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, PgError> {
        in_time(READING_ALL, self.read(sql, params)).await
    }

    async fn read(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, PgError> {
        Ok(self.connection().await?.query_typed(sql, params).await?)
    }

    /// Runs one statement that returns at most one row.
    ///
    /// # Errors
    /// Any [`PgError`]; [`PgError::Bug`] for more than one row.
    pub async fn row(&self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, PgError> {
        let mut rows = self.rows(sql, params).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            n => Err(PgError::Bug(format!("{n} rows where at most one was due"))),
        }
    }

    /// Runs one statement and returns how many rows it wrote.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64, PgError> {
        let run = async { Ok(self.connection().await?.execute_typed(sql, params).await?) };
        in_time(STATEMENT, run).await
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// [`PgError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), PgError> {
        self.rows("SELECT 1", &[]).await.map(drop)
    }

    async fn connection(&self) -> Result<deadpool_postgres::Object, PgError> {
        self.0.get().await.map_err(|error| match error {
            deadpool_postgres::PoolError::Backend(error) => PgError::from(error),
            other => PgError::Unavailable(other.to_string()),
        })
    }
}

async fn in_time<T>(
    statement: Duration,
    call: impl Future<Output = Result<T, PgError>>,
) -> Result<T, PgError> {
    tokio::time::timeout(WAIT + statement, call)
        .await
        .unwrap_or_else(|_| Err(PgError::Unavailable("no answer in time".to_owned())))
}
