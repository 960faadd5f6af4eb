//! The sandbox as a process.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use runtime::{OsRandom, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{Sandbox, Settings, router};

/// Browsers open connections ahead and say nothing on them: a stop does not wait for those any longer.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs with the settings of the environment (`SANDBOX_ADDR` and [`Settings::from_env`]) until the process is asked
/// to stop.
///
/// # Errors
/// When a setting is missing or the address is taken.
pub async fn run() -> Result<(), Box<dyn Error>> {
    let address = runtime::required("SANDBOX_ADDR", "put the address to listen on there")?;
    let settings = Settings::from_env()?;
    let sandbox = Sandbox::start(settings, Arc::new(SystemClock), Arc::new(OsRandom))?;
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    tracing::info!(%address, "the payment sandbox listens");
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, router(sandbox)).with_graceful_shutdown(async {
        stop_signal().await;
        let _ = stopping.send(());
    });
    let overdue = async {
        let _ = stopped.await;
        tokio::time::sleep(STOP_TIMEOUT).await;
    };
    tokio::select! {
        served = server => Ok(served?),
        () = overdue => Ok(()),
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
