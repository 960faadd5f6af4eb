//! Whether the time of a refused login reveals that the account exists.

use std::time::Duration;

use hyper::StatusCode;

use crate::Result;
use crate::latencies::Latencies;
use crate::load;
use crate::report::{Goal, millis};
use crate::request;
use crate::world::World;

/// What it is called.
pub const NAME: &str = "login, known or unknown account";

/// Of each kind. By chance alone the share below is then off by 0.04 (one standard deviation).
const LOGINS: u64 = 100;
/// How far the share may be off an even chance.
const OFF: f64 = 0.1;

/// Logs in with wrong passwords, to accounts that exist and others in turns, one request at a time.
///
/// # Errors
/// When a request does not fail in the way it should.
pub async fn goal(world: &World) -> Result<Goal> {
    let known = world.take(LOGINS);
    world.add_accounts(known).await?;
    let unknown = world.take(LOGINS);
    let refused = async |n| {
        let request = request::wrong_login(world, n)?;
        load::refused(world.address, request, StatusCode::UNAUTHORIZED).await
    };
    let (mut of_known, mut of_unknown) = (vec![], vec![]);
    for (here, there) in known.numbers().zip(unknown.numbers()) {
        // Neither is always the first.
        if here % 2 == 0 {
            of_known.push(refused(here).await?);
            of_unknown.push(refused(there).await?);
        } else {
            of_unknown.push(refused(there).await?);
            of_known.push(refused(here).await?);
        }
    }
    let share = longer(&of_known, &of_unknown);
    let spread = |times: Vec<Duration>| {
        let times = Latencies::of(times);
        let [low, middle, high] = [25, 50, 75].map(|percent| millis(times.percentile(percent)));
        format!("{middle} ms ({low}–{high})")
    };
    Ok(Goal {
        text: format!(
            "{NAME}: median (quartiles) {} and {}; the known one takes longer in {share:.2} of all pairs (0.50 ± {OFF})",
            spread(of_known),
            spread(of_unknown),
        ),
        met: (share - 0.5).abs() <= OFF,
    })
}

/// The share of all pairs of one of `these` and one of `those` in which the former is longer; a tie is half a pair.
/// 0.5 where the time reveals nothing.
fn longer(these: &[Duration], those: &[Duration]) -> f64 {
    let pairs = these
        .iter()
        .flat_map(|a| those.iter().map(move |b| a.cmp(b)));
    let points = pairs.map(|order| match order {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    });
    points.sum::<f64>() / (these.len() * those.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indistinguishable_samples_score_one_half() {
        let times = |millis: &[u64]| -> Vec<Duration> {
            let millis = millis.iter().copied();
            millis.map(Duration::from_millis).collect()
        };
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let same = times(&[1, 2, 3]);
        assert!(close(longer(&same, &same), 0.5));
        assert!(close(longer(&times(&[5, 6]), &same), 1.0));
        assert!(close(longer(&same, &times(&[5, 6])), 0.0));
    }
}
