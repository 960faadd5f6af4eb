//! `cargo local dlq`: what the worker's own commands do, on the running stack.

use std::process::ExitCode;

use crate::error::{Context, Error, Result};
use crate::home::{Home, Kind};
use crate::process::launch::Program;
use crate::process::task;
use crate::running::Running;

/// What to do with status changes that could not be handled.
#[derive(Debug, clap::Subcommand)]
pub enum Dlq {
    /// Show them with their reasons, the oldest first
    List {
        /// Also show what they say, which may be anything
        #[arg(long)]
        bodies: bool,
    },
    /// Give all of them another try
    Replay,
}

impl Dlq {
    /// Does it.
    ///
    /// # Errors
    /// When no stack runs, or its worker was not built.
    pub async fn run(&self, home: &Home) -> Result<ExitCode> {
        let running = Running::find(&home.profile(Kind::Dev))?;
        let own = std::env::current_exe().context("the path of this program")?;
        // Built along with this one by `cargo local up`.
        let worker = own.with_file_name("worker");
        if !worker.is_file() {
            let build = "the worker is not built; `cargo build --workspace --bins` builds it";
            return Err(Error::new(build));
        }
        let program = Program::new(worker, &home.project)
            .envs(&running.env)
            .arg("dlq");
        let program = match self {
            Self::List { bodies: false } => program.arg("list"),
            Self::List { bodies: true } => program.args(["list", "--bodies"]),
            Self::Replay => program.arg("replay"),
        };
        let status = task::run(&program).await?;
        Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
