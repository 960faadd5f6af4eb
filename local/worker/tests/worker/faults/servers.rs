//! The servers, with ports and folders of their own.

use std::path::PathBuf;

use local::env::{self, Env, Front};
use local::error::Result;
use local::packages::{self, Programs};
use local::ports::Ports;
use local::process::account::Account;
use local::process::supervisor::Supervisor;
use local::process::task;
use local::secrets::Secrets;
use local::servers::pgbouncer::PgBouncer;
use local::servers::postgres::Postgres;
use local::servers::rabbitmq::RabbitMq;

/// A server that tests stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Broker,
    AuthDatabase,
    LoyaltyDatabase,
}

/// What a broker runs out of; then it accepts nothing from publishers and does not answer them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    Memory,
    Disk,
}

impl Shortage {
    /// The arguments of `rabbitmqctl` that set a limit that is always exceeded, or the usual limit.
    fn command(self, exceeded: bool) -> [&'static str; 2] {
        match (self, exceeded) {
            (Shortage::Memory, true) => ["set_vm_memory_high_watermark", "0.000001"],
            (Shortage::Memory, false) => ["set_vm_memory_high_watermark", "0.4"],
            (Shortage::Disk, true) => ["set_disk_free_limit", "1000000GB"],
            (Shortage::Disk, false) => ["set_disk_free_limit", "50MB"],
        }
    }
}

/// All the servers.
pub struct Servers {
    folder: PathBuf,
    ports: Ports,
    secrets: Secrets,
    programs: Programs,
    account: Account,
    supervisor: Supervisor,
    down: Vec<Server>,
    short_of: Vec<Shortage>,
}

impl Servers {
    pub async fn start() -> Result<Servers> {
        let stack = runtime::required("E2E_STACK_FOLDER", "run `cargo local test`").unwrap();
        let folder = PathBuf::from(stack).join("faults");
        let logs = folder.join("logs");
        std::fs::create_dir_all(&logs).unwrap();
        // Ends processes that an earlier run may have left, so this comes first.
        let supervisor = Supervisor::new(logs.clone(), folder.join("processes.json")).await?;
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir_all(&logs).unwrap();
        let (ports, mut held) = Ports::choose(&folder.join("ports.json"), false)?;
        // The tests start the worker themselves.
        held.remove(&ports.get("worker"));
        supervisor.hold(held);
        let servers = Servers {
            ports,
            secrets: Secrets::load_or_create(&folder.join("secrets.json"))?,
            programs: packages::ensure().await?,
            account: Account::find()?,
            supervisor,
            down: vec![],
            short_of: vec![],
            folder,
        };
        let broker = servers.broker();
        let Programs { rabbitmq, epmd, .. } = &servers.programs;
        tokio::try_join!(
            servers.start_database("auth"),
            servers.start_database("loyalty"),
            broker.start(rabbitmq, epmd, servers.account, &servers.supervisor),
        )?;
        Ok(servers)
    }

    /// The environment of the worker.
    pub fn env(&self) -> Env {
        let payments = self.folder.join("payments.json");
        let address = |name: &str| self.ports.address(name);
        env::of(address, &self.secrets, Front::Gateway, &payments)
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Stops a server: gracefully, or with SIGKILL, as in a crash.
    pub async fn stop(&mut self, server: Server, kill: bool) {
        let name = match server {
            Server::Broker => "rabbitmq",
            Server::AuthDatabase => "postgres_auth",
            Server::LoyaltyDatabase => "postgres_loyalty",
        };
        self.down.push(server);
        match kill {
            true => self.supervisor.kill(name).await,
            false => self.supervisor.stop(name).await,
        }
    }

    /// Makes the broker run short of a resource.
    pub async fn starve(&mut self, of: Shortage) -> Result<()> {
        self.short_of.push(of);
        self.control_broker(of.command(true)).await
    }

    /// Restarts what was stopped, and lifts the shortages of the broker.
    pub async fn restore(&mut self) -> Result<()> {
        let (account, supervisor) = (self.account, &self.supervisor);
        for server in std::mem::take(&mut self.down) {
            let Programs {
                postgres, rabbitmq, ..
            } = &self.programs;
            match server {
                Server::Broker => {
                    let broker = self.broker();
                    broker.start_again(rabbitmq, account, supervisor).await?;
                }
                Server::AuthDatabase => {
                    let database = self.database("auth");
                    database.start(postgres, account, supervisor).await?;
                }
                Server::LoyaltyDatabase => {
                    let database = self.database("loyalty");
                    database.start(postgres, account, supervisor).await?;
                }
            }
        }
        for of in std::mem::take(&mut self.short_of) {
            self.control_broker(of.command(false)).await?;
        }
        Ok(())
    }

    async fn control_broker(&self, command: [&str; 2]) -> Result<()> {
        let broker = self.broker();
        let program = broker.control(&self.programs.rabbitmq, self.account);
        let log = self.folder.join("logs/rabbitmqctl.log");
        task::run_quietly(&program.args(command), &log).await
    }

    async fn start_database(&self, name: &str) -> Result<()> {
        let database = self.database(name);
        database
            .start(&self.programs.postgres, self.account, &self.supervisor)
            .await?;
        let url = &self.env()[&format!("{}_MIGRATION_URL", name.to_uppercase())];
        let migrated = match name {
            "auth" => migrations::auth(url).await,
            _ => migrations::loyalty(url).await,
        };
        migrated.unwrap();
        let pooler = PgBouncer {
            database: name,
            folder: self.folder.join(format!("pgbouncer_{name}")),
            port: self.ports.get(&format!("pgbouncer_{name}")),
            postgres_port: database.port,
            password: database.password,
        };
        pooler
            .start(&self.programs.pgbouncer, self.account, &self.supervisor)
            .await
    }

    fn database<'a>(&'a self, database: &'a str) -> Postgres<'a> {
        let name = format!("postgres_{database}");
        Postgres {
            database,
            folder: self.folder.join(&name),
            port: self.ports.get(&name),
            superuser_password: self.secrets.get(&format!("{name}_superuser")),
            password: self.secrets.get(&name),
            // Committed data has to survive a kill.
            durable: true,
        }
    }

    fn broker(&self) -> RabbitMq<'_> {
        RabbitMq {
            folder: self.folder.join("rabbitmq"),
            port: self.ports.get("amqp"),
            distribution_port: self.ports.get("erlang_distribution"),
            epmd_port: self.ports.get("epmd"),
            user: "loyalty",
            password: self.secrets.get("amqp"),
        }
    }
}
