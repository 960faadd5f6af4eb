//! `cargo local` before anything else is built: says what is going to happen, builds what the command runs, and becomes
//! the program of `local/cli`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

/// What a command runs besides `local` itself, and what it does.
struct Plan {
    programs: &'static [&'static str],
    does: &'static str,
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let plan = plan(&arguments);
    let first = is_first_build();
    if let Some(plan) = plan.as_ref().filter(|_| first) {
        eprintln!(
            "cargo local {}: {}\nFirst everything is built, which takes some minutes on two cores, once.",
            arguments[0].display(),
            plan.does
        );
    }
    let programs = plan.map_or(&[][..], |plan| plan.programs);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let command = || {
        let mut command = Command::new(&cargo);
        // What makes later builds quick costs the first one time and gigabytes.
        if first && env::var_os("CARGO_INCREMENTAL").is_none() {
            command.env("CARGO_INCREMENTAL", "0");
        }
        command
    };
    // In one build, so that nothing waits for the last crate of another.
    let mut build = command();
    build.args(["build", "--bin", "local"]);
    build.args(programs.iter().flat_map(|program| ["--bin", *program]));
    match build.status() {
        Ok(status) if status.success() => {}
        Ok(_) => {
            eprintln!("error: the build failed; its output is above");
            return ExitCode::FAILURE;
        }
        Err(error) => return failed(&cargo, &error),
    }
    let mut run = command();
    run.args(["run", "--quiet", "--bin", "local", "--"])
        .args(arguments);
    failed(&cargo, &run.exec())
}

/// What the commands do that build more than `local`.
fn plan(arguments: &[OsString]) -> Option<Plan> {
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    // With optimisations, `local` builds them itself.
    if has("--release") || has("--servers-only") || has("--help") || has("-h") {
        return None;
    }
    match arguments.first()?.to_str()? {
        "up" => Some(Plan {
            programs: &["gateway", "worker", "payment_sandbox"],
            does: "installs missing servers (after saying which), starts Postgres, PgBouncer, Redis and RabbitMQ of \
                its own on free ports, creates a demo and serves every endpoint and the web console.",
        }),
        "test" => Some(Plan {
            programs: &[],
            does: "installs missing servers (after saying which), starts a fresh stack of its own on free ports and \
                runs all tests on it.",
        }),
        _ => None,
    }
}

/// Whether `local` was never built: this program lies beside where it will be.
fn is_first_build() -> bool {
    env::current_exe().is_ok_and(|own| !own.with_file_name("local").exists())
}

fn failed(cargo: &OsStr, error: &std::io::Error) -> ExitCode {
    eprintln!(
        "error: {} can't be started: {error}",
        Path::new(cargo).display()
    );
    ExitCode::FAILURE
}
