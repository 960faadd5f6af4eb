//! Commands that end by themselves: builds, installs, tests.

use std::fs::File;
use std::path::Path;
use std::process::ExitStatus;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe::Receiver;

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

use super::launch::Program;
use super::service::tail;
use crate::error::{Context, Error, Result};
use crate::report;

/// Runs a command whose output goes to the terminal. When this is dropped before the end (Ctrl-C),
/// the command and its children are ended.
///
/// # Errors
/// When it cannot be started.
pub async fn run(program: &Program) -> Result<ExitStatus> {
    let mut command = program.command();
    command.process_group(0);
    let mut child = command
        .spawn()
        .context(format_args!("cannot run {}", program.file_name()))?;
    let mut group = Group::of(&child);
    let status = child.wait().await.context(program.file_name())?;
    group.ended();
    Ok(status)
}

/// Like [`run`], and passes each line of the output on to `read` as well. Both streams of the command are one here, in
/// their order.
///
/// # Errors
/// When it cannot be started, or its output can't be read.
pub async fn run_reading(program: &Program, mut read: impl FnMut(&str)) -> Result<ExitStatus> {
    let (output, input) = std::io::pipe().context("a pipe")?;
    let mut command = program.command();
    command
        .process_group(0)
        .stdout(input.try_clone().context("a pipe")?)
        .stderr(input);
    let mut child = command
        .spawn()
        .context(format_args!("cannot run {}", program.file_name()))?;
    // It holds the ends that are written to: the output would never end.
    drop(command);
    let mut group = Group::of(&child);
    let mut output = BufReader::new(Receiver::from_owned_fd(output.into()).context("a pipe")?);
    let mut line = Vec::new();
    while output
        .read_until(b'\n', &mut line)
        .await
        .context("output")?
        > 0
    {
        report::copy(&line);
        read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    let status = child.wait().await.context(program.file_name())?;
    group.ended();
    Ok(status)
}

/// Runs a command that may ask for a password at the terminal, so it stays in our process group.
///
/// # Errors
/// When it cannot be started.
pub async fn run_at_terminal(program: &Program) -> Result<ExitStatus> {
    let mut command = program.command();
    command
        .stdin(std::process::Stdio::inherit())
        .kill_on_drop(true);
    command
        .status()
        .await
        .context(format_args!("cannot run {}", program.file_name()))
}

/// Runs a command whose output nobody needs unless it fails.
///
/// # Errors
/// When it fails; the error has the end of its output.
pub async fn run_quietly(program: &Program, log: &Path) -> Result<()> {
    let mut command = logging(program, log)?;
    command.process_group(0);
    let mut child = command
        .spawn()
        .context(format_args!("cannot run {}", program.file_name()))?;
    let mut group = Group::of(&child);
    let status = child.wait().await.context(program.file_name())?;
    group.ended();
    succeeded(program, status, log)
}

/// Like [`run_quietly`], for a command that may ask for a password at the terminal and that has to tidy up by itself: when
/// this is dropped before the end (Ctrl-C, which reaches the command there as well), the end is waited for.
///
/// # Errors
/// As [`run_quietly`].
pub async fn run_quietly_to_the_end(program: &Program, log: &Path) -> Result<()> {
    let mut command = logging(program, log)?;
    command.stdin(std::process::Stdio::inherit());
    let mut child = command
        .spawn()
        .context(format_args!("cannot run {}", program.file_name()))?;
    let mut end = End(Group::of(&child).0.take());
    let status = child.wait().await.context(program.file_name())?;
    end.0 = None;
    // As shells count Ctrl-C.
    if status.code() == Some(130) {
        return Err(Error::new("interrupted"));
    }
    succeeded(program, status, log)
}

/// Waits for the end of a process on drop.
struct End(Option<Pid>);

impl Drop for End {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            report::line("  … waiting until the installation has come to an end");
            let _ = waitpid(Some(pid), WaitOptions::empty());
        }
    }
}

/// The command, with its output going to `log`.
fn logging(program: &Program, log: &Path) -> Result<tokio::process::Command> {
    let output = File::create(log).context(format_args!("cannot write {}", log.display()))?;
    let errors = output.try_clone().context("log")?;
    let mut command = program.command();
    command.stdout(output).stderr(errors);
    Ok(command)
}

fn succeeded(program: &Program, status: ExitStatus, log: &Path) -> Result<()> {
    if status.success() {
        Ok(())
    } else {
        Err(Error::new(format!(
            "{} failed ({status}):\n{}",
            program.file_name(),
            tail(log)
        )))
    }
}

/// Ends a process group on drop.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &tokio::process::Child) -> Self {
        Self(
            child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(Pid::from_raw),
        )
    }

    fn ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::TERM);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn interrupted_installation_comes_to_its_end() {
        let folder = std::env::temp_dir().join(format!("local-task-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let program = Program::new("sh", &folder).args(["-c", "sleep 0.5; touch tidied"]);
        let log = folder.join("log");
        let run = run_quietly_to_the_end(&program, &log);
        let interrupted = tokio::time::timeout(Duration::from_millis(50), run).await;
        assert!(interrupted.is_err());
        assert!(folder.join("tidied").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
