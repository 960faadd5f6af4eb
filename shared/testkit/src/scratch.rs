//! Databases of a test's own: for tests that speak of all rows of a table.

use domain::Random;
use pg::Pool;
use runtime::OsRandom;
use tokio_postgres::NoTls;

/// Connections of a pool: more than any test needs at once.
const CONNECTIONS: usize = 8;

/// An empty auth database, migrated.
pub async fn auth_database() -> Pool {
    let (pool, url) = schema("AUTH_MIGRATION_URL").await;
    migrations::auth(&url).await.unwrap();
    pool
}

/// An empty loyalty database, migrated.
pub async fn loyalty_database() -> Pool {
    let (pool, url) = schema("LOYALTY_MIGRATION_URL").await;
    migrations::loyalty(&url).await.unwrap();
    pool
}

/// A new schema in the database of the running stack, with a pool and an address that see nothing else. Not through the
/// pooler, which has no connections of one schema.
async fn schema(name: &'static str) -> (Pool, String) {
    let url = runtime::required(name, "run `cargo local test`").unwrap();
    let schema = format!("scratch_{}", OsRandom.uuid().simple());
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let sql = format!("CREATE SCHEMA {schema}");
    client.batch_execute(&sql).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    let url = format!("{url}?options=-c%20search_path%3D{schema}");
    (Pool::new(&url, CONNECTIONS).unwrap(), url)
}
