//! Whether the books are right.

use std::time::Duration;

use domain::Clock;
use pg::PgError;
use runtime::SystemClock;

use crate::Worker;

/// Younger changes of status are left to their events.
const SETTLING: Duration = Duration::from_secs(60);

/// Everything that contradicts itself within each database and between the two, in words; empty when all is well.
///
/// # Errors
/// Any [`PgError`].
pub(crate) async fn contradictions(worker: &Worker) -> Result<Vec<String>, PgError> {
    let (auth, loyalty) = (&worker.auth, &worker.loyalty);
    let mut found = loyalty.contradictions(None).await?;
    found.extend(auth.contradictions(SystemClock.now()).await?);
    let drift = status_reconciler::compare(auth, loyalty, &SystemClock, SETTLING).await?;
    for (what, users) in [
        ("is not known to the loyalty side", drift.missing),
        (
            "has changed, which the loyalty side does not know",
            drift.outdated,
        ),
        (
            "has another status on the loyalty side",
            drift.contradicting,
        ),
        (
            "is known better to the loyalty side than to auth",
            drift.ahead,
        ),
        ("is known to the loyalty side alone", drift.unknown),
    ] {
        found.extend(users.first.iter().map(|user| format!("user {user} {what}")));
        let more = users.count - users.first.len() as u64;
        if more > 0 {
            found.push(format!("{more} more users: each {what}"));
        }
    }
    Ok(found)
}
