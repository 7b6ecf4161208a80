//! How many retries a peer may get, whatever its calls would like.

use std::time::Duration;

use crate::policy::window::Window;

/// The budget looks back over as many seconds.
const SECONDS: usize = 10;

/// What one retry costs; a call puts in its share in percent.
const COST: i64 = 100;

/// A token bucket of retries: a share of the live calls of the last ten seconds, and a floor for quiet peers.
///
/// Both what calls put in and what retries took out is forgotten after ten seconds, so that a quiet day does
/// not save up a storm: within ten seconds never more than the share and ten times the floor.
#[derive(Debug, Clone)]
pub(crate) struct RetryBudget {
    percent: i64,
    reserve: i64,
    moves: Window<i64, SECONDS>,
}

impl RetryBudget {
    pub(crate) fn new(percent: u32, per_second: u32) -> Self {
        let reserve = i64::from(per_second) * SECONDS as i64 * COST;
        Self { percent: i64::from(percent), reserve, moves: Window::new(Duration::from_secs(1)) }
    }

    /// A live call began.
    pub(crate) fn deposit(&mut self, now: Duration) {
        *self.moves.bucket(now) += self.percent;
    }

    /// Takes one retry, if there is one left.
    pub(crate) fn withdraw(&mut self, now: Duration) -> bool {
        let enough = self.level(now) > 0;
        if enough {
            *self.moves.bucket(now) -= COST;
        }
        enough
    }

    /// Retries that are left now.
    pub(crate) fn level(&mut self, now: Duration) -> u64 {
        let balance = self.reserve + self.moves.recent(now).sum::<i64>();
        u64::try_from(balance / COST).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_quiet_peer_gets_the_floor_and_a_busy_one_a_fifth() {
        let mut budget = RetryBudget::new(20, 10);
        assert_eq!((0..1_000).filter(|_| budget.withdraw(SECOND)).count(), 100);
        (0..1_000).for_each(|_| budget.deposit(SECOND));
        assert_eq!((0..1_000).filter(|_| budget.withdraw(SECOND)).count(), 200);
        assert_eq!(budget.level(SECOND), 0);
    }

    #[test]
    fn calls_of_the_past_are_no_savings() {
        let mut budget = RetryBudget::new(20, 10);
        (0..100_000).for_each(|_| budget.deposit(SECOND));
        assert_eq!(budget.level(10 * SECOND), 20_100);
        assert_eq!(budget.level(11 * SECOND), 100);
    }

    #[test]
    fn retries_come_back_after_ten_seconds() {
        let mut budget = RetryBudget::new(20, 1);
        (0..10).for_each(|_| assert!(budget.withdraw(SECOND)));
        assert!(!budget.withdraw(10 * SECOND));
        assert_eq!(budget.level(11 * SECOND), 10);
    }

    proptest! {
        /// In any ten seconds that end with a granted retry: at most the floor and a fifth of the calls.
        #[test]
        fn no_sequence_gets_more_than_the_share_and_the_floor(
            steps in prop::collection::vec((0_u64..800, 0_u32..30, 0_u32..30), 1..80),
        ) {
            let mut budget = RetryBudget::new(20, 1);
            let (mut now, mut calls, mut retries) = (0, Vec::new(), Vec::new());
            for (step, wanted_calls, wanted_retries) in steps {
                now += step;
                let at = Duration::from_millis(now);
                for _ in 0..wanted_calls {
                    budget.deposit(at);
                    calls.push(now / 1_000);
                }
                for _ in 0..wanted_retries {
                    if budget.withdraw(at) {
                        retries.push(now / 1_000);
                        let recent = |all: &[u64]| all.iter().filter(|at| *at + 10 > now / 1_000).count();
                        prop_assert!(recent(&retries) * 5 <= 50 + recent(&calls));
                    }
                }
            }
        }
    }
}
