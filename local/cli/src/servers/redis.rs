//! Redis: ended sessions and limits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::{Context, Error, Result};
use crate::process::account::Account;
use crate::process::launch::Program;
use crate::process::stage::Stage;
use crate::process::supervisor::Supervisor;

/// Starts Redis and waits for its answer.
///
/// # Errors
/// When it doesn't start.
pub async fn start(
    program: &PathBuf,
    folder: &Path,
    port: u16,
    durable: bool,
    account: Account,
    supervisor: &Supervisor,
) -> Result<()> {
    account.create_folder(folder)?;
    let keep = if durable { "yes" } else { "no" };
    let program = Program::server(program, folder, account)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", keep, "--daemonize", "no"])
        .arg("--dir")
        .arg(folder)
        .listens_on(port);
    supervisor.start("redis", Stage::Server, &program)?;
    supervisor
        .ready("redis", Duration::from_secs(30), async || ping(port).await)
        .await
}

async fn ping(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .context("Redis")?;
    stream.write_all(b"PING\r\n").await.context("Redis")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await.context("Redis")?;
    if &answer == b"+PONG\r\n" {
        Ok(())
    } else {
        Err(Error::new("Redis is still loading its data"))
    }
}
