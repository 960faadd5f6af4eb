//! What happens by itself: payments that nobody pays end, and webhooks fall due.

use std::time::Duration;

use jiff::SignedDuration;

use crate::sandbox::{Sandbox, WeakSandbox};

/// How long a payment waits for the buyer: the API's usual hour.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// How long money is held for the shop to take: the API's seven days for cards.
pub const HOLDING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How often what is overdue is looked for; reading a payment shows it as it is at once in any case.
const SWEEP: Duration = Duration::from_millis(250);

/// Sweeps until the sandbox is gone.
pub(crate) fn start(sandbox: WeakSandbox) {
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
