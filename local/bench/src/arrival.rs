//! How long changes take to arrive somewhere else, at a steady rate.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use uuid::Uuid;

use crate::Result;

/// Between two changes: 50 a second.
pub const BETWEEN: Duration = Duration::from_millis(20);
/// Between two looks.
pub const LOOK: Duration = Duration::from_millis(2);
/// A change that takes longer ends the run.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Makes `changes` changes, and says how long each took to arrive. `make` makes one and says when it was made; `arrived`
/// says which of those that are under way have arrived.
///
/// # Errors
/// When one of them fails, or a change does not arrive.
pub async fn measure(
    changes: usize,
    mut make: impl AsyncFnMut() -> Result<(Uuid, Instant)>,
    arrived: impl AsyncFn(&[Uuid]) -> Result<Vec<Uuid>>,
) -> Result<Vec<Duration>> {
    let mut pending: HashMap<Uuid, Instant> = HashMap::new();
    let mut latencies = Vec::with_capacity(changes);
    let (mut made, mut next) = (0, Instant::now());
    while latencies.len() < changes {
        if made < changes && Instant::now() >= next {
            pending.extend([make().await?]);
            made += 1;
            next += BETWEEN;
        }
        let under_way: Vec<Uuid> = pending.keys().copied().collect();
        for id in arrived(&under_way).await? {
            latencies.extend(pending.remove(&id).map(|since| since.elapsed()));
        }
        if pending.values().any(|since| since.elapsed() > TIMEOUT) {
            return Err("a change did not arrive".into());
        }
        sleep(LOOK).await;
    }
    Ok(latencies)
}
