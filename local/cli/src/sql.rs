//! Plain statements over a connection of their own.

use tokio_postgres::{NoTls, SimpleQueryMessage, SimpleQueryRow};

use crate::error::{Context, Result};

/// Runs statements.
///
/// # Errors
/// When the database cannot be reached or refuses one of them.
pub async fn run(url: &str, statements: &str) -> Result<()> {
    rows(url, statements).await.map(drop)
}

/// Runs statements and returns the rows of all of them, as text.
///
/// # Errors
/// When the database cannot be reached or refuses one of them.
pub async fn rows(url: &str, statements: &str) -> Result<Vec<SimpleQueryRow>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("cannot connect to Postgres")?;
    let connection = tokio::spawn(connection);
    let outcome = client.simple_query(statements).await.context("SQL");
    drop(client);
    let _ = connection.await;
    Ok(outcome?
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect())
}
