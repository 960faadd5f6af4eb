//! What is told of dead letters, whatever broker keeps them.

use runtime::Metric;

/// `user_status_dead_letters`.
pub fn dead_letters_metric(count: u64) -> Metric {
    Metric::count(
        "user_status_dead_letters",
        "Changes of status that could not be taken in and wait for somebody.",
        count,
    )
}
