//! Steps for people that the worker's program does, on the running stack.

use std::process::ExitCode;

use crate::error::{Context, Error, Result};
use crate::home::{Home, Kind};
use crate::process::launch::Program;
use crate::process::task;
use crate::running::Running;

/// Runs the worker with `arguments`.
///
/// # Errors
/// When no stack runs, or its worker was not built.
pub async fn run(home: &Home, arguments: &[&str]) -> Result<ExitCode> {
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
        .args(arguments.iter().copied());
    let status = task::run(&program).await?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
