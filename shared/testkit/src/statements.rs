//! Checks that the statements of a store match its schema.

use std::collections::BTreeSet;

use pg::Statement;
use tokio_postgres::{Client, NoTls};

/// Has the server prepare each statement in the migrated database at `url`, which must not be behind a pooler, and
/// compares the declared parameters with those that the server infers.
pub async fn check(url: &str, statements: impl Iterator<Item = &'static Statement>) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut checked = 0;
    let mut wrong = vec![];
    for statement in statements {
        checked += 1;
        let error = prepare(&client, statement).await;
        wrong.extend(error.map(|error| format!("{}: {error}\n{}", statement.name, statement.sql)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
    assert!(checked > 0, "there are no statements");
}

/// What is wrong with a statement.
#[expect(
    clippy::disallowed_methods,
    reason = "not through the pooler, and only to have the statement checked"
)]
async fn prepare(client: &Client, statement: &Statement) -> Option<String> {
    // The server also accepts types for parameters that the text does not have.
    let (numbers, declared) = (numbers(statement.sql), statement.params.len());
    if numbers != (1..=declared).collect() {
        return Some(format!("{declared} types for the parameters {numbers:?}"));
    }
    match client.prepare_typed(statement.sql, statement.params).await {
        Ok(prepared) if prepared.params() == statement.params => None,
        Ok(prepared) => Some(format!("the server takes {:?}", prepared.params())),
        Err(error) => Some(
            error
                .as_db_error()
                .map_or(error.to_string(), ToString::to_string),
        ),
    }
}

/// The parameter numbers in a text.
fn numbers(sql: &str) -> BTreeSet<usize> {
    sql.split('$')
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit());
            rest[..end.unwrap_or(rest.len())].parse().ok()
        })
        .collect()
}
