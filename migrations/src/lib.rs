//! The migrations and the functions of the two databases, embedded in the program. `migrations/README.md` says how both
//! are changed.
//!
//! Migrations only go forward. They run over a direct connection, never through the transaction
//! pooler: the lock that keeps two runners apart belongs to the session.

mod first_admin;
mod functions;

use refinery::Runner;
use tokio_postgres::{Client, NoTls};

pub use first_admin::{Made, MakeAdminError, make_admin};
pub use functions::Function;

mod auth_sql {
    refinery::embed_migrations!("auth");
}

mod loyalty_sql {
    refinery::embed_migrations!("loyalty");
}

/// The functions of the auth database, by their names.
pub const AUTH_FUNCTIONS: &[Function<'_>] =
    include!(concat!(env!("OUT_DIR"), "/auth_functions.rs"));

/// The functions of the loyalty database, by their names.
pub const LOYALTY_FUNCTIONS: &[Function<'_>] =
    include!(concat!(env!("OUT_DIR"), "/loyalty_functions.rs"));

/// Any constant does, as long as every runner takes the same one.
const ADVISORY_LOCK: i64 = 0x6d69_6772_6174_6573;

/// What was done to a database.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// The migrations that were applied, in their order.
    pub migrations: Vec<String>,
    /// The functions that were created or replaced.
    pub functions: Vec<String>,
    /// The functions that were dropped, since they have no file any more.
    pub dropped: Vec<String>,
}

impl Report {
    /// True when the database was up to date.
    pub fn is_empty(&self) -> bool {
        self.migrations.is_empty() && self.functions.is_empty() && self.dropped.is_empty()
    }
}

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No connection, or the connection broke.
    #[error("cannot reach the database")]
    Connection(#[source] tokio_postgres::Error),
    /// A migration failed, or an applied one differs from the file of the same number.
    #[error("a migration failed")]
    Migration(#[source] Box<refinery::Error>),
    /// A function could not be created, replaced or dropped.
    #[error("the function {0} cannot be brought up to date")]
    Function(String, #[source] tokio_postgres::Error),
    /// A file does not create the one function whose name it has.
    #[error("the file {0}.sql has to create one function, {0}")]
    Misnamed(String),
}

/// Brings the auth database up to date and returns what was done.
///
/// # Errors
/// When the database cannot be reached or a migration or a function fails. The migrations that were applied before it
/// stay; of the functions, all or none are up to date.
pub async fn auth(url: &str) -> Result<Report, MigrationError> {
    migrate(url, Some(&auth_sql::migrations::runner()), AUTH_FUNCTIONS).await
}

/// Brings the loyalty database up to date and returns what was done.
///
/// # Errors
/// As [`auth`].
pub async fn loyalty(url: &str) -> Result<Report, MigrationError> {
    let runner = loyalty_sql::migrations::runner();
    migrate(url, Some(&runner), LOYALTY_FUNCTIONS).await
}

/// Makes `functions` the functions of a database, as [`auth`] and [`loyalty`] do after the migrations. Functions that no
/// earlier call created are left alone.
///
/// # Errors
/// As [`auth`].
pub async fn deploy_functions(
    url: &str,
    functions: &[Function<'_>],
) -> Result<Report, MigrationError> {
    migrate(url, None, functions).await
}

async fn migrate(
    url: &str,
    runner: Option<&Runner>,
    functions: &[Function<'_>],
) -> Result<Report, MigrationError> {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .map_err(MigrationError::Connection)?;
    let connection = tokio::spawn(connection);
    let outcome = locked(&mut client, runner, functions).await;
    // Closing the session releases the lock; waiting for it means the next runner can have it.
    drop(client);
    let _ = connection.await;
    outcome
}

async fn locked(
    client: &mut Client,
    runner: Option<&Runner>,
    functions: &[Function<'_>],
) -> Result<Report, MigrationError> {
    client
        .batch_execute(&format!(
            // A migration that waits for a lock has every later request of that table wait, too: it gives up first.
            "SET client_min_messages = warning; SELECT pg_advisory_lock({ADVISORY_LOCK}); SET lock_timeout = '10s'"
        ))
        .await
        .map_err(MigrationError::Connection)?;
    let mut report = Report::default();
    if let Some(runner) = runner {
        let applied = runner.run_async(client).await;
        let applied = applied.map_err(|error| MigrationError::Migration(Box::new(error)))?;
        let names = applied.applied_migrations().iter().map(ToString::to_string);
        report.migrations.extend(names);
    }
    functions::deploy(client, functions, &mut report).await?;
    Ok(report)
}
