//! The command line around every child.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::account::Account;

/// How a child is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// The usual one.
    Terminate,
    /// For Postgres this means "now, in order"; its SIGTERM waits for all clients to leave.
    Interrupt,
}

impl StopSignal {
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
        }
    }

    pub(super) fn signal(self) -> rustix::process::Signal {
        match self {
            Self::Terminate => rustix::process::Signal::TERM,
            Self::Interrupt => rustix::process::Signal::INT,
        }
    }
}

/// A program with everything that it is started with.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    args: Vec<OsString>,
    env: Vec<(String, OsString)>,
    folder: PathBuf,
    account: Account,
    clean_env: bool,
    stop: StopSignal,
    ports: Vec<u16>,
}

impl Program {
    /// A program of our own or of the developer: it sees the environment of the terminal.
    pub fn new(path: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            args: Vec::new(),
            env: Vec::new(),
            folder: folder.into(),
            account: Account::Own,
            clean_env: false,
            stop: StopSignal::Terminate,
            ports: Vec::new(),
        }
    }

    /// A server: it runs under `account` and sees nothing of the environment, where a `PGPORT` or
    /// a `RABBITMQ_…` may be meant for another one.
    pub fn server(path: impl Into<PathBuf>, folder: &Path, account: Account) -> Self {
        let mut program = Self::new(path, folder);
        program.account = account;
        program.clean_env = true;
        program
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("HOME", folder)
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets variables.
    pub fn envs<'a>(mut self, env: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        self.env.extend(
            env.into_iter()
                .map(|(name, value)| (name.clone(), value.into())),
        );
        self
    }

    /// Adds a port that it listens on, which is held until it starts.
    pub fn listens_on(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// The ports that it listens on.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Says which signal ends it in order.
    pub fn stop_with(mut self, signal: StopSignal) -> Self {
        self.stop = signal;
        self
    }

    /// The signal that ends it in order.
    pub fn stop_signal(&self) -> StopSignal {
        self.stop
    }

    /// What people call it.
    pub fn file_name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or(self.path.as_os_str())
            .display()
            .to_string()
    }

    /// The command. The kernel ends the child when this process dies, even by SIGKILL; that holds
    /// for the thread that starts it, so children are started on the main thread only.
    pub fn command(&self) -> Command {
        let mut command = Command::new("setpriv");
        command
            .arg("--pdeathsig")
            .arg(self.stop.name())
            .args(self.account.setpriv_options())
            .arg("--")
            .arg(&self.path)
            .args(&self.args)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        if self.clean_env {
            command.env_clear();
        } else {
            strip_cargo_run(&mut command);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// 2,000 clients of a pooler are more files than the usual limit of 1,024; children inherit this.
pub fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(limit.maximum.unwrap_or(u64::MAX).min(65_536));
    let _ = setrlimit(Resource::Nofile, limit);
}

/// `cargo run` describes this program's package in the environment; a cargo below would take it
/// for its own and build things again.
fn strip_cargo_run(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let describes_us = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ]
        .iter()
        .any(|prefix| text.starts_with(prefix));
        if describes_us || text == "CARGO_PRIMARY_PACKAGE" || text == "OUT_DIR" {
            command.env_remove(name);
        }
    }
}
