//! Databases of a test's own, for tests that look at all rows of a table.

use domain::Random;
use pg::Pool;
use runtime::OsRandom;
use tokio_postgres::NoTls;

/// Connections of a pool: more than any test needs at once.
const CONNECTIONS: usize = 8;

/// An empty auth database, migrated.
pub async fn auth_database() -> Pool {
    Pool::new(&auth_url().await, CONNECTIONS).unwrap()
}

/// The URL of an empty auth database, migrated.
pub async fn auth_url() -> String {
    let url = schema("AUTH_MIGRATION_URL").await;
    migrations::auth(&url).await.unwrap();
    url
}

/// An empty loyalty database, migrated.
pub async fn loyalty_database() -> Pool {
    Pool::new(&loyalty_url().await, CONNECTIONS).unwrap()
}

/// The URL of an empty loyalty database, migrated.
pub async fn loyalty_url() -> String {
    let url = schema("LOYALTY_MIGRATION_URL").await;
    migrations::loyalty(&url).await.unwrap();
    url
}

/// Creates a schema in the database of the running stack. Returns a URL at which nothing else is visible. It bypasses
/// the pooler, whose connections are not bound to a schema.
async fn schema(name: &'static str) -> String {
    let url = runtime::required(name, "run `cargo local test`").unwrap();
    let schema = format!("scratch_{}", OsRandom.uuid().simple());
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let sql = format!("CREATE SCHEMA {schema}");
    client.batch_execute(&sql).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    format!("{url}?options=-c%20search_path%3D{schema}")
}
