//! The tool cargo-lambda: found, or installed for this project alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Context, Error, Result};
use crate::home::Home;
use crate::packages;
use crate::process::launch::Program;
use crate::process::task;
use crate::report;

const VERSION: &str = "1.9.2";

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
