//! The payment sandbox as a process; see the crate's documentation.

use std::error::Error;
use std::sync::Arc;

use payment_sandbox::{Sandbox, Settings, serve};
use runtime::{OsRandom, SystemClock};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _telemetry = runtime::init();
    let address = runtime::required("SANDBOX_ADDR", "put the address to listen on there")?;
    let settings = Settings::from_env()?;
    let sandbox = Sandbox::start(settings, Arc::new(SystemClock), Arc::new(OsRandom))?;
    let listener = TcpListener::bind(&address).await?;
    tracing::info!(%address, "the payment sandbox listens");
    serve(listener, sandbox).await?;
    Ok(())
}
