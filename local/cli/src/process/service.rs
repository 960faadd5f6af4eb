//! One supervised child.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::Child;

use super::launch::StopSignal;
use super::stage::Stage;
use crate::error::Error;

/// RabbitMQ takes some seconds to close its tables; nobody needs longer than this.
const GRACE: Duration = Duration::from_secs(20);
const GRACE_BEFORE_READY: Duration = Duration::from_secs(3);

/// A child that should run until it is stopped.
pub(super) struct Service {
    pub(super) name: String,
    pub(super) stage: Stage,
    pub(super) child: Child,
    /// Also the ID of its process group.
    pub(super) pid: Pid,
    pub(super) signal: StopSignal,
    pub(super) log: PathBuf,
    /// It has answered once.
    pub(super) ready: bool,
    /// Its end is wanted.
    pub(super) stopping: bool,
}

impl Service {
    /// Tells about the end of the child, if it has ended unasked.
    pub(super) fn death(&mut self) -> Option<Error> {
        if self.stopping {
            return None;
        }
        match self.child.try_wait() {
            Ok(Some(status)) => Some(Error::new(format!(
                "{} ended by itself ({status}). The end of {}:\n{}",
                self.name,
                self.log.display(),
                tail(&self.log)
            ))),
            _ => None,
        }
    }

    /// Asks the child to end in order.
    pub(super) fn ask_to_end(&mut self) {
        self.stopping = true;
        // A child that has been waited for has no number any more; another process may have it.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(self.pid, self.signal.signal());
        }
    }

    /// Whether the child has ended. Then what it had started is ended too.
    pub(super) fn gone(&mut self, waited: Duration) -> bool {
        if !matches!(self.child.try_wait(), Ok(None)) {
            self.kill_group();
            return true;
        }
        // RabbitMQ doesn't listen to signals while it boots.
        let timeout = if self.ready {
            GRACE
        } else {
            GRACE_BEFORE_READY
        };
        if waited > timeout {
            crate::report::warning(format_args!("{} did not stop, killing it", self.name));
            self.kill_group();
        }
        false
    }

    /// Ends the child and what it had started, at once.
    pub(super) fn kill_group(&self) {
        let _ = kill_process_group(self.pid, Signal::KILL);
    }
}

/// The last lines of a log, indented.
pub fn tail(log: &Path) -> String {
    const LINES: usize = 20;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return "    (nothing was written)\n".to_owned();
    }
    lines[lines.len().saturating_sub(LINES)..]
        .iter()
        .map(|line| format!("    {line}\n"))
        .collect()
}
