//! Payments that nobody pays end by themselves.

use std::time::Duration;

use jiff::SignedDuration;

use crate::sandbox::{Sandbox, WeakSandbox};

/// How long a payment waits for the buyer: the API's usual hour.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// How often overdue payments are looked for; reading one shows it expired at once in any case.
const SWEEP: Duration = Duration::from_secs(1);

/// Sweeps until the sandbox is gone.
pub(crate) fn start(sandbox: WeakSandbox) {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(SWEEP).await;
            let Some(sandbox) = Sandbox::upgrade(&sandbox) else {
                return;
            };
            let now = sandbox.clock().now();
            sandbox.change(|store| store.expire(now)).await;
        }
    });
}
