//! `cargo lambda watch`: the functions as they run on AWS, one process each behind the emulated
//! Lambda API.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::env::Front;
use crate::error::{Context, Error, Result};
use crate::home::{Home, Kind};
use crate::http;
use crate::packages;
use crate::process::launch::Program;
use crate::process::supervisor::Stage;
use crate::process::task;
use crate::report;
use crate::stack::Stack;

const VERSION: &str = "1.9.2";
const NAME: &str = "lambda_watch";
/// The first call of a function may have to wait for a build.
const FIRST_CALL: Duration = Duration::from_secs(300);

/// A function, as its folder tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Name of the package, of the program and of the function.
    pub name: String,
    /// Called by a queue or a schedule, not by HTTP.
    pub background: bool,
}

/// All functions of the project.
///
/// # Errors
/// When the folders cannot be read.
pub fn functions(home: &Home) -> Result<Vec<Function>> {
    let root = home.project.join("functions");
    let mut found = Vec::new();
    for group in folders(&root)? {
        let background = group.ends_with("background");
        for crate_folder in folders(&group)? {
            if crate_folder.join("Cargo.toml").is_file() {
                let name = crate_folder.file_name().unwrap_or_default();
                found.push(Function {
                    name: name.display().to_string(),
                    background,
                });
            }
        }
    }
    Ok(found)
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(parent)
        .context(format_args!("cannot read {}", parent.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    Ok(paths)
}

/// Finds cargo-lambda, or installs it for this project alone.
///
/// # Errors
/// When it can't be installed.
pub async fn ensure(home: &Home) -> Result<PathBuf> {
    let installed = packages::in_path("cargo-lambda")
        .into_iter()
        .chain([home.tools().join("cargo-lambda/bin/cargo-lambda")]);
    for program in installed {
        if version(&program).is_some_and(|version| version.contains(VERSION)) {
            return Ok(program);
        }
    }
    report::line(format_args!(
        "Missing on this machine: cargo-lambda {VERSION}"
    ));
    let venv = home.tools().join("cargo-lambda");
    let _ = fs::remove_dir_all(&venv);
    let python = python().await?;
    fs::create_dir_all(home.tools()).context("cannot make the folder of tools")?;
    let log = home.tools().join("cargo-lambda.log");
    report::step(format!("cargo-lambda {VERSION} from PyPI"), async {
        task::run_quietly(
            &Program::new(python, "/").args(["-m", "venv"]).arg(&venv),
            &log,
        )
        .await?;
        let pip = Program::new(venv.join("bin/python"), "/")
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--quiet",
            ])
            .arg(format!("cargo-lambda=={VERSION}"));
        task::run_quietly(&pip, &log).await
    })
    .await?;
    Ok(venv.join("bin/cargo-lambda"))
}

fn version(program: &Path) -> Option<String> {
    let output = Command::new(program)
        .args(["lambda", "--version"])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()
}

async fn python() -> Result<PathBuf> {
    let usable = || {
        let python = packages::in_path("python3")?;
        let output = Command::new(&python)
            .args(["-c", "import ensurepip, venv"])
            .output();
        output
            .is_ok_and(|output| output.status.success())
            .then_some(python)
    };
    if let Some(python) = usable() {
        return Ok(python);
    }
    packages::install(&["python3", "python3-venv"]).await?;
    usable()
        .ok_or_else(|| Error::new("python3 has no venv module, though python3-venv is installed"))
}

/// Starts the server and calls every function once, so that no request has to wait for a build.
///
/// # Errors
/// When the server or a function doesn't start.
pub async fn start(stack: &Stack, cargo_lambda: &Path) -> Result<()> {
    let port = stack.ports.get(NAME);
    let mut program = Program::new(cargo_lambda, &stack.home.project)
        .args([
            "lambda",
            "watch",
            "-A",
            "127.0.0.1",
            "-P",
            &port.to_string(),
        ])
        .envs(&stack.env(Front::LambdaWatch));
    if stack.profile.kind == Kind::Test {
        program = program.arg("--ignore-changes");
    }
    report::step(format!("{:<16}127.0.0.1:{port}", "lambda watch"), async {
        stack.supervisor.start(NAME, Stage::Front, &program)?;
        stack
            .supervisor
            .ready(NAME, Duration::from_secs(60), async || {
                TcpStream::connect(("127.0.0.1", port))
                    .await
                    .context("cargo lambda watch")
                    .map(drop)
            })
            .await
    })
    .await?;
    let client = http::client()?;
    for function in functions(&stack.home)?
        .iter()
        .filter(|function| !function.background)
    {
        report::step(
            format!("{:<16}{}", "warm", function.name),
            warm(stack, &client, function),
        )
        .await?;
    }
    Ok(())
}

async fn warm(stack: &Stack, client: &Client, function: &Function) -> Result<()> {
    let url = format!(
        "http://{}/2015-03-31/functions/{}/invocations",
        stack.ports.address(NAME),
        function.name
    );
    let event: Value =
        serde_json::from_str(include_str!("warm_up.json")).context("warm_up.json")?;
    let call = async {
        let answer = client
            .post(&url)
            .timeout(FIRST_CALL)
            .json(&event)
            .send()
            .await
            .context(&function.name)?;
        let answer: Value = answer.json().await.context(&function.name)?;
        // No function has that path, and saying so takes a working one.
        if answer["statusCode"] == 404 {
            Ok(())
        } else {
            Err(Error::new(format!("{} answers {answer}", function.name)))
        }
    };
    call.await.map_err(|error| {
        let log = stack.profile.logs().join(format!("{NAME}.log"));
        let tail = crate::process::supervisor::tail(&log);
        Error::new(format!("{error}\n{tail}"))
    })
}

/// What to type in front of a function's name to call it.
pub fn invoke_command(stack: &Stack, cargo_lambda: &Path) -> String {
    let port = stack.ports.get(NAME);
    // `cargo lambda` works as it is when the program is in the path.
    let program = if packages::in_path("cargo-lambda").as_deref() == Some(cargo_lambda) {
        "cargo lambda invoke".to_owned()
    } else {
        format!(
            "{} lambda invoke",
            crate::env::quote(&cargo_lambda.display().to_string())
        )
    };
    format!("{program} -A 127.0.0.1 -P {port}")
}
