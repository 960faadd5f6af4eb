//! People who come, are blocked, come back and leave.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::faults::world::World;
use crate::support::holds::Promo;

/// Between two changes: some thirty a second, less on a busy machine.
const PAUSE: Duration = Duration::from_millis(30);

/// Changes people's status for so long. Returns how many changes there were.
pub async fn run(world: &World, period: Duration) -> usize {
    let (people, end) = (&world.people, Instant::now() + period);
    let (mut users, mut changes) = (vec![], 0);
    while Instant::now() < end {
        users.push(people.register().await);
        // Four at a time are on the way from active to gone; the newest may have to wait for loyalty to know them.
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

/// Registered users whom loyalty knows, each with a hold of the code.
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
