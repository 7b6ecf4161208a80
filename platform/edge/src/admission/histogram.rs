//! Latencies of one window.

/// Buckets within each power of two, as a power of two: a bucket is at most an eighth wide.
const PARTS: u32 = 3;

/// Latencies from here on, in microseconds (36 minutes), are one.
const MOST: u64 = (1 << 31) - 1;

const BUCKETS: usize = ((31 - PARTS as usize) + 1) << PARTS;

/// How many samples took how long.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    counts: [u32; BUCKETS],
    samples: u32,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { counts: [0; BUCKETS], samples: 0 }
    }

    pub(super) fn add(&mut self, micros: u64) {
        if let Some(count) = self.counts.get_mut(bucket(micros.min(MOST))) {
            *count += 1;
            self.samples += 1;
        }
    }

    pub(super) fn samples(&self) -> u32 {
        self.samples
    }

    /// The median, in microseconds, as if the samples of a bucket were spread over it evenly.
    pub(super) fn median(&self) -> Option<f64> {
        let half = f64::from(self.samples) / 2.0;
        let mut below = 0.0;
        for (at, count) in self.counts.iter().enumerate() {
            let count = f64::from(*count);
            if count > 0.0 && below + count >= half {
                let (first, width) = (lowest(at), lowest(at + 1) - lowest(at));
                return Some(first + width * (half - below) / count);
            }
            below += count;
        }
        None
    }
}

fn bucket(micros: u64) -> usize {
    let octave = micros.max(1).ilog2().saturating_sub(PARTS);
    // The highest bit of the rest is in the number of the octave.
    ((octave as usize) << PARTS) + (micros >> octave) as usize
}

/// The least latency of a bucket.
fn lowest(bucket: usize) -> f64 {
    let octave = (bucket >> PARTS).saturating_sub(1);
    let part = bucket - (octave << PARTS);
    ((part as u64) << octave) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_has_what_lies_between_its_borders(micros in prop_oneof![0..100_u64, 0..=MOST]) {
            let at = bucket(micros);
            prop_assert!(at < BUCKETS);
            prop_assert!(lowest(at) <= micros as f64 && (micros as f64) < lowest(at + 1));
        }

        #[test]
        fn the_median_is_near(mut samples in prop::collection::vec(1..1_000_000_u64, 1..200)) {
            let mut histogram = Histogram::new();
            samples.iter().for_each(|sample| histogram.add(*sample));
            samples.sort_unstable();
            let (low, high) = (samples[(samples.len() - 1) / 2], samples[samples.len() / 2]);
            let found = histogram.median().unwrap();
            prop_assert!(found >= low as f64 * 0.87 - 1.0 && found <= high as f64 * 1.13 + 1.0, "{}", found);
        }
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(Histogram::new().median(), None);
        let mut histogram = Histogram::new();
        histogram.add(u64::MAX);
        assert!(histogram.median().unwrap() > 1e9);
        assert_eq!(histogram.samples(), 1);
    }
}
