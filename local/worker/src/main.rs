//! The worker process.

use std::process::ExitCode;

use clap::Parser;
use tokio::net::TcpListener;
use worker::{Arguments, Worker};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let _telemetry = runtime::init();
    let arguments = Arguments::parse();
    if let Some(command) = arguments.command {
        return Ok(match command.run().await {
            Ok(lines) => {
                println!("{}", lines.join("\n"));
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        });
    }
    let worker = Worker::from_env()?;
    let address = runtime::required("WORKER_ADDR", "the address of /healthz, 127.0.0.1:8002")?;
    let stop = worker::stop_on_signal()?;
    worker::run(worker, TcpListener::bind(address).await?, stop).await?;
    Ok(ExitCode::SUCCESS)
}
