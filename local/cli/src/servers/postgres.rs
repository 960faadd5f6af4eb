//! Postgres, one cluster per database.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Context, Error, Result};
use crate::process::account::Account;
use crate::process::launch::{Program, StopSignal};
use crate::process::stage::Stage;
use crate::process::supervisor::Supervisor;
use crate::process::task;
use crate::sql;

/// A cluster with one database.
pub struct Postgres<'a> {
    /// Name of the database and of the role that owns it.
    pub database: &'a str,
    /// Everything of this cluster is in here.
    pub folder: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// Password of the role `postgres`.
    pub superuser_password: &'a str,
    /// Password of the database's role.
    pub password: &'a str,
    /// Survive a power cut? Costs much time in tests.
    pub durable: bool,
}

impl Postgres<'_> {
    /// Starts the cluster, makes it first if need be, and waits for the database.
    ///
    /// # Errors
    /// When it doesn't start.
    pub async fn start(
        &self,
        versions: &[(u32, PathBuf)],
        account: Account,
        supervisor: &Supervisor,
    ) -> Result<()> {
        account.create_folder(&self.folder)?;
        let data = self.folder.join("data");
        let bin = self.binaries(versions, &data)?;
        if !data.exists() {
            self.create(bin, account, &data).await?;
        }
        forget_stranger(&data);

        let name = format!("postgres_{}", self.database);
        supervisor.start(&name, Stage::Server, &self.program(bin, account, &data))?;
        let superuser = self.superuser_url("postgres");
        supervisor
            .ready(&name, Duration::from_secs(60), async || {
                sql::run(&superuser, "SELECT 1").await
            })
            .await?;
        self.create_database(&superuser).await
    }

    /// A data folder can only be opened by the version that made it.
    fn binaries<'v>(&self, versions: &'v [(u32, PathBuf)], data: &Path) -> Result<&'v PathBuf> {
        let bin = match fs::read_to_string(data.join("PG_VERSION")) {
            Ok(made_by) => versions
                .iter()
                .find(|(version, _)| made_by.trim() == version.to_string())
                .ok_or_else(|| {
                    Error::new(format!(
                        "{} was made by Postgres {}, which is gone; `cargo local reset` starts afresh",
                        data.display(),
                        made_by.trim()
                    ))
                })?,
            Err(_) => versions
                .last()
                .ok_or_else(|| Error::new("no Postgres is installed"))?,
        };
        Ok(&bin.1)
    }

    async fn create(&self, bin: &Path, account: Account, data: &Path) -> Result<()> {
        let fresh = self.folder.join("data.new");
        let _ = fs::remove_dir_all(&fresh);
        let password_file = self.folder.join("password");
        account.write_file(&password_file, self.superuser_password)?;
        let mut initdb = Program::server(bin.join("initdb"), &self.folder, account)
            .args(["-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--no-instructions"])
            .arg("--pwfile")
            .arg(&password_file)
            .arg("-D")
            .arg(&fresh);
        if !self.durable {
            initdb = initdb.arg("--no-sync");
        }
        task::run_quietly(&initdb, &self.folder.join("initdb.log")).await?;
        let _ = fs::remove_file(password_file);
        // A folder of that name is a whole one.
        fs::rename(&fresh, data).context(format_args!("cannot make {}", data.display()))
    }

    fn program(&self, bin: &Path, account: Account, data: &Path) -> Program {
        let mut settings = vec![
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".into(),
            // A socket's path may not be longer than 107 bytes, and nobody needs one.
            "unix_socket_directories=".into(),
            "max_connections=200".into(),
            "timezone=UTC".into(),
            "log_timezone=UTC".into(),
            "cluster_name=".to_owned() + self.database,
            // Without DETAIL, which quotes the value of a unique key: a promo code, an e-mail address.
            "log_error_verbosity=terse".into(),
        ];
        if !self.durable {
            settings.extend(
                [
                    "fsync=off",
                    "synchronous_commit=off",
                    "full_page_writes=off",
                ]
                .map(String::from),
            );
        }
        let program = Program::server(bin.join("postgres"), &self.folder, account)
            .arg("-D")
            .arg(data)
            .stop_with(StopSignal::Interrupt)
            .listens_on(self.port);
        settings
            .iter()
            .fold(program, |program, setting| program.arg("-c").arg(setting))
    }

    async fn create_database(&self, superuser: &str) -> Result<()> {
        let (name, password) = (self.database, self.password);
        let exists = format!("SELECT 1 FROM pg_roles WHERE rolname = '{name}'");
        if sql::rows(superuser, &exists).await?.is_empty() {
            let role = format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'");
            sql::run(superuser, &role).await?;
        }
        let exists = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
        if sql::rows(superuser, &exists).await?.is_empty() {
            sql::run(superuser, &format!("CREATE DATABASE {name} OWNER {name}")).await?;
        }
        Ok(())
    }

    fn superuser_url(&self, database: &str) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}/{database}",
            self.superuser_password, self.port
        )
    }
}

/// After a power cut the number in `postmaster.pid` may belong to another process by now, and
/// Postgres would refuse to start. Our lock and the ended left-overs mean that none of ours runs.
fn forget_stranger(data: &Path) {
    let file = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&file) else {
        return;
    };
    let pid = text.lines().next().unwrap_or_default();
    if let Ok(command) = fs::read(format!("/proc/{pid}/cmdline")) {
        let ours = data.as_os_str().as_encoded_bytes();
        if !command.windows(ours.len()).any(|window| window == ours) {
            let _ = fs::remove_file(file);
        }
    }
}
