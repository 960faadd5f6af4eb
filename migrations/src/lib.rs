//! The migrations of the two databases, embedded in the program.
//!
//! Migrations only go forward. They run over a direct connection, never through the transaction
//! pooler: the lock that keeps two runners apart belongs to the session.

use refinery::{Report, Runner};
use tokio_postgres::NoTls;

mod auth_sql {
    refinery::embed_migrations!("auth");
}

mod loyalty_sql {
    refinery::embed_migrations!("loyalty");
}

/// Any constant does, as long as every runner takes the same one.
const ADVISORY_LOCK: i64 = 0x6d69_6772_6174_6573;

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No connection, or the connection broke.
    #[error("cannot reach the database")]
    Connection(#[source] tokio_postgres::Error),
    /// A migration failed, or an applied one differs from the file of the same number.
    #[error("a migration failed")]
    Migration(#[source] Box<refinery::Error>),
}

/// Brings the auth database up to date and returns the names of what was applied.
///
/// # Errors
/// When the database cannot be reached or a migration fails; what was applied before it stays.
pub async fn auth(url: &str) -> Result<Vec<String>, MigrationError> {
    migrate(url, &auth_sql::migrations::runner()).await
}

/// Brings the loyalty database up to date and returns the names of what was applied.
///
/// # Errors
/// When the database cannot be reached or a migration fails; what was applied before it stays.
pub async fn loyalty(url: &str) -> Result<Vec<String>, MigrationError> {
    migrate(url, &loyalty_sql::migrations::runner()).await
}

async fn migrate(url: &str, runner: &Runner) -> Result<Vec<String>, MigrationError> {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .map_err(MigrationError::Connection)?;
    let connection = tokio::spawn(connection);
    let outcome = locked(&mut client, runner).await;
    // Closing the session gives the lock back; waiting for it means the next runner can have it.
    drop(client);
    let _ = connection.await;
    outcome.map(|report| {
        report
            .applied_migrations()
            .iter()
            .map(ToString::to_string)
            .collect()
    })
}

async fn locked(
    client: &mut tokio_postgres::Client,
    runner: &Runner,
) -> Result<Report, MigrationError> {
    client
        .batch_execute(&format!(
            "SET client_min_messages = warning; SELECT pg_advisory_lock({ADVISORY_LOCK})"
        ))
        .await
        .map_err(MigrationError::Connection)?;
    runner
        .run_async(client)
        .await
        .map_err(|error| MigrationError::Migration(Box::new(error)))
}
