//! Holds that ran out, and payments that are overdue.

use std::time::Duration;

use runtime::SystemClock;

use crate::{Stop, Worker};

/// Between two looks. A look that finds nothing is one look-up in an index.
const PERIOD: Duration = Duration::from_secs(1);

/// What is swept. A slow payment provider keeps no hold from being given back, so each has a loop of its own.
#[derive(Clone, Copy)]
pub(crate) enum Sweep {
    Holds,
    Payments,
}

/// Sweeps until it is time to stop.
pub(crate) async fn run(worker: &Worker, sweep: Sweep, mut stop: Stop) {
    while !stop.is_set() {
        let swept = match sweep {
            Sweep::Holds => hold_sweeper::expire_holds(&worker.checkout, &SystemClock).await,
            Sweep::Payments => hold_sweeper::resolve_payments(&worker.checkout, &SystemClock).await,
        };
        if let Err(error) = swept {
            tracing::warn!(%error, "not swept; trying again");
        }
        stop.sleep(PERIOD).await;
    }
}
