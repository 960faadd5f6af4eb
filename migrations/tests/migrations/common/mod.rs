//! Schemas and databases for a single test.

use std::io::Write;

use migrations::{MigrationError, Report};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The value of a variable that `cargo local test` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo local test`"))
}

/// Prints a notice even if the test passes: the harness captures what `println!` writes.
pub fn notice(text: &str) {
    let line = format!("{text}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A client, whose connection ends with it.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Creates a schema in the database whose URL is in the variable `name`. Returns a URL at which nothing else is
/// visible.
pub async fn schema(name: &str) -> String {
    let url = variable(name);
    let client = connect(&url).await;
    let schema = new_name(&client).await;
    let sql = format!("CREATE SCHEMA {schema}");
    client.batch_execute(&sql).await.unwrap();
    format!("{url}?options=-c%20search_path%3D{schema}")
}

/// A new database, migrated.
pub struct Database {
    /// `auth` or `loyalty`.
    pub kind: &'static str,
    /// The URL for the owner.
    pub owner: String,
    /// The URL for the superuser.
    pub superuser: String,
    name: String,
    server: Client,
}

impl Database {
    /// Creates a database of the kind `auth` or `loyalty`, on the server of the running stack.
    pub async fn new(kind: &'static str) -> Database {
        let url = |of: &str| variable(&format!("{}_{of}_URL", kind.to_uppercase()));
        let server = connect(&url("SUPERUSER")).await;
        let name = new_name(&server).await;
        let sql = format!("CREATE DATABASE {name} OWNER {kind}");
        server.batch_execute(&sql).await.unwrap();
        let address = |url: String| format!("{}/{name}", url.rsplit_once('/').unwrap().0);
        let database = Database {
            kind,
            owner: address(url("MIGRATION")),
            superuser: address(url("SUPERUSER")),
            name,
            server,
        };
        database.migrate().await.unwrap();
        database
    }

    async fn migrate(&self) -> Result<Report, MigrationError> {
        match self.kind {
            "auth" => migrations::auth(&self.owner).await,
            _ => migrations::loyalty(&self.owner).await,
        }
    }

    /// Drops it, even if clients are connected.
    pub async fn remove(self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        self.server.batch_execute(&sql).await.unwrap();
    }
}

/// A name that nothing else in the database has.
async fn new_name(client: &Client) -> String {
    let sql = "SELECT 'scratch_' || replace(gen_random_uuid()::text, '-', '')";
    texts(client, sql).await.remove(0)
}

/// The first column of all rows that `sql` returns.
pub async fn texts(client: &Client, sql: &str) -> Vec<String> {
    let rows = client.simple_query(sql).await.unwrap();
    rows.into_iter()
        .filter_map(|row| match row {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        })
        .collect()
}
