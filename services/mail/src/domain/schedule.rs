//! When a mail is tried again, and when no more.

use std::time::Duration;

/// Each pause is so many times as long as the one before.
const FACTOR: u32 = 4;

/// A pause is made longer by up to a fifth, so that what failed together is not tried together.
const SPREAD: u32 = 5;

/// How often and when a mail is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Attempts at most.
    pub(crate) attempts: i64,
    /// The pause after the first.
    pub(crate) first_pause: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
}

impl Schedule {
    /// The pause after so many attempts; `None` when that were all. `chance` is a number below 1,000.
    pub(crate) fn pause(&self, attempts: i64, chance: u64) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let steps = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0);
        let pause = FACTOR.checked_pow(steps).and_then(|times| self.first_pause.checked_mul(times));
        let pause = pause.map_or(self.longest_pause, |pause| pause.min(self.longest_pause));
        let more = pause / SPREAD * u32::try_from(chance.min(999)).unwrap_or(0) / 1_000;
        Some(pause + more)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pauses_grow_up_to_a_bound_and_end(
            attempts in 1..50_i64,
            first in 1..1_000_u64,
            more in 0..100_000_u64,
            chance in 0..1_000_u64,
        ) {
            let first_pause = Duration::from_millis(first);
            let longest_pause = Duration::from_millis(first + more);
            let schedule = Schedule { attempts, first_pause, longest_pause };
            let pauses: Vec<Duration> = (1..).map_while(|made| schedule.pause(made, chance)).collect();
            prop_assert_eq!(i64::try_from(pauses.len()).unwrap(), attempts - 1);
            prop_assert!(pauses.iter().all(|pause| *pause >= first_pause));
            prop_assert!(pauses.iter().all(|pause| *pause <= longest_pause + longest_pause / SPREAD));
            prop_assert!(pauses.windows(2).all(|two| two[0] <= two[1]));
        }
    }
}
