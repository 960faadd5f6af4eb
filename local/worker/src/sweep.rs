//! Holds that ran out, payments and refunds that are overdue, and what is old on either side.

use std::time::Duration;

use runtime::SystemClock;

use crate::{Stop, Worker};

/// How long old rows of accounts are removed in one go.
const AT_A_TIME: Duration = Duration::from_secs(60);

/// What is swept. Each has a loop of its own, so that a slow payment provider does not delay the release of
/// applications.
#[derive(Clone, Copy)]
pub(crate) enum Sweep {
    Holds,
    Payments,
    Refunds,
    /// What is old on the loyalty side.
    Old,
    /// What is old on the auth side.
    Accounts,
}

impl Sweep {
    /// Between two looks. A look that finds nothing is one look-up in an index.
    fn period(self) -> Duration {
        match self {
            Sweep::Holds | Sweep::Payments | Sweep::Refunds => Duration::from_secs(1),
            Sweep::Old | Sweep::Accounts => Duration::from_secs(3600),
        }
    }
}

/// Sweeps until it is time to stop.
pub(crate) async fn run(worker: &Worker, sweep: Sweep, mut stop: Stop) {
    let checkout = &worker.checkout;
    while !stop.is_set() {
        let swept = match sweep {
            Sweep::Holds => hold_sweeper::expire_applications(checkout, &SystemClock)
                .await
                .map(drop),
            Sweep::Payments => hold_sweeper::resolve_payments(checkout, &SystemClock)
                .await
                .map(drop),
            Sweep::Refunds => hold_sweeper::resolve_refunds(checkout, &SystemClock)
                .await
                .map(drop),
            Sweep::Old => hold_sweeper::forget_old(checkout, &SystemClock).await,
            Sweep::Accounts => auth_housekeeping::remove_old(AT_A_TIME, &worker.auth, &SystemClock)
                .await
                .map(drop),
        };
        if let Err(error) = swept {
            tracing::warn!(%error, "not swept; trying again");
        }
        stop.sleep(sweep.period()).await;
    }
}
