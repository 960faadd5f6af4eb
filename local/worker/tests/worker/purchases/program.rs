//! The programs under test.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use testkit::free_address;
use tokio::process::{Child, Command};
use tokio::time::sleep;

const PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Gateway,
    Worker,
}

/// A running program. Dropping this kills it.
pub struct Running {
    pub url: String,
    process: Child,
}

impl Program {
    /// Starts it in this test's environment with `variables`, and waits until it answers.
    pub async fn start(self, variables: &[(&str, String)]) -> Running {
        let worker = Path::new(env!("CARGO_BIN_EXE_worker"));
        let (path, address) = match self {
            Program::Gateway => (worker.with_file_name("gateway"), "GATEWAY_ADDR"),
            Program::Worker => (worker.to_owned(), "WORKER_ADDR"),
        };
        let free = free_address().to_string();
        let process = Command::new(&path)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env(address, &free)
            .stdin(Stdio::null())
            .stdout(log(self))
            .kill_on_drop(true)
            .spawn();
        let process = process.unwrap_or_else(|error| {
            panic!("{}: {error}. `cargo local test` builds it.", path.display())
        });
        let url = format!("http://{free}");
        let mut running = Running { url, process };
        assert!(running.answers().await, "{self:?} does not start");
        running
    }
}

/// One log file for all programs of a kind.
fn log(program: Program) -> Stdio {
    let folder = runtime::required("E2E_STACK_FOLDER", "run `cargo local test`").unwrap();
    let folder = Path::new(&folder).join("purchases");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{program:?}.log").to_lowercase());
    let log = File::options().create(true).append(true).open(file);
    log.unwrap().into()
}

impl Running {
    /// Waits for an answer; false when the program has ended.
    async fn answers(&mut self) -> bool {
        let client = local::http::client().unwrap();
        let url = format!("{}/healthz", self.url);
        while self.process.try_wait().unwrap().is_none() {
            // What it reports about its servers does not matter: the worker has no broker here.
            if client.get(&url).send().await.is_ok() {
                return true;
            }
            sleep(PAUSE).await;
        }
        false
    }

    /// Kills it with SIGKILL.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}
