//! RabbitMQ with a name server (epmd) of its own, apart from any that the system runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::{Context, Error, Result};
use crate::process::account::Account;
use crate::process::launch::Program;
use crate::process::stage::Stage;
use crate::process::supervisor::Supervisor;

/// A broker of one node.
pub struct RabbitMq<'a> {
    /// Everything of the broker is in here.
    pub folder: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// For tools such as `rabbitmqctl`.
    pub distribution_port: u16,
    /// The name server.
    pub epmd_port: u16,
    /// The one account.
    pub user: &'a str,
    /// Its password.
    pub password: &'a str,
}

impl RabbitMq<'_> {
    /// Starts the broker and waits until it takes clients.
    ///
    /// # Errors
    /// When it doesn't start.
    pub async fn start(
        &self,
        program: &Path,
        epmd: &PathBuf,
        account: Account,
        supervisor: &Supervisor,
    ) -> Result<()> {
        account.create_folder(&self.folder)?;
        self.start_epmd(epmd, account, supervisor).await?;
        self.start_again(program, account, supervisor).await
    }

    /// Starts the broker alone, where its name server runs.
    ///
    /// # Errors
    /// When it doesn't start.
    pub async fn start_again(
        &self,
        program: &Path,
        account: Account,
        supervisor: &Supervisor,
    ) -> Result<()> {
        account.write_file(&self.folder.join("rabbitmq.conf"), &self.config())?;
        account.write_file(&self.folder.join("enabled_plugins"), "[].\n")?;
        supervisor.start("rabbitmq", Stage::Server, &self.program(program, account))?;
        supervisor
            .ready("rabbitmq", Duration::from_secs(120), async || {
                // The listener opens last.
                greet(self.port).await
            })
            .await
    }

    async fn start_epmd(
        &self,
        epmd: &PathBuf,
        account: Account,
        supervisor: &Supervisor,
    ) -> Result<()> {
        let program = Program::server(epmd, &self.folder, account)
            .args(["-port", &self.epmd_port.to_string()])
            .args(["-address", "127.0.0.1"])
            .listens_on(self.epmd_port);
        supervisor.start("epmd", Stage::NameServer, &program)?;
        supervisor
            .ready("epmd", Duration::from_secs(10), async || {
                TcpStream::connect(("127.0.0.1", self.epmd_port))
                    .await
                    .context("epmd")
                    .map(drop)
            })
            .await
    }

    fn config(&self) -> String {
        format!(
            "listeners.tcp.local = 127.0.0.1:{}\n\
             default_user = {}\n\
             default_pass = {}\n\
             log.console = true\n\
             log.console.level = info\n\
             log.file = false\n",
            self.port, self.user, self.password
        )
    }

    /// `rabbitmqctl` for this broker.
    pub fn control(&self, program: &Path, account: Account) -> Program {
        self.with_environment(Program::server(
            program.with_file_name("rabbitmqctl"),
            &self.folder,
            account,
        ))
    }

    fn program(&self, program: &Path, account: Account) -> Program {
        let program = Program::server(program, &self.folder, account)
            .listens_on(self.port)
            .listens_on(self.distribution_port);
        self.with_environment(program)
            // Makes the script become the broker in place of waiting for it as its parent, so that
            // signals and the death of this program reach the broker itself.
            .env("RUNNING_UNDER_SYSTEMD", "true")
    }

    fn with_environment(&self, program: Program) -> Program {
        let at = |name: &str| self.folder.join(name);
        program
            .env("RABBITMQ_NODENAME", "rabbit@localhost")
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_DIST_PORT", self.distribution_port.to_string())
            .env("RABBITMQ_MNESIA_BASE", at("data"))
            .env("RABBITMQ_LOG_BASE", at("log"))
            .env("RABBITMQ_PID_FILE", at("rabbitmq.pid"))
            .env("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("enabled_plugins"))
            // Absent files, so that those in /etc/rabbitmq are not read.
            .env("RABBITMQ_CONF_ENV_FILE", at("none"))
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", at("none"))
            .env("RABBITMQ_CONFIG_FILES", at("none"))
            .env("ERL_EPMD_PORT", self.epmd_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1}",
            )
    }
}

/// Opens the AMQP 0-9-1 conversation and waits for the broker's first frame.
async fn greet(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .context("RabbitMQ")?;
    stream
        .write_all(b"AMQP\x00\x00\x09\x01")
        .await
        .context("RabbitMQ")?;
    match stream.read_u8().await.context("RabbitMQ")? {
        1 => Ok(()),
        _ => Err(Error::new("RabbitMQ answers in another protocol")),
    }
}
