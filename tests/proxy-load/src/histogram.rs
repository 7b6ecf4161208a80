//! Latencies, counted in buckets whose width grows with them.

use std::time::Duration;

/// Buckets in each doubling: no value is shown more than 1/64 too high.
const STEPS: u64 = 64;

/// How many values fell into which bucket.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Counts one latency, to the microsecond.
    pub fn record(&mut self, latency: Duration) {
        let bucket = bucket(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.total += 1;
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Microseconds that `percent` of all did not exceed; 0 of none.
    pub fn percentile(&self, percent: f64) -> u64 {
        let rank = ((percent / 100.0 * self.total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return highest(bucket);
            }
        }
        0
    }
}

/// The bucket of a value: the values below `STEPS` have one each, every later doubling has `STEPS`.
fn bucket(value: u64) -> usize {
    let doubling = (value / STEPS).checked_ilog2().map_or(0, |power| power + 1);
    let width = u64::from(doubling.saturating_sub(1));
    let within = (value >> width) - if doubling == 0 { 0 } else { STEPS };
    usize::try_from(u64::from(doubling) * STEPS + within).unwrap_or(usize::MAX)
}

/// The highest value of a bucket.
fn highest(bucket: usize) -> u64 {
    let (doubling, within) = (bucket as u64 / STEPS, bucket as u64 % STEPS);
    let Some(width) = doubling.checked_sub(1) else {
        return within;
    };
    ((STEPS + within + 1) << width) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_holds_its_values_and_is_narrow(value in 0_u64..1 << 40) {
            let shown = highest(bucket(value));
            prop_assert!(shown >= value);
            prop_assert!(shown - value <= value / STEPS);
            prop_assert!(value == 0 || highest(bucket(value) - 1) < value);
        }
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50.0), 0);
        (1..=1_000).for_each(|micros| histogram.record(Duration::from_micros(micros)));
        let near = |percent: f64, value: u64| {
            let shown = histogram.percentile(percent);
            assert!((value..=value + value / STEPS).contains(&shown), "{percent}: {shown}");
        };
        near(50.0, 500);
        near(99.0, 990);
        near(100.0, 1_000);
        assert_eq!(histogram.total(), 1_000);
    }
}
