//! How long it takes to fill an empty loyalty database from the auth side.

use std::time::{Duration, Instant};

use auth_store::AuthStore;
use loyalty_store::LoyaltyStore;
use runtime::SystemClock;

use crate::Result;
use crate::report::Goal;
use crate::world::World;

/// What it is called.
pub const NAME: &str = "reconcile, 100,000 users into an empty database";

const USERS: u64 = 100_000;
const AT_MOST: Duration = Duration::from_secs(30);

/// Fills the loyalty database, which is emptied for that, and compares again.
///
/// # Errors
/// When a database fails, or not everybody arrives.
pub async fn goal(world: &World) -> Result<Goal> {
    world.add_accounts(world.take(USERS)).await?;
    world.loyalty.run("TRUNCATE users").await?;
    let (auth, loyalty) = (AuthStore::from_env()?, LoyaltyStore::from_env()?);
    let started = Instant::now();
    let report =
        status_reconciler::reconcile(&auth, &loyalty, &SystemClock, Duration::ZERO).await?;
    let filled = started.elapsed();
    if report.missing.count < USERS || report.missing.count != report.users {
        return Err(format!("not all were filled in: {report}").into());
    }
    let started = Instant::now();
    let again = status_reconciler::reconcile(&auth, &loyalty, &SystemClock, Duration::ZERO).await?;
    let compared = started.elapsed();
    if again.repaired() + again.unresolved() > 0 {
        return Err(format!("the two sides do not agree: {again}").into());
    }
    // Accounts of other measurements are among them.
    let rate = report.users as f64 / filled.as_secs_f64();
    let time = Duration::from_secs_f64(USERS as f64 / rate);
    Ok(Goal {
        text: format!(
            "{NAME}: {:.1} s at {rate:.0} users/s (below {} s); compared again at {:.0} users/s",
            time.as_secs_f64(),
            AT_MOST.as_secs(),
            again.users as f64 / compared.as_secs_f64(),
        ),
        met: time < AT_MOST,
    })
}
