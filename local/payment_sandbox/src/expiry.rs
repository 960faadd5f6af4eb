//! What happens by itself: payments that nobody pays end, and webhooks fall due.

use std::time::Duration;

use crate::sandbox::Sandbox;

/// How often what is overdue is looked for; reading a payment shows it as it is at once in any case.
const SWEEP: Duration = Duration::from_millis(250);

impl Sandbox {
    /// Sweeps in the background until the sandbox is gone.
    pub(crate) fn start_sweeping(&self) {
        let sandbox = self.downgrade();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                let Some(sandbox) = Sandbox::upgrade(&sandbox) else {
                    return;
                };
                let now = sandbox.clock().now();
                sandbox.change(|store| store.advance(now)).await;
                sandbox.announce();
            }
        });
    }
}
