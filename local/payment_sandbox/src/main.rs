//! The payment sandbox as a process; see the crate's documentation.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let _telemetry = runtime::init();
    match payment_sandbox::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("payment_sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}
