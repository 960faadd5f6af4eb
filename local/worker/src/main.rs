//! The worker process.

use clap::Parser;
use tokio::net::TcpListener;
use worker::{Arguments, Worker};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = runtime::init();
    let arguments = Arguments::parse();
    if let Some(command) = arguments.command {
        for line in command.run().await? {
            println!("{line}");
        }
        return Ok(());
    }
    let worker = Worker::from_env()?;
    let address = runtime::required("WORKER_ADDR", "the address of /healthz, 127.0.0.1:8002")?;
    let stop = worker::stop_on_signal()?;
    worker::run(worker, TcpListener::bind(address).await?, stop).await?;
    Ok(())
}
