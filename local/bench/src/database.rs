//! One database of the stack, as its owner and as the superuser, not through the pooler.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use futures_util::future::try_join_all;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls};

use crate::Result;
use crate::postgres_log::{self, Logged};

/// A database.
pub struct Database {
    owner: Client,
    owner_url: String,
    superuser: Client,
    log: PathBuf,
    /// Where the service reaches it: through the pooler.
    pub pooler: Config,
}

impl Database {
    /// The database `name`, whose server writes to `log`. The addresses are in `NAME_MIGRATION_URL`,
    /// `NAME_SUPERUSER_URL` and `NAME_DATABASE_URL`.
    ///
    /// # Errors
    /// When a variable is missing or the database can't be reached.
    pub async fn connect(name: &str, log: PathBuf) -> Result<Database> {
        let url = |of: &str| crate::variable(&format!("{name}_{of}_URL"));
        let owner_url = url("MIGRATION")?;
        Ok(Database {
            owner: connect(&owner_url).await?,
            owner_url,
            superuser: connect(&url("SUPERUSER")?).await?,
            log,
            pooler: url("DATABASE")?.parse()?,
        })
    }

    /// Runs statements without parameters.
    ///
    /// # Errors
    /// When one of them fails.
    pub async fn run(&self, sql: &str) -> Result<()> {
        Ok(self.owner.batch_execute(sql).await?)
    }

    /// Runs several lists of statements at once, each list in its order, over a connection of its own.
    ///
    /// # Errors
    /// When one of them fails.
    pub async fn run_at_once<const N: usize>(&self, lists: [Vec<String>; N]) -> Result<()> {
        let runs = lists.into_iter().map(async |list| -> Result<()> {
            let client = connect(&self.owner_url).await?;
            for sql in list {
                client.batch_execute(&sql).await?;
            }
            Ok(())
        });
        try_join_all(runs).await?;
        Ok(())
    }

    /// Has the server write everything to its disk.
    ///
    /// # Errors
    /// When it fails.
    pub async fn checkpoint(&self) -> Result<()> {
        Ok(self.superuser.batch_execute("CHECKPOINT").await?)
    }

    /// Runs a statement and says how many rows it wrote.
    ///
    /// # Errors
    /// When it fails.
    pub async fn execute(&self, sql: &str, params: &[(&(dyn ToSql + Sync), Type)]) -> Result<u64> {
        Ok(self.owner.execute_typed(sql, params).await?)
    }

    /// The first column of the one row that `sql` finds.
    ///
    /// # Errors
    /// When it fails, or finds none.
    pub async fn value<T: for<'a> tokio_postgres::types::FromSql<'a>>(
        &self,
        sql: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<T> {
        let rows = self.owner.query_typed(sql, params).await?;
        let row = rows
            .first()
            .ok_or_else(|| format!("found nothing: {sql}"))?;
        Ok(row.try_get(0)?)
    }

    /// The first column of all rows that `sql` finds.
    ///
    /// # Errors
    /// When it fails.
    pub async fn values<T: for<'a> tokio_postgres::types::FromSql<'a>>(
        &self,
        sql: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<T>> {
        let rows = self.owner.query_typed(sql, params).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Has the server write every statement to its log, or stop doing so. It takes the connections a moment to notice.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn log_statements(&self, on: bool) -> Result<()> {
        let set = match on {
            true => "ALTER SYSTEM SET log_statement = 'all'",
            false => "ALTER SYSTEM RESET log_statement",
        };
        self.superuser.batch_execute(set).await?;
        self.superuser
            .batch_execute("SELECT pg_reload_conf()")
            .await?;
        Ok(())
    }

    /// Where the log ends now.
    ///
    /// # Errors
    /// When there is no log.
    pub fn log_end(&self) -> Result<u64> {
        Ok(fs::metadata(&self.log)?.len())
    }

    /// The statements in the log from `start` on. A statement is written there before it is executed.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn logged_since(&self, start: u64) -> Result<Vec<Logged>> {
        let mut file = File::open(&self.log)?;
        file.seek(SeekFrom::Start(start))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        postgres_log::statements(&text)
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // It ends with the client.
    tokio::spawn(connection);
    Ok(client)
}
