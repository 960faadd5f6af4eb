//! A stack: the servers, and everything that runs on them, from start to stop.

use std::fs::File;
use std::process::ExitCode;
use std::time::Instant;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::env::{self, Env, Front};
use crate::error::{Context, Result};
use crate::home::{Home, Kind, Profile};
use crate::packages::{self, Programs};
use crate::ports::Ports;
use crate::process::account::Account;
use crate::process::launch;
use crate::process::supervisor::Supervisor;
use crate::report;
use crate::running::Running;
use crate::secrets::Secrets;
use crate::servers::pgbouncer::PgBouncer;
use crate::servers::postgres::Postgres;
use crate::servers::rabbitmq::RabbitMq;
use crate::servers::redis;

/// Ended by Ctrl-C, as shells count it.
const INTERRUPTED: u8 = 130;

/// What a running command works with.
pub struct Stack {
    /// The project.
    pub home: Home,
    /// Its files.
    pub profile: Profile,
    /// Its ports.
    pub ports: Ports,
    /// Its keys and passwords.
    pub secrets: Secrets,
    /// Its processes.
    pub supervisor: Supervisor,
    /// The servers' programs.
    pub programs: Programs,
    account: Account,
    _lock: File,
}

/// Runs `work` with a stack of its own and stops everything afterwards, whatever happens: the end
/// of the work, Ctrl-C, SIGTERM, or the death of a child.
///
/// # Errors
/// When the stack is in use, the work fails, or a child dies.
pub async fn run(
    home: &Home,
    kind: Kind,
    work: impl AsyncFnOnce(&Stack) -> Result<ExitCode>,
) -> Result<ExitCode> {
    let mut stop = Stop::listen()?;
    let profile = home.profile(kind);
    let Some(lock) = profile.lock()? else {
        return Err(Running::conflict(&profile));
    };
    let stack = tokio::select! {
        stack = Stack::prepare(home, profile, lock) => stack?,
        () = stop.requested() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    let outcome = tokio::select! {
        outcome = work(&stack) => outcome,
        death = stack.supervisor.first_death() => {
            report::warning("something ended by itself; the rest is stopped now");
            Err(death)
        }
        () = stop.requested() => {
            // Ctrl-C is the usual end of `up`, and cuts tests short.
            let ready = stack.profile.kind == Kind::Dev && Running::is_published(&stack.profile);
            Ok(if ready { ExitCode::SUCCESS } else { ExitCode::from(INTERRUPTED) })
        }
    };
    Running::withdraw(&stack.profile);
    tokio::select! {
        () = stack.stop() => {}
        () = stop.requested() => {
            report::warning("killing everything");
            stack.supervisor.kill_all();
            stack.supervisor.stop_all().await;
        }
    }
    outcome
}

/// A wish to stop: Ctrl-C, SIGTERM, or the terminal is gone.
struct Stop([Signal; 3]);

impl Stop {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self([
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ]))
    }

    async fn requested(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

impl Stack {
    async fn prepare(home: &Home, profile: Profile, lock: File) -> Result<Self> {
        let programs = packages::ensure().await?;
        let account = Account::find()?;
        profile.create()?;
        let records = profile.file("processes.json");
        let supervisor = Supervisor::new(profile.logs(), records.clone()).await?;
        if profile.kind != Kind::Dev {
            profile.wipe()?;
            profile.create()?;
        }
        Running::withdraw(&profile);
        launch::raise_file_limit();
        let (ports, held) = Ports::choose(&profile.file("ports.json"), profile.kind == Kind::Dev)?;
        supervisor.hold(held);
        Ok(Self {
            home: home.clone(),
            ports,
            secrets: Secrets::load_or_create(&profile.file("secrets.json"))?,
            supervisor,
            programs,
            account,
            profile,
            _lock: lock,
        })
    }

    /// The environment of the service's programs and tests.
    pub fn env(&self, front: Front) -> Env {
        let mut env = env::of(
            |name| self.ports.address(name),
            &self.secrets,
            front,
            &self.profile.file("payments.json"),
        );
        let folder = self.profile.folder.display();
        env.insert("E2E_STACK_FOLDER".into(), folder.to_string());
        for name in self.profile.kind.lifted_limits() {
            env.insert((*name).into(), "1000000".into());
        }
        if self.profile.kind == Kind::Test {
            // Exact limits are tested, and a busy machine is no outage.
            env.insert("REDIS_TIMEOUT_MS".into(), "5000".into());
            env.insert("PG_WAIT_MS".into(), "20000".into());
            env.insert("ALLOWED_ORIGINS".into(), "https://shop.example".into());
        }
        env
    }

    /// The environment of tests and measurements: beside that of the programs, what the service itself never has, the
    /// superuser's addresses of both databases and the folder of Postgres's programs.
    pub fn test_env(&self, front: Front) -> Env {
        let mut env = self.env(front);
        for (name, database) in [("AUTH", "auth"), ("LOYALTY", "loyalty")] {
            let url = format!(
                "postgres://postgres:{}@{}/{database}",
                self.secrets.get(&format!("postgres_{database}_superuser")),
                self.ports.address(&format!("postgres_{database}"))
            );
            env.insert(format!("{name}_SUPERUSER_URL"), url);
        }
        let newest = self.programs.postgres.last();
        let folder = newest.map(|(_, bin)| ("POSTGRES_BIN".into(), bin.display().to_string()));
        env.extend(folder);
        env
    }

    /// Lets other commands know that the stack is ready, and what answers requests, if anything does.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn publish(&self, command: &str, front: Option<Front>) -> Result<()> {
        let env = self.test_env(front.unwrap_or(Front::Gateway));
        let running = Running {
            pid: std::process::id(),
            command: command.to_owned(),
            address: front.map(|_| env["E2E_BASE_URL"].clone()),
            env,
        };
        running.publish(&self.profile)
    }

    /// Stops all processes in order and prints it; nothing when none run.
    pub async fn stop(&self) {
        if self.supervisor.is_empty() {
            return;
        }
        let started = Instant::now();
        report::heading("Stopping");
        self.supervisor.stop_all().await;
        report::done("everything is stopped", started.elapsed());
    }

    /// Starts the servers and brings the databases up to date.
    ///
    /// # Errors
    /// When one of them doesn't start, or a migration fails.
    pub async fn start_servers(&self) -> Result<()> {
        let durable = self.profile.kind.durable();
        let rabbitmq = RabbitMq {
            folder: self.profile.server("rabbitmq"),
            port: self.ports.get("amqp"),
            distribution_port: self.ports.get("erlang_distribution"),
            epmd_port: self.ports.get("epmd"),
            user: "loyalty",
            password: self.secrets.get("amqp"),
        };
        let redis_folder = self.profile.server("redis");
        tokio::try_join!(
            self.start_database("auth", durable),
            self.start_database("loyalty", durable),
            report::step(
                format!("{:<16}{}", "Redis", self.ports.address("redis")),
                redis::start(
                    &self.programs.redis,
                    &redis_folder,
                    self.ports.get("redis"),
                    durable,
                    self.account,
                    &self.supervisor,
                ),
            ),
            report::step(
                format!("{:<16}{}", "RabbitMQ", self.ports.address("amqp")),
                rabbitmq.start(
                    &self.programs.rabbitmq,
                    &self.programs.epmd,
                    self.account,
                    &self.supervisor,
                ),
            ),
        )?;
        Ok(())
    }

    async fn start_database(&self, database: &str, durable: bool) -> Result<()> {
        let postgres_port = self.ports.get(&format!("postgres_{database}"));
        let password = self.secrets.get(&format!("postgres_{database}"));
        let superuser = format!("postgres_{database}_superuser");
        let postgres = Postgres {
            database,
            folder: self.profile.server(&format!("postgres_{database}")),
            port: postgres_port,
            superuser_password: self.secrets.get(&superuser),
            password,
            durable,
        };
        report::step(
            format!("{:<16}127.0.0.1:{postgres_port} {database}", "Postgres"),
            postgres.start(&self.programs.postgres, self.account, &self.supervisor),
        )
        .await?;

        let url = format!("postgres://{database}:{password}@127.0.0.1:{postgres_port}/{database}");
        report::step(format!("{:<16}{database}", "migrations"), async {
            let failed = format!(
                "cannot migrate the database {database} (`cargo local reset` makes a new one)"
            );
            match database {
                "auth" => migrations::auth(&url).await.context(failed),
                _ => migrations::loyalty(&url).await.context(failed),
            }
        })
        .await?;

        let port = self.ports.get(&format!("pgbouncer_{database}"));
        let pooler = PgBouncer {
            database,
            folder: self.profile.server(&format!("pgbouncer_{database}")),
            port,
            postgres_port,
            password,
        };
        report::step(
            format!("{:<16}127.0.0.1:{port} {database}", "PgBouncer"),
            pooler.start(&self.programs.pgbouncer, self.account, &self.supervisor),
        )
        .await
    }
}
