//! `cargo lambda watch`: the functions as they run on AWS, one process each behind the emulated
//! Lambda API.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::env::Front;
use crate::error::{Context, Error, Result};
use crate::home::{Home, Kind};
use crate::http;
use crate::ports::Ports;
use crate::process::launch::Program;
use crate::process::stage::Stage;
use crate::report;
use crate::servers::sqs;
use crate::stack::Stack;
use crate::tools::Tools;

const NAME: &str = "lambda_watch";
/// Where `cargo lambda invoke` looks by default.
const INVOKE_PORT: u16 = 9000;
/// The first call of a function may have to wait for a build.
const FIRST_CALL: Duration = Duration::from_secs(300);

/// A function, found by its folder.
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

/// Starts the server and calls every function once, so that no request has to wait for a build. SQS has to run.
///
/// # Errors
/// When the server or a function doesn't start.
pub async fn start(stack: &Stack, tools: &Tools) -> Result<()> {
    let port = stack.ports.get(NAME);
    let mut program = Program::new(&tools.cargo_lambda, &stack.home.project)
        .args([
            "lambda",
            "watch",
            "-A",
            "127.0.0.1",
            "-P",
            &port.to_string(),
            // The functions answer preflight requests themselves.
            "--disable-cors",
        ])
        .envs(&stack.env(Front::LambdaWatch))
        .envs(&sqs::env(stack))
        .listens_on(port);
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
    relay_from_ipv6(port).await;
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
        let tail = crate::process::service::tail(&log);
        Error::new(format!("{error}\n{tail}"))
    })
}

/// Lets `cargo lambda invoke` reach the server without an address: it looks on `[::1]`
/// only, while everything else here is on 127.0.0.1. A machine without IPv6 does without.
async fn relay_from_ipv6(port: u16) {
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await else {
        return;
    };
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(mut to) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                }
            });
        }
    });
}

/// The arguments that name the server, where it is not the one that `cargo lambda invoke` calls by itself.
pub fn invoke_address(ports: &Ports) -> Vec<String> {
    match ports.get(NAME) {
        INVOKE_PORT => vec![],
        port => ["-A", "127.0.0.1", "-P", &port.to_string()]
            .map(str::to_owned)
            .into(),
    }
}
