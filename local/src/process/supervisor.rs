//! Long-lived children: started, watched, and stopped in order.

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::Child;

use super::launch::{Program, StopSignal};
use super::leftovers::{self, Record};
use crate::error::{Context, Error, Result};
use crate::files;

const POLL: Duration = Duration::from_millis(50);
/// RabbitMQ takes some seconds to close its tables; nobody needs longer than this.
const GRACE: Duration = Duration::from_secs(20);

/// Later stages use earlier ones, so they are stopped first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// RabbitMQ's name server: it outlives RabbitMQ.
    NameServer,
    /// Postgres, Redis, RabbitMQ.
    Server,
    /// PgBouncer.
    Pooler,
    /// The worker and the payment sandbox.
    Helper,
    /// What answers HTTP requests.
    Front,
}

struct Service {
    name: String,
    stage: Stage,
    child: Child,
    pid: Pid,
    stop: StopSignal,
    log: PathBuf,
}

/// The children of this process.
pub struct Supervisor {
    logs: PathBuf,
    records: PathBuf,
    services: RefCell<Vec<Service>>,
}

impl Supervisor {
    /// A supervisor without children. Ends those that an earlier run left behind.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub async fn new(logs: PathBuf, records: PathBuf) -> Result<Self> {
        leftovers::end(&records).await?;
        Ok(Self {
            logs,
            records,
            services: RefCell::default(),
        })
    }

    /// Starts a child in a process group of its own, so that a Ctrl-C at the terminal reaches only
    /// us. Its output goes to `logs/NAME.log`; that of the run before is kept as `NAME.log.1`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, name: &str, stage: Stage, program: &Program) -> Result<()> {
        let log = self.logs.join(format!("{name}.log"));
        if log.exists() {
            let _ = fs::rename(&log, log.with_extension("log.1"));
        }
        let output = File::create(&log).context(format_args!("cannot write {}", log.display()))?;
        let errors = output.try_clone().context("log")?;
        let mut command = program.command();
        command.process_group(0).stdout(output).stderr(errors);
        let child = command
            .spawn()
            .context(format_args!("cannot start {name}"))?;
        let pid = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw)
            .ok_or_else(|| Error::new(format!("{name} ended at once")))?;
        self.services.borrow_mut().push(Service {
            name: name.to_owned(),
            stage,
            child,
            pid,
            stop: program.stop_signal(),
            log,
        });
        self.record()
    }

    /// Waits until `probe` succeeds.
    ///
    /// # Errors
    /// When the child dies before, or the time is over.
    pub async fn ready(
        &self,
        name: &str,
        limit: Duration,
        probe: impl AsyncFn() -> Result<()>,
    ) -> Result<()> {
        let started = Instant::now();
        loop {
            self.check(name)?;
            // A server that accepts and then says nothing must not stop us from looking again.
            let error = match tokio::time::timeout(Duration::from_secs(5), probe()).await {
                Ok(Ok(())) => return self.check(name),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer within 5 s".to_owned(),
            };
            if started.elapsed() > limit {
                let log = self.logs.join(format!("{name}.log"));
                return Err(Error::new(format!(
                    "{name} is not ready after {} s: {error}\n{}",
                    limit.as_secs(),
                    tail(&log)
                )));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits for a child to die, which none should.
    pub async fn first_death(&self) -> Error {
        loop {
            if let Some(error) = self.dead(None) {
                return error;
            }
            tokio::time::sleep(4 * POLL).await;
        }
    }

    fn check(&self, name: &str) -> Result<()> {
        self.dead(Some(name)).map_or(Ok(()), Err)
    }

    fn dead(&self, name: Option<&str>) -> Option<Error> {
        self.services
            .borrow_mut()
            .iter_mut()
            .filter(|service| name.is_none_or(|name| name == service.name))
            .find_map(Service::death)
    }

    /// Stops one child.
    pub async fn stop(&self, name: &str) {
        let service = {
            let mut services = self.services.borrow_mut();
            let index = services.iter().position(|service| service.name == name);
            index.map(|index| services.remove(index))
        };
        if let Some(mut service) = service {
            service.ask_to_end();
            service.wait_for_end().await;
        }
        let _ = self.record();
    }

    /// Stops all children, stage by stage.
    pub async fn stop_all(&self) {
        loop {
            let mut stage: Vec<Service> = {
                let mut services = self.services.borrow_mut();
                let Some(last) = services.iter().map(|service| service.stage).max() else {
                    break;
                };
                services
                    .extract_if(.., |service| service.stage == last)
                    .collect()
            };
            for service in &mut stage {
                service.ask_to_end();
            }
            for service in &mut stage {
                service.wait_for_end().await;
            }
        }
        let _ = self.record();
    }

    /// Ends all children at once.
    pub fn kill_all(&self) {
        for service in self.services.borrow().iter() {
            service.kill_group();
        }
    }

    fn record(&self) -> Result<()> {
        let records: Vec<Record> = self
            .services
            .borrow()
            .iter()
            .filter_map(|service| Record::of(&service.name, service.pid))
            .collect();
        files::write_json(&self.records, &records)
    }
}

impl Service {
    fn death(&mut self) -> Option<Error> {
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

    fn ask_to_end(&mut self) {
        // A child that has been waited for has no number any more; another process may have it.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(self.pid, self.stop.signal());
        }
    }

    async fn wait_for_end(&mut self) {
        if tokio::time::timeout(GRACE, self.child.wait())
            .await
            .is_err()
        {
            crate::report::warning(format_args!("{} did not stop, killing it", self.name));
        }
        // Also for what the child itself had started.
        self.kill_group();
        let _ = self.child.wait().await;
    }

    fn kill_group(&self) {
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
