//! Schemas of a test's own.

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The value of a variable that `cargo local test` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo local test`"))
}

/// A connection, which ends with the client.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A new schema in the database at the URL in the variable `name`, at an address where nothing else is seen.
pub async fn schema(name: &str) -> String {
    let url = variable(name);
    let client = connect(&url).await;
    let schema = new_name(&client).await;
    let sql = format!("CREATE SCHEMA {schema}");
    client.batch_execute(&sql).await.unwrap();
    format!("{url}?options=-c%20search_path%3D{schema}")
}

/// A name that nothing in the database has.
pub async fn new_name(client: &Client) -> String {
    let sql = "SELECT 'scratch_' || replace(gen_random_uuid()::text, '-', '')";
    texts(client, sql).await.remove(0)
}

/// The first column of all rows that `sql` finds.
pub async fn texts(client: &Client, sql: &str) -> Vec<String> {
    let rows = client.simple_query(sql).await.unwrap();
    rows.into_iter()
        .filter_map(|row| match row {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        })
        .collect()
}
