//! The service's own programs: built, started, asked whether they are ready.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::env::{Env, Front};
use crate::error::{Context, Error, Result};
use crate::http;
use crate::process::launch::Program;
use crate::process::stage::Stage;
use crate::process::task;
use crate::report;
use crate::stack::Stack;

/// What the stack runs. By the programs' names: naming their packages would build the dependencies with other features
/// than everything else needs, so twice.
pub const PROGRAMS: [&str; 6] = [
    "--bin",
    "gateway",
    "--bin",
    "payment_sandbox",
    "--bin",
    "worker",
];

/// The same, and every function as a program of its own.
pub const ALL_PROGRAMS: [&str; 2] = ["--workspace", "--bins"];

/// The cargo that runs this, or the one in the path.
pub fn cargo(stack: &Stack) -> Program {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Program::new(cargo, &stack.home.project)
}

/// Builds packages; the compiler's output goes to the terminal.
///
/// # Errors
/// When the build fails.
pub async fn build(stack: &Stack, what: &[&str], release: bool) -> Result<()> {
    let mut arguments = vec!["build"];
    arguments.extend(what);
    if release {
        arguments.push("--release");
    }
    report::begin(format_args!("cargo {}", arguments.join(" ")));
    report::step("build", async {
        let status = task::run(&cargo(stack).args(&arguments)).await?;
        if status.success() {
            Ok(())
        } else {
            Err(Error::new("the build failed; its output is above"))
        }
    })
    .await
}

/// Where cargo puts the programs.
///
/// # Errors
/// When cargo does not say.
pub async fn folder(stack: &Stack, release: bool) -> Result<PathBuf> {
    let output = cargo(stack)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .command()
        .output()
        .await
        .context("cargo metadata")?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let target = metadata["target_directory"]
        .as_str()
        .ok_or_else(|| Error::new("cargo metadata names no target folder"))?;
    Ok(PathBuf::from(target).join(if release { "release" } else { "debug" }))
}

/// Starts the payment sandbox and the worker.
///
/// # Errors
/// When one of them doesn't become ready.
pub async fn start_helpers(stack: &Stack, front: Front, release: bool) -> Result<()> {
    let bin = folder(stack, release).await?;
    let env = program_env(stack.env(front));
    tokio::try_join!(
        start(stack, &bin, "payment_sandbox", Stage::Helper, &env),
        start(stack, &bin, "worker", Stage::Helper, &env),
    )?;
    Ok(())
}

/// Restarts the payment sandbox, sending its notifications to `front`.
///
/// # Errors
/// When it doesn't become ready.
pub async fn restart_sandbox(stack: &Stack, front: Front) -> Result<()> {
    stack.supervisor.stop("payment_sandbox").await;
    start_sandbox(stack, front, false).await
}

/// Starts the payment sandbox, sending its notifications to `front`.
///
/// # Errors
/// When it doesn't become ready.
pub async fn start_sandbox(stack: &Stack, front: Front, release: bool) -> Result<()> {
    let bin = folder(stack, release).await?;
    let env = program_env(stack.env(front));
    start(stack, &bin, "payment_sandbox", Stage::Helper, &env).await
}

/// Starts the gateway, which also serves the web console in the folder `console`.
///
/// # Errors
/// When it doesn't become ready.
pub async fn start_gateway(stack: &Stack, release: bool, console: Option<&Path>) -> Result<()> {
    let bin = folder(stack, release).await?;
    let mut env = program_env(stack.env(Front::Gateway));
    if let Some(console) = console {
        env.insert("CONSOLE_FOLDER".into(), console.display().to_string());
    }
    start(stack, &bin, "gateway", Stage::Front, &env).await
}

fn program_env(mut env: Env) -> Env {
    env.insert("PG_POOL_SIZE".into(), "8".into());
    if std::env::var_os("RUST_LOG").is_none() {
        env.insert("RUST_LOG".into(), "info".into());
    }
    env
}

async fn start(stack: &Stack, bin: &Path, name: &str, stage: Stage, env: &Env) -> Result<()> {
    let address = stack.ports.address(name);
    let program = Program::new(bin.join(name), &stack.home.project)
        .envs(env)
        .listens_on(stack.ports.get(name));
    report::step(format!("{name:<16}{address}"), async {
        stack.supervisor.start(name, stage, &program)?;
        let client = http::client()?;
        let url = format!("http://{address}/healthz");
        stack
            .supervisor
            .ready(name, Duration::from_secs(60), async || {
                http::healthy(&client, &url).await
            })
            .await
    })
    .await
}
