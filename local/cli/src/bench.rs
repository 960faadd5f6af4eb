//! `cargo local bench`: measures the service, built with optimisations, on a stack of its own.

use std::process::ExitCode;

use crate::apps;
use crate::env::Front;
use crate::error::{Error, Result};
use crate::home::{Home, Kind};
use crate::process::launch::Program;
use crate::process::task;
use crate::report;
use crate::stack::{self, Stack};

/// What runs. The whole workspace is named so that the dependencies are those of every other release build.
const PROGRAMS: [&str; 9] = [
    "--workspace",
    "--bin",
    "gateway",
    "--bin",
    "payment_sandbox",
    "--bin",
    "worker",
    "--bin",
    "bench",
];

/// What to measure and how.
#[derive(Debug, clap::Args)]
pub struct Bench {
    /// Only measurements whose name contains this: apply, login …; `growth` is measured only if it is named
    #[arg(long)]
    only: Option<String>,
    /// For `--only growth`: the share of its rows, so that a short run is possible
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Length of each measurement in seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=20))]
    seconds: u64,
    /// Fail when a goal is missed
    #[arg(long)]
    check: bool,
}

impl Bench {
    /// Measures; the exit code is a failure if something could not be measured, or a goal is missed with `--check`.
    ///
    /// # Errors
    /// When the stack doesn't start or a part of it dies.
    pub async fn run(&self, home: &Home) -> Result<ExitCode> {
        stack::run(home, Kind::Bench, async |stack| {
            report::heading("Starting a fresh stack");
            stack.start_servers().await?;
            apps::build(stack, &PROGRAMS, true).await?;
            apps::start_sandbox(stack, Front::Gateway, true).await?;
            // No worker: what it does in the databases would be measured along with the requests. Where it is what is
            // measured, it is started for that.
            apps::start_gateway(stack, true, None).await?;
            stack.publish("cargo local bench", Some(Front::Gateway))?;
            report::heading("Measuring");
            let status = task::run(&self.program(stack).await?).await?;
            stack.stop().await;
            match status.code() {
                Some(0) => Ok(ExitCode::SUCCESS),
                Some(_) => Ok(ExitCode::FAILURE),
                None => Err(Error::new(format!("the measuring was ended: {status}"))),
            }
        })
        .await
    }

    async fn program(&self, stack: &Stack) -> Result<Program> {
        let folder = apps::folder(stack, true).await?;
        let mut program = Program::new(folder.join("bench"), &stack.home.project)
            .envs(&stack.test_env(Front::Gateway))
            .arg("--pgbench")
            .arg(stack.programs.beside_postgres("pgbench")?)
            .arg("--worker")
            .arg(folder.join("worker"))
            .arg("--logs")
            .arg(stack.profile.logs())
            .arg("--seconds")
            .arg(self.seconds.to_string())
            .arg("--scale")
            .arg(self.scale.to_string());
        if let Some(only) = &self.only {
            program = program.arg("--only").arg(only);
        }
        Ok(match self.check {
            true => program.arg("--check"),
            false => program,
        })
    }
}
