//! Sums over the recent past.

use std::time::Duration;

/// The past that counts, in seconds.
pub(crate) const SECONDS: usize = 10;

/// `K` sums over the last ten seconds, in buckets of one second; what is older is forgotten bucket by bucket.
///
/// Exact, unlike a moving average: a burst ages out and cannot hide what came after it for long.
#[derive(Debug, Clone)]
pub(crate) struct Window<const K: usize> {
    newest: u64,
    buckets: [[i64; K]; SECONDS],
    sums: [i64; K],
}

impl<const K: usize> Window<K> {
    pub(crate) fn new() -> Self {
        Self { newest: 0, buckets: [[0; K]; SECONDS], sums: [0; K] }
    }

    /// Adds to the sums of now.
    pub(crate) fn add(&mut self, now: Duration, counts: [i64; K]) {
        self.advance(now);
        let bucket = &mut self.buckets[slot(self.newest)];
        for ((bucket, sum), count) in bucket.iter_mut().zip(&mut self.sums).zip(counts) {
            *bucket += count;
            *sum += count;
        }
    }

    /// The sums over the last ten seconds, the current one included.
    pub(crate) fn sums(&mut self, now: Duration) -> [i64; K] {
        self.advance(now);
        self.sums
    }

    fn advance(&mut self, now: Duration) {
        let second = now.as_secs();
        if second <= self.newest {
            return;
        }
        let first = (self.newest + 1).max((second + 1).saturating_sub(SECONDS as u64));
        for stale in first..=second {
            let bucket = std::mem::replace(&mut self.buckets[slot(stale)], [0; K]);
            self.sums.iter_mut().zip(bucket).for_each(|(sum, count)| *sum -= count);
        }
        self.newest = second;
    }
}

fn slot(second: u64) -> usize {
    (second % SECONDS as u64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a list of everything that ever happened.
        #[test]
        fn it_counts_what_lies_within_and_nothing_else(
            steps in prop::collection::vec((0_u64..6_500, 0_i64..4), 0..60),
        ) {
            let mut window = Window::<2>::new();
            let (mut now, mut all) = (0, Vec::new());
            for (step, count) in steps {
                now += step;
                window.add(Duration::from_millis(now), [count, -count]);
                all.push((now / 1_000, count));
                let expected: i64 = all.iter().filter(|(at, _)| at + 10 > now / 1_000).map(|(_, n)| n).sum();
                prop_assert_eq!(window.sums(Duration::from_millis(now)), [expected, -expected]);
            }
        }
    }
}
