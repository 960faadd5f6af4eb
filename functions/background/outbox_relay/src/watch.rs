//! What a run tells CloudWatch.

use auth_store::AuthStore;
use domain::Clock;
use events::dead_letters_metric;
use events::sqs::SqsDeadLetters;
use runtime::metrics;

/// Writes what waits in the outbox, and how many dead letters there are, to the log. What can't be measured is left out:
/// an alarm hears of that too.
pub async fn watch(store: &AuthStore, dead_letters: Option<&SqsDeadLetters>, clock: &dyn Clock) {
    let now = clock.now();
    match store.backlog().await {
        Ok(backlog) => metrics::emit(&backlog.metrics(now), now),
        Err(error) => tracing::warn!(%error, "the outbox was not measured"),
    }
    let Some(dead_letters) = dead_letters else {
        return;
    };
    match dead_letters.count().await {
        Ok(count) => metrics::emit(&[dead_letters_metric(count.into())], now),
        Err(error) => tracing::warn!(%error, "the dead letters were not counted"),
    }
}
