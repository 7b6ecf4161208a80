//! How long an endpoint takes to answer: an average that jumps to each peak and then forgets it slowly.

use std::time::Duration;

/// What is taken for the latency of an endpoint that has not answered yet, in microseconds.
const INITIAL: u64 = 30_000;

/// The grain in which time decays, in microseconds.
const TICK: u64 = 100;

/// What one tick leaves, as a fraction of 2⁶⁰: e^(-1/100000), so that ten seconds leave e^-1. Whole numbers, so that
/// two machines choose alike.
const TICK_LEAVES: u64 = 1_152_909_975_449_446_790;

const SCALE: u32 = 60;

/// Bits of a number of ticks that one table knows.
const BITS: u32 = 7;

/// What so many ticks, so many times 2⁷ and so many times 2¹⁴ ticks leave.
const LEAVES: [[u64; 1 << BITS]; 3] = tables();

/// Peak EWMA, after Finagle and Linkerd.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load {
    /// In microseconds.
    estimate: Option<u64>,
    /// In ticks.
    at: u64,
}

impl Load {
    /// Counts an answer that took so long.
    pub(super) fn observe(&mut self, took: Duration, now: Duration) {
        let sample = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let now = ticks(now);
        self.estimate = Some(match self.estimate {
            // Nobody waits to see whether a peak was meant.
            Some(estimate) if sample < estimate => {
                let kept = leaves(now.saturating_sub(self.at));
                scaled(estimate, kept) + scaled(sample, (1 << SCALE) - kept)
            }
            _ => sample,
        });
        self.at = self.at.max(now);
    }

    /// The latency to expect, in microseconds. What is old counts for less, so that an endpoint that was slow once is
    /// asked again.
    pub(super) fn estimate(&self, now: Duration) -> u64 {
        let Some(estimate) = self.estimate else { return INITIAL };
        scaled(estimate, leaves(ticks(now).saturating_sub(self.at)))
    }
}

fn ticks(time: Duration) -> u64 {
    time.as_secs() * (1_000_000 / TICK) + u64::from(time.subsec_micros()) / TICK
}

/// What so many ticks leave, as a fraction of 2⁶⁰; nothing after 200 seconds.
fn leaves(ticks: u64) -> u64 {
    if ticks >> (3 * BITS) != 0 {
        return 0;
    }
    let part = |table: u32| (ticks >> (table * BITS)) as usize & ((1 << BITS) - 1);
    let [low, middle, high] = &LEAVES;
    scaled(scaled(low[part(0)], middle[part(1)]), high[part(2)])
}

const fn scaled(value: u64, fraction: u64) -> u64 {
    ((value as u128 * fraction as u128) >> SCALE) as u64
}

const fn tables() -> [[u64; 1 << BITS]; 3] {
    let mut tables = [[0; 1 << BITS]; 3];
    let (mut table, mut step) = (0, TICK_LEAVES);
    while table < 3 {
        let (mut at, mut left) = (0, 1 << SCALE);
        while at < 1 << BITS {
            tables[table][at] = left;
            left = scaled(left, step);
            at += 1;
        }
        (table, step) = (table + 1, left);
    }
    tables
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn milliseconds(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn a_peak_counts_at_once_and_fades_in_ten_seconds() {
        let mut load = Load::default();
        assert_eq!(load.estimate(SECOND), 30_000);
        load.observe(milliseconds(2), SECOND);
        assert_eq!(load.estimate(SECOND), 2_000);
        load.observe(milliseconds(1_000), 2 * SECOND);
        assert_eq!(load.estimate(2 * SECOND), 1_000_000);
        // e^-1 of it.
        assert_eq!(load.estimate(12 * SECOND), 367_879);
        assert_eq!(load.estimate(300 * SECOND), 0);
        load.observe(milliseconds(0), 12 * SECOND);
        assert!((367_870..367_890).contains(&load.estimate(12 * SECOND)));
    }

    proptest! {
        /// Against the formula in floating point.
        #[test]
        fn it_follows_the_formula(samples in prop::collection::vec((1_u64..5_000, 1_u64..400_000), 1..60)) {
            let (mut load, mut now, mut expected) = (Load::default(), Duration::ZERO, None::<f64>);
            for (pause, sample) in samples {
                now += milliseconds(pause);
                load.observe(Duration::from_micros(sample), now);
                let (kept, sample) = ((-(pause as f64) / 10_000.0).exp(), sample as f64);
                expected = Some(match expected {
                    Some(estimate) if sample < estimate => estimate * kept + sample * (1.0 - kept),
                    _ => sample,
                });
                let found = load.estimate(now) as f64;
                prop_assert!((found - expected.unwrap()).abs() <= 100.0, "{} {:?}", found, expected);
            }
        }
    }
}
