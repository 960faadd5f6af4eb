//! Users who register, are blocked and unblocked, and leave.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::faults::world::World;
use crate::support::holds::Promo;

/// The pause between two rounds of changes: some thirty rounds a second, fewer on a busy machine.
const PAUSE: Duration = Duration::from_millis(30);

/// Changes the statuses of users for this long. Returns the number of changes.
pub async fn run(world: &World, period: Duration) -> usize {
    let (people, end) = (&world.people, Instant::now() + period);
    let (mut users, mut changes) = (vec![], 0);
    while Instant::now() < end {
        users.push(people.register().await);
        // Each user is blocked, unblocked, and then deleted or blocked again, two rounds apart.
        for (age, user) in users.iter().rev().enumerate().take(8) {
            match age {
                4 => people.unblock(*user).await,
                6 if changes % 2 == 0 => people.delete(*user).await,
                2 | 6 => people.block(*user).await,
                _ => continue,
            }
            changes += 1;
        }
        changes += 1;
        sleep(PAUSE).await;
    }
    changes
}

/// Registered users whom loyalty knows, each holding a use of the code.
pub async fn holders(world: &World, promo: &Promo, count: usize) -> Vec<uuid::Uuid> {
    let mut users = vec![];
    for _ in 0..count {
        users.push(world.people.register().await);
    }
    world.until_settled().await;
    for user in &users {
        promo.apply(*user).await.unwrap();
    }
    users
}
