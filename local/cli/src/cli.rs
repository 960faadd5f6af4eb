//! The command line.

use clap::{Parser, Subcommand};
use std::process::ExitCode;

use crate::bench::Bench;
use crate::compose::Compose;
use crate::console;
use crate::dlq::Dlq;
use crate::error::Result;
use crate::home::{Home, Kind};
use crate::invoke::Invoke;
use crate::plan::Only;
use crate::rotate_keys::RotateKeys;
use crate::test;
use crate::{maintenance, up, worker_step};

/// Runs the whole service on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything with demo data; Ctrl-C stops it. Installs missing servers through apt-get
    Up {
        /// Only Postgres, PgBouncer, Redis and RabbitMQ, migrated and empty
        #[arg(long)]
        servers_only: bool,
        /// Build with optimisations, for measurements
        #[arg(long, conflicts_with = "servers_only")]
        release: bool,
    },
    /// Like up, with `cargo lambda watch` in place of the gateway
    Watch,
    /// Run all tests on a fresh stack of its own, also beside a running one
    Test {
        /// Only one of the runs
        #[arg(long)]
        only: Option<Only>,
        /// Passed on to `cargo test`: filters, -p PACKAGE, -- --nocapture …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure every endpoint, on a fresh stack of its own: docs/benchmarks.md
    Bench(Bench),
    /// Run a script of the web console: `check` (types, lints, unit tests), `fix`, `build`, or `dev` beside `cargo local up`
    Console {
        /// Its name in functions/admin/console/web/package.json
        script: String,
    },
    /// Sign the demo user in and write example events for `cargo lambda invoke` to local/events
    Events,
    /// Call one function as Lambda would, on the stack of `cargo local watch`
    Invoke(Invoke),
    /// Print the environment of the running stack: eval "$(cargo local env)"
    Env {
        /// Which stack
        #[arg(long, default_value = "dev")]
        profile: Kind,
    },
    /// Show the log of one process, or list them
    Logs {
        /// gateway, worker, postgres_auth, …
        name: Option<String>,
        /// Go on as it grows
        #[arg(short, long)]
        follow: bool,
        /// Which stack
        #[arg(long, default_value = "dev")]
        profile: Kind,
    },
    /// Status changes that the loyalty side could not process: list or replay them
    #[command(subcommand)]
    Dlq(Dlq),
    /// Show the purchase events that wait in the queue for other systems: docs/purchase-events.md
    PurchaseEvents,
    /// Check that the books of both databases are right; fails and names the row that is not
    Audit,
    /// Compare everybody's status on both sides, and repair what the loyalty side has wrong
    Reconcile,
    /// Replace the key of access tokens, one step at a time: docs/deploying.md
    RotateKeys(RotateKeys),
    /// Remove all data of the local stacks
    Reset {
        /// Also installed tools (cargo-lambda)
        #[arg(long)]
        tools: bool,
    },
    /// Steps of docker-compose.yml
    #[command(subcommand, hide = true)]
    Compose(Compose),
}

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// When it fails.
    pub async fn run(self) -> Result<ExitCode> {
        // Compose has no project around it.
        let home = Home::find();
        match self.command {
            Command::Up {
                servers_only: true, ..
            } => up::servers(&home?).await,
            Command::Up { release, .. } => up::gateway(&home?, release).await,
            Command::Watch => up::lambda(&home?).await,
            Command::Test { only, args } => test::run(&home?, only, &args).await,
            Command::Bench(bench) => bench.run(&home?).await,
            Command::Console { script } => console::run(&home?, &script).await,
            Command::Events => maintenance::events(&home?).await,
            Command::Invoke(invoke) => invoke.run(&home?).await,
            Command::Env { profile } => maintenance::env(&home?, profile),
            Command::Logs {
                name,
                follow,
                profile,
            } => maintenance::logs(&home?, profile, name.as_deref(), follow).await,
            Command::Dlq(command) => command.run(&home?).await,
            Command::PurchaseEvents => worker_step::run(&home?, &["purchase-events"]).await,
            Command::Audit => worker_step::run(&home?, &["audit"]).await,
            Command::Reconcile => worker_step::run(&home?, &["reconcile"]).await,
            Command::RotateKeys(step) => step.run(home),
            Command::Reset { tools } => maintenance::reset(&home?, tools).await,
            Command::Compose(step) => step.run().await,
        }
    }
}
