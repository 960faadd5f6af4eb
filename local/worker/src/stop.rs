//! Stopping in an orderly way.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells everyone who holds the matching [`Stop`] to stop; dropping it does too.
pub struct Stopper(watch::Sender<()>);

/// Knows whether it is time to stop; clones know the same.
#[derive(Clone)]
pub struct Stop(watch::Receiver<()>);

/// A pair of the two.
pub fn stopper() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(());
    (Stopper(sender), Stop(receiver))
}

/// Time to stop comes with SIGTERM or SIGINT.
///
/// # Errors
/// When the operating system gives no signals.
pub fn stop_on_signal() -> std::io::Result<Stop> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (stopper, stop) = stopper();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        tracing::info!("stopping");
        stopper.stop();
    });
    Ok(stop)
}

impl Stopper {
    /// Says stop.
    pub fn stop(self) {
        drop(self.0);
    }
}

impl Stop {
    /// Whether it is time to stop.
    pub fn is_set(&self) -> bool {
        self.0.has_changed().is_err()
    }

    /// Waits until it is time to stop.
    pub async fn wait(&mut self) {
        while self.0.changed().await.is_ok() {}
    }

    /// Sleeps, but not past the time to stop.
    pub async fn sleep(&mut self, period: Duration) {
        let _ = tokio::time::timeout(period, self.wait()).await;
    }
}
