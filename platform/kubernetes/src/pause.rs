//! Pauses between tries.

use std::time::Duration;

use tradewind_kernel::Entropy;

use crate::FollowOptions;

/// Pauses that grow, each a random part shorter, so that callers do not come back all at once.
#[derive(Debug)]
pub(crate) struct Pauses {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Pauses {
    pub(crate) fn new(options: &FollowOptions) -> Self {
        Self { first: options.first_pause, longest: options.longest_pause, next: options.first_pause }
    }

    /// The next pause: between half and all of what it may be.
    pub(crate) fn next(&mut self, entropy: &Entropy) -> Duration {
        let most = self.next.min(self.longest);
        self.next = most.saturating_mul(2);
        let half = most / 2;
        let part = entropy.below(u64::try_from(half.as_micros()).unwrap_or(u64::MAX).saturating_add(1));
        (half + Duration::from_micros(part)).min(self.longest)
    }

    /// Something went well.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest_and_begin_anew() {
        let entropy = Entropy::seeded(7);
        let mut pauses = Pauses::new(&FollowOptions::default());
        let all: Vec<Duration> = (0..20).map(|_| pauses.next(&entropy)).collect();
        for (at, pause) in (0_u32..).zip(&all) {
            let most =
                Duration::from_millis(500).saturating_mul(1 << at.min(10)).min(Duration::from_secs(30));
            assert!(*pause <= most && *pause >= most / 2, "{at}: {pause:?}");
        }
        assert!(all.iter().skip(8).any(|pause| pause != &all[8]), "by chance");
        pauses.reset();
        assert!(pauses.next(&entropy) <= Duration::from_millis(500));
    }
}
