//! Counts of the recent past.

use std::time::Duration;

/// `N` buckets of equal width that cover the last `N` widths; older counts are forgotten bucket by bucket.
///
/// Exact, unlike a moving average: a burst of successes ages out and cannot hide an outage for long.
#[derive(Debug, Clone)]
pub(crate) struct Window<B, const N: usize> {
    width: Duration,
    newest: u64,
    buckets: [B; N],
}

impl<B: Copy + Default, const N: usize> Window<B, N> {
    pub(crate) fn new(width: Duration) -> Self {
        Self { width, newest: 0, buckets: [B::default(); N] }
    }

    /// The bucket of `now`.
    pub(crate) fn bucket(&mut self, now: Duration) -> &mut B {
        self.advance(now);
        &mut self.buckets[Self::slot(self.newest)]
    }

    /// All buckets, the oldest first.
    pub(crate) fn recent(&mut self, now: Duration) -> impl Iterator<Item = B> + '_ {
        self.advance(now);
        let oldest = self.newest + 1;
        (oldest..oldest + N as u64).map(|index| self.buckets[Self::slot(index)])
    }

    /// All buckets, in no sequence.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut B> {
        self.buckets.iter_mut()
    }

    /// Empties what lies between the newest bucket and that of `now`. A reading of the clock that lost a race
    /// counts into the newest bucket.
    fn advance(&mut self, now: Duration) {
        let index = u64::try_from(now.as_nanos() / self.width.as_nanos().max(1)).unwrap_or(u64::MAX);
        let first = (self.newest + 1).max((index + 1).saturating_sub(N as u64));
        for stale in first..=index {
            self.buckets[Self::slot(stale)] = B::default();
        }
        self.newest = self.newest.max(index);
    }

    fn slot(index: u64) -> usize {
        usize::try_from(index % N as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The window against a list of everything that ever happened.
        #[test]
        fn it_counts_what_lies_within_and_nothing_else(
            steps in prop::collection::vec((0_u64..3_500, 0_u32..4), 0..60),
        ) {
            let mut window = Window::<u32, 4>::new(Duration::from_secs(1));
            let (mut now, mut all) = (0, Vec::new());
            for (step, count) in steps {
                now += step;
                *window.bucket(Duration::from_millis(now)) += count;
                all.push((now / 1_000, count));
                let expected: Vec<u32> = (0..4_u64)
                    .rev()
                    .map(|age| all.iter().filter(|(at, _)| at + age == now / 1_000).map(|(_, n)| n).sum())
                    .collect();
                let found: Vec<u32> = window.recent(Duration::from_millis(now)).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn a_clock_reading_that_lost_a_race_empties_nothing() {
        let mut window = Window::<u32, 3>::new(Duration::from_secs(1));
        *window.bucket(Duration::from_secs(5)) += 1;
        *window.bucket(Duration::from_secs(4)) += 1;
        assert_eq!(window.recent(Duration::from_secs(5)).collect::<Vec<_>>(), [0, 0, 2]);
    }
}
