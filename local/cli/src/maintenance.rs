//! `cargo local reset`, `env`, `events` and `logs`.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::env;
use crate::error::{Context, Error, Result};
use crate::events;
use crate::home::{Home, Kind};
use crate::process::launch::Program;
use crate::process::supervisor::Supervisor;
use crate::process::task;
use crate::report;
use crate::running::Running;

/// Removes all data; installed tools stay unless `tools` is set.
///
/// # Errors
/// When a stack runs or something can't be removed.
pub async fn reset(home: &Home, tools: bool) -> Result<ExitCode> {
    // All or nothing: both locks before the first removal.
    let mut profiles = Vec::new();
    for kind in Kind::ALL {
        let profile = home.profile(kind);
        match profile.lock()? {
            Some(lock) => profiles.push((profile, lock)),
            None => return Err(Running::conflict(&profile)),
        }
    }
    for (profile, _lock) in profiles {
        if profile.folder.exists() {
            // Servers of a run that was killed may still be writing there.
            Supervisor::new(profile.logs(), profile.file("processes.json")).await?;
            profile.wipe()?;
            report::line(format_args!("removed {}", profile.folder.display()));
        }
    }
    if tools && home.tools().exists() {
        fs::remove_dir_all(home.tools()).context("cannot remove the tools")?;
        report::line(format_args!("removed {}", home.tools().display()));
    }
    report::line("The next `cargo local up` starts afresh.");
    Ok(ExitCode::SUCCESS)
}

/// Prints the environment of the running stack for a shell.
///
/// # Errors
/// When none runs.
pub fn env(home: &Home, kind: Kind) -> Result<ExitCode> {
    let running = Running::find(&home.profile(kind))?;
    let _ = io::stdout().write_all(env::exports(&running.env).as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// Renews the example events.
///
/// # Errors
/// When no stack with an address runs, or it refuses.
pub async fn events(home: &Home) -> Result<ExitCode> {
    let running = Running::find(&home.profile(Kind::Dev))?;
    if running.address.is_none() {
        return Err(Error::new(
            "only the servers are running; the events need `cargo local up` or `cargo local watch`",
        ));
    }
    let count = events::write(home, &running.env, &events::folder(home)).await?;
    report::line(format_args!(
        "{count} events written to local/events; their tokens live 10 minutes"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Shows one log, or lists them.
///
/// # Errors
/// When there is no such log.
pub async fn logs(home: &Home, kind: Kind, name: Option<&str>, follow: bool) -> Result<ExitCode> {
    let folder = home.profile(kind).logs();
    let Some(name) = name else {
        let mut names: Vec<String> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(".log")
                    .map(str::to_owned)
            })
            .collect();
        names.sort();
        report::line(format_args!("{}: {}", folder.display(), names.join(", ")));
        return Ok(ExitCode::SUCCESS);
    };
    let log = folder.join(format!("{name}.log"));
    if !log.is_file() {
        return Err(Error::new(format!(
            "no log of `{name}`; `cargo local logs` lists them"
        )));
    }
    let mut tail = Program::new("tail", "/").args(["-n", "200"]);
    if follow {
        tail = tail.arg("-F");
    }
    task::run_at_terminal(&tail.arg(&log)).await?;
    Ok(ExitCode::SUCCESS)
}
