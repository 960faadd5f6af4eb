//! PgBouncer in transaction mode, one in front of each database, as in production.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Result;
use crate::process::account::Account;
use crate::process::launch::{Program, StopSignal};
use crate::process::stage::Stage;
use crate::process::supervisor::Supervisor;
use crate::sql;

/// A pooler for one database.
pub struct PgBouncer<'a> {
    /// Name of the database and of its role.
    pub database: &'a str,
    /// Configuration.
    pub folder: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// Where Postgres listens.
    pub postgres_port: u16,
    /// Password of the role.
    pub password: &'a str,
}

impl PgBouncer<'_> {
    /// Starts the pooler and waits for an answer of the database through it.
    ///
    /// # Errors
    /// When it doesn't start.
    pub async fn start(
        &self,
        program: &PathBuf,
        account: Account,
        supervisor: &Supervisor,
    ) -> Result<()> {
        account.create_folder(&self.folder)?;
        let config = self.folder.join("pgbouncer.ini");
        let users = self.folder.join("userlist.txt");
        account.write_file(&config, &self.config())?;
        account.write_file(
            &users,
            &format!("\"{}\" \"{}\"\n", self.database, self.password),
        )?;
        let name = format!("pgbouncer_{}", self.database);
        let program = Program::server(program, &self.folder, account)
            .arg(&config)
            .listens_on(self.port)
            // SIGTERM is "drop everything"; this one lets running transactions end.
            .stop_with(StopSignal::Interrupt);
        supervisor.start(&name, Stage::Pooler, &program)?;
        let url = format!(
            "postgres://{0}:{1}@127.0.0.1:{2}/{0}",
            self.database, self.password, self.port
        );
        supervisor
            .ready(&name, Duration::from_secs(30), async || {
                sql::run(&url, "SELECT 1").await
            })
            .await
    }

    fn config(&self) -> String {
        // The list of users has the plain password: PgBouncer needs it to sign in to Postgres by
        // SCRAM. Relative, since it is read in the folder and a path may hold anything.
        format!(
            "[databases]\n\
             {database} = host=127.0.0.1 port={postgres_port} dbname={database}\n\
             \n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = scram-sha-256\n\
             auth_file = userlist.txt\n\
             stats_users = {database}\n\
             pool_mode = transaction\n\
             max_client_conn = 2000\n\
             default_pool_size = 20\n\
             server_login_retry = 1\n\
             ignore_startup_parameters = extra_float_digits,options\n\
             log_connections = 0\n\
             log_disconnections = 0\n",
            database = self.database,
            postgres_port = self.postgres_port,
            port = self.port,
        )
    }
}
