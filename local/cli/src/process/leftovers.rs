//! Servers of an earlier run that are still there, for example because that run was killed a
//! moment ago and they are still writing their data out.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::files;

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    name: String,
    pid: i32,
    started: u64,
    boot: String,
}

impl Record {
    pub(super) fn of(name: &str, pid: Pid) -> Option<Self> {
        let pid = pid.as_raw_nonzero().get();
        Some(Self {
            name: name.to_owned(),
            pid,
            started: start_time(pid)?,
            boot: boot_id(),
        })
    }

    fn running(&self) -> Option<Pid> {
        (self.boot == boot_id() && start_time(self.pid) == Some(self.started))
            .then(|| Pid::from_raw(self.pid))
            .flatten()
    }
}

/// Ends what an earlier run left, the last started first.
pub(super) async fn end(path: &Path) -> Result<()> {
    // A damaged file names nothing that could be ended.
    let records: Vec<Record> = files::read_json(path).ok().flatten().unwrap_or_default();
    for record in records.iter().rev() {
        let Some(pid) = record.running() else {
            continue;
        };
        crate::report::warning(format_args!("ending {} of an earlier run", record.name));
        let _ = kill_process(pid, Signal::INT);
        let _ = kill_process(pid, Signal::TERM);
        for _ in 0..200 {
            if record.running().is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if let Some(pid) = record.running() {
            let _ = kill_process(pid, Signal::KILL);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    files::write_json(path, &Vec::<Record>::new())
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}

/// When the process started, in clock ticks since boot; `None` for one that is gone or a zombie.
fn start_time(pid: i32) -> Option<u64> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(stat: &str) -> Option<u64> {
    // The program's name may hold spaces and brackets, so count from the last one.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    if state == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_time_is_field_22() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 11";
        assert_eq!(parse_stat(stat), Some(987_654));
        assert_eq!(parse_stat(&stat.replace(") S", ") Z")), None);
    }

    #[test]
    fn own_process_is_found_running() {
        let pid = rustix::process::getpid();
        let mut record = Record::of("self", pid).unwrap();
        assert_eq!(record.running(), Some(pid));
        record.started += 1;
        assert_eq!(record.running(), None);
    }
}
