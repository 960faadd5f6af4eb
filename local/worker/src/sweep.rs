//! Holds that ran out.

use std::time::Duration;

use pg::PgError;

use crate::{Stop, Worker};

/// Between two sweeps.
const PERIOD: Duration = Duration::from_secs(5);

/// Sweeps until it is time to stop.
pub(crate) async fn run(worker: &Worker, mut stop: Stop) {
    while !stop.is_set() {
        if let Err(error) = sweep_holds(worker).await {
            tracing::warn!(%error, "holds were not swept; trying again");
        }
        stop.sleep(PERIOD).await;
    }
}

/// Hook: one sweep of the hold sweeper.
async fn sweep_holds(_worker: &Worker) -> Result<(), PgError> {
    Ok(())
}
