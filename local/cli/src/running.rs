//! What other commands can learn about a running stack: its address and its environment.

use serde::{Deserialize, Serialize};

use crate::env::Env;
use crate::error::{Error, Result};
use crate::files;
use crate::home::{Kind, Profile};

const FILE: &str = "running.json";

/// A running stack.
#[derive(Debug, Serialize, Deserialize)]
pub struct Running {
    /// Process id of the command that runs it.
    pub pid: u32,
    /// `cargo local …`
    pub command: String,
    /// Where requests go; `None` when only the servers run.
    pub address: Option<String>,
    /// The environment of its programs, and of tests on it.
    pub env: Env,
}

impl Running {
    /// Lets other commands know that this stack runs.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn publish(&self, profile: &Profile) -> Result<()> {
        files::write_json(&profile.file(FILE), self)
    }

    /// Whether the stack is published.
    pub fn is_published(profile: &Profile) -> bool {
        profile.file(FILE).exists()
    }

    /// Takes it back.
    pub fn withdraw(profile: &Profile) {
        let _ = std::fs::remove_file(profile.file(FILE));
    }

    /// The stack that runs now.
    ///
    /// # Errors
    /// When none runs, or it is still starting.
    pub fn find(profile: &Profile) -> Result<Self> {
        let how = match profile.kind {
            Kind::Dev => "start it with `cargo local up`",
            Kind::Test => "it only runs during `cargo local test`",
            Kind::Bench => "it only runs during `cargo local bench`",
        };
        if profile.lock()?.is_some() {
            return Err(Error::new(format!("no stack is running; {how}")));
        }
        files::read_json(&profile.file(FILE))?
            .ok_or_else(|| Error::new("the stack is still starting; try again when it is ready"))
    }

    /// Why a command can't have the stack for itself.
    pub fn conflict(profile: &Profile) -> Error {
        Error::new(match files::read_json::<Self>(&profile.file(FILE)) {
            Ok(Some(running)) => {
                let address = running.address.map(|a| format!(" at {a}")).unwrap_or_default();
                format!(
                    "`{}` already runs{address} (process {}). Use that one, or stop it with Ctrl-C in its terminal \
                     (or: kill {})",
                    running.command, running.pid, running.pid
                )
            }
            _ => "another `cargo local` is just starting or stopping this stack; try again in a moment".to_owned(),
        })
    }
}
