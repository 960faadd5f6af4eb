//! Whether the machine has time for us.

use std::time::Duration;

use crate::Result;

/// The share of the CPUs' time, 0 to 1, that is not idle during the next second.
///
/// # Errors
/// When the kernel does not say.
pub async fn busy() -> Result<f64> {
    let before = read()?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(share(before, read()?))
}

fn read() -> Result<[u64; 2]> {
    times(&std::fs::read_to_string("/proc/stat")?)
}

/// All time and idle time, in ticks.
fn times(stat: &str) -> Result<[u64; 2]> {
    let line = stat.lines().next().unwrap_or_default();
    // user nice system idle iowait irq softirq steal; guests are counted in user.
    let fields: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .take(8)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let idle = fields.iter().skip(3).take(2).sum();
    Ok([fields.iter().sum(), idle])
}

fn share([total, idle]: [u64; 2], [total_after, idle_after]: [u64; 2]) -> f64 {
    let total = total_after.saturating_sub(total).max(1);
    1.0 - idle_after.saturating_sub(idle) as f64 / total as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_disk_is_idle() {
        let before = times("cpu  100 0 100 1000 0 0 0 0 0 0\ncpu0 …").unwrap();
        let after = times("cpu  120 0 105 1050 20 0 0 5 9 9\ncpu0 …").unwrap();
        assert!((share(before, after) - 0.3).abs() < 1e-9);
    }
}
