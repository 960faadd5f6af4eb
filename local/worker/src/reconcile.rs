//! Both databases are compared now and then.

use std::time::Duration;

use runtime::SystemClock;

use crate::{Stop, Worker};

/// Between two comparisons, and before the first.
const PERIOD: Duration = Duration::from_secs(3600);
/// Younger changes are left to their events.
const SETTLING: Duration = Duration::from_secs(300);

/// Compares and repairs until it is time to stop.
pub(crate) async fn run(worker: &Worker, mut stop: Stop) {
    loop {
        stop.sleep(PERIOD).await;
        if stop.is_set() {
            return;
        }
        let (auth, loyalty) = (&worker.auth, &worker.loyalty);
        // It takes a while, and an interrupted one has done no harm.
        let reconciled = tokio::select! {
            () = stop.wait() => return,
            done = status_reconciler::reconcile(auth, loyalty, &SystemClock, SETTLING) => done,
        };
        match reconciled {
            Ok(report) => report.log(),
            Err(error) => tracing::warn!(%error, "not reconciled; trying again at the next time"),
        }
    }
}
