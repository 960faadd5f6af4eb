//! The local gateway: see the crate's documentation.

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _telemetry = runtime::init();
    let address = runtime::required("GATEWAY_ADDR", "the address to listen on, 127.0.0.1:8000")?;
    runtime::serve(&address, gateway::app()?).await?;
    Ok(())
}
