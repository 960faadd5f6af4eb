//! The sandbox as a process.

use std::error::Error;
use std::sync::Arc;

use runtime::{OsRandom, SystemClock};

use crate::{Sandbox, Settings, router};

/// Runs with the settings of the environment (`SANDBOX_ADDR` and [`Settings::from_env`]) until the process is asked
/// to stop.
///
/// # Errors
/// When a setting is missing or the address is taken.
pub async fn run() -> Result<(), Box<dyn Error>> {
    let address = runtime::required("SANDBOX_ADDR", "the address to listen on, 127.0.0.1:8001")?;
    let settings = Settings::from_env()?;
    let sandbox = Sandbox::start(settings, Arc::new(SystemClock), Arc::new(OsRandom))?;
    runtime::serve(&address, router(sandbox)).await?;
    Ok(())
}
