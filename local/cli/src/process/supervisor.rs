//! Long-lived children: started, watched, and stopped in order.

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::launch::Program;
use super::leftovers::{self, Record};
use super::service::{Service, tail};
use super::stage::Stage;
use crate::error::{Context, Error, Result};
use crate::files;
use crate::ports::Held;

const POLL: Duration = Duration::from_millis(50);

/// The children of this process.
pub struct Supervisor {
    logs: PathBuf,
    records: PathBuf,
    services: RefCell<Vec<Service>>,
    held: RefCell<Held>,
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
            held: RefCell::default(),
        })
    }

    /// Keeps `ports` from other processes until a child starts that listens on them.
    pub fn hold(&self, ports: Held) {
        self.held.borrow_mut().extend(ports);
    }

    /// Leaves the ports that no child has taken to others.
    pub fn release_ports(&self) {
        self.held.borrow_mut().clear();
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
        self.held
            .borrow_mut()
            .retain(|port, _| !program.ports().contains(port));
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
            signal: program.stop_signal(),
            log,
            ready: false,
            stopping: false,
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
                Ok(Ok(())) => {
                    self.mark_ready(name);
                    return self.check(name);
                }
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

    fn mark_ready(&self, name: &str) {
        for service in self.services.borrow_mut().iter_mut() {
            service.ready |= service.name == name;
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

    /// Whether no child is left.
    pub fn is_empty(&self) -> bool {
        self.services.borrow().is_empty()
    }

    /// Stops one child.
    pub async fn stop(&self, name: &str) {
        self.stop_where(|service| service.name == name).await;
    }

    /// Ends one child at once, as a crash would, and returns when it is gone.
    pub async fn kill(&self, name: &str) {
        let chosen = |service: &Service| service.name == name;
        for service in self.services.borrow_mut().iter_mut() {
            if chosen(service) {
                service.stopping = true;
                service.kill_group();
            }
        }
        self.stop_where(chosen).await;
    }

    /// Stops all children, stage by stage.
    pub async fn stop_all(&self) {
        loop {
            let last = self
                .services
                .borrow()
                .iter()
                .map(|service| service.stage)
                .max();
            let Some(last) = last else { break };
            self.stop_where(|service| service.stage == last).await;
        }
    }

    /// The children stay in the list until they are gone, so that [`Self::kill_all`] finds them
    /// when somebody loses patience.
    async fn stop_where(&self, chosen: impl Fn(&Service) -> bool) {
        for service in self
            .services
            .borrow_mut()
            .iter_mut()
            .filter(|service| chosen(service))
        {
            service.ask_to_end();
        }
        let started = Instant::now();
        loop {
            let waited = started.elapsed();
            self.services.borrow_mut().retain_mut(|service| {
                let gone = chosen(service) && service.gone(waited);
                !gone
            });
            if !self.services.borrow().iter().any(&chosen) {
                break;
            }
            tokio::time::sleep(POLL).await;
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
