//! How long requests took.

use std::time::Duration;

/// The exact latencies of one measurement.
#[derive(Debug, Clone)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Of requests in any order.
    pub fn of(mut each: Vec<Duration>) -> Latencies {
        each.sort_unstable();
        Latencies(each)
    }

    /// The least latency that at least `percent` % of the requests did not exceed (nearest rank); `percent` is 1 to 100.
    /// Zero without requests.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percentiles(millis: &[u64]) -> [u64; 3] {
        let each = millis.iter().copied().map(Duration::from_millis).collect();
        let latencies = Latencies::of(each);
        [50, 95, 99].map(|percent| latencies.percentile(percent).as_millis() as u64)
    }

    #[test]
    fn percentiles_use_the_nearest_rank() {
        let hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(percentiles(&hundred), [50, 95, 99]);
        assert_eq!(percentiles(&[7]), [7, 7, 7]);
        assert_eq!(percentiles(&[3, 1, 2]), [2, 3, 3]);
        assert_eq!(percentiles(&[]), [0, 0, 0]);
    }

    #[test]
    fn one_slow_request_in_a_thousand_is_above_the_99th_percentile() {
        let mut millis = vec![1; 999];
        millis.push(500);
        assert_eq!(percentiles(&millis), [1, 1, 1]);
        millis.extend([500; 10]);
        assert_eq!(percentiles(&millis), [1, 1, 500]);
    }
}
