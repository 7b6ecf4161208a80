//! How long an endpoint takes to answer: an average that jumps to each peak and then forgets it slowly.

use std::time::Duration;

/// What is taken for the latency of an endpoint that has not answered yet, in microseconds.
const INITIAL: u64 = 30_000;

/// The grain in which time decays.
const TICK: Duration = Duration::from_micros(100);

/// What one tick leaves, as a fraction of 2³²: e^(-1/100000), so that ten seconds leave e^-1. Whole numbers, so that
/// two machines choose alike.
const TICK_LEAVES: u64 = 4_294_924_347;

/// After so many ticks (200 s) nothing is left.
const MOST_TICKS: u64 = 2_000_000;

/// Peak EWMA, after Finagle and Linkerd.
#[derive(Debug, Clone, Default)]
pub(crate) struct Load {
    /// In microseconds.
    estimate: Option<u64>,
    at: Duration,
}

impl Load {
    /// Counts an answer that took so long.
    pub(crate) fn observe(&mut self, took: Duration, now: Duration) {
        let sample = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        match self.estimate {
            // Nobody waits to see whether a peak was meant.
            Some(estimate) if sample < estimate => {
                let ticks = ticks(now.saturating_sub(self.at));
                let kept = leaves(ticks);
                self.estimate = Some(scaled(estimate, kept) + scaled(sample, (1 << 32) - kept));
                self.at += TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
            }
            _ => {
                self.estimate = Some(sample);
                self.at = now;
            }
        }
    }

    /// The latency to expect, in microseconds. What is old counts for less, so that an endpoint that was slow once is
    /// asked again.
    pub(crate) fn estimate(&self, now: Duration) -> u64 {
        let Some(estimate) = self.estimate else { return INITIAL };
        scaled(estimate, leaves(ticks(now.saturating_sub(self.at))))
    }

    /// The latency to expect; nothing before the first answer.
    pub(crate) fn known(&self, now: Duration) -> Option<Duration> {
        self.estimate.map(|_| Duration::from_micros(self.estimate(now)))
    }
}

fn ticks(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros() / TICK.as_micros()).unwrap_or(u64::MAX)
}

/// What so many ticks leave, as a fraction of 2³².
fn leaves(ticks: u64) -> u64 {
    if ticks >= MOST_TICKS {
        return 0;
    }
    let (mut left, mut base, mut power) = (1 << 32, TICK_LEAVES, ticks);
    while power > 0 {
        if power & 1 == 1 {
            left = scaled(left, base);
        }
        base = scaled(base, base);
        power >>= 1;
    }
    left
}

fn scaled(value: u64, fraction: u64) -> u64 {
    u64::try_from((u128::from(value) * u128::from(fraction)) >> 32).unwrap_or(u64::MAX)
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
        assert_eq!((load.estimate(SECOND), load.known(SECOND)), (30_000, None));
        load.observe(milliseconds(2), SECOND);
        assert_eq!(load.estimate(SECOND), 2_000);
        load.observe(milliseconds(1_000), 2 * SECOND);
        assert_eq!(load.estimate(2 * SECOND), 1_000_000);
        // e^-1 of it.
        assert!((367_000..369_000).contains(&load.estimate(12 * SECOND)), "{}", load.estimate(12 * SECOND));
        assert_eq!(load.estimate(300 * SECOND), 0);
        load.observe(milliseconds(0), 12 * SECOND);
        assert!((367_000..369_000).contains(&load.estimate(12 * SECOND)));
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
                prop_assert!((found - expected.unwrap()).abs() <= 2.0 + expected.unwrap() * 0.001);
            }
        }
    }
}
