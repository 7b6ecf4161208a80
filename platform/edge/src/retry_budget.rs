//! How many retries a backend may get, whatever its requests would like.

use std::time::Duration;

use crate::window::Window;

/// A budget of retries: a share of the live requests of the last ten seconds, or a floor, whichever is more.
///
/// Both requests and retries are forgotten after ten seconds, so that a quiet day does not save up a storm. The floor is
/// for quiet backends: on top of the share, a busy backend would get more than the share says. Each thread has a budget
/// of its own: shares add up to the same share, and the floor is to be divided among the threads.
#[derive(Debug, Clone)]
pub struct RetryBudget {
    percent: i64,
    floor: i64,
    /// Requests and retries.
    moves: Window<2>,
}

impl RetryBudget {
    /// So many retries per hundred live requests, but at least `floor` in ten seconds.
    #[must_use]
    pub fn new(percent: u32, floor: u32) -> Self {
        Self { percent: i64::from(percent), floor: i64::from(floor), moves: Window::new() }
    }

    /// The budget of one of so many threads: a fifth of the requests, or ten a second for all threads together, and at
    /// least one in ten seconds for each.
    #[must_use]
    pub fn of_thread(threads: u32) -> Self {
        Self::new(20, (100 / threads.max(1)).max(1))
    }

    /// A live request began; its retries are none.
    pub fn deposit(&mut self, now: Duration) {
        self.moves.add(now, [1, 0]);
    }

    /// Takes one retry, if there is one left.
    pub fn withdraw(&mut self, now: Duration) -> bool {
        let enough = self.level(now) > 0;
        if enough {
            self.moves.add(now, [0, 1]);
        }
        enough
    }

    /// Retries that are left now.
    pub fn level(&mut self, now: Duration) -> u64 {
        let [requests, retries] = self.moves.sums(now);
        u64::try_from((requests * self.percent / 100).max(self.floor) - retries).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_quiet_backend_gets_the_floor_and_a_busy_one_a_fifth() {
        let mut budget = RetryBudget::of_thread(1);
        assert_eq!((0..1_000).filter(|_| budget.withdraw(SECOND)).count(), 100);
        (0..500).for_each(|_| budget.deposit(SECOND));
        assert_eq!(budget.level(SECOND), 0, "the floor is not there besides");
        (0..500).for_each(|_| budget.deposit(SECOND));
        assert_eq!((0..1_000).filter(|_| budget.withdraw(SECOND)).count(), 100);
        assert_eq!(budget.level(SECOND), 0);
    }

    #[test]
    fn threads_divide_the_floor() {
        assert_eq!(RetryBudget::of_thread(4).level(SECOND), 25);
        assert_eq!(RetryBudget::of_thread(1_000).level(SECOND), 1);
        assert_eq!(RetryBudget::of_thread(0).level(SECOND), 100);
    }

    #[test]
    fn requests_of_the_past_are_no_savings() {
        let mut budget = RetryBudget::new(20, 100);
        (0..100_000).for_each(|_| budget.deposit(SECOND));
        assert_eq!(budget.level(10 * SECOND), 20_000);
        assert_eq!(budget.level(11 * SECOND), 100);
    }

    proptest! {
        /// In any ten seconds that end with a granted retry: at most a fifth of the requests, or the floor.
        #[test]
        fn no_sequence_gets_more_than_the_share_or_the_floor(
            steps in prop::collection::vec((0_u64..800, 0_u32..30, 0_u32..30), 1..80),
        ) {
            let mut budget = RetryBudget::new(20, 10);
            let (mut now, mut requests, mut retries) = (0, Vec::new(), Vec::new());
            for (step, wanted_requests, wanted_retries) in steps {
                now += step;
                let at = Duration::from_millis(now);
                for _ in 0..wanted_requests {
                    budget.deposit(at);
                    requests.push(now / 1_000);
                }
                for _ in 0..wanted_retries {
                    if budget.withdraw(at) {
                        retries.push(now / 1_000);
                        let recent = |all: &[u64]| all.iter().filter(|at| *at + 10 > now / 1_000).count();
                        prop_assert!(recent(&retries) * 5 <= recent(&requests).max(50));
                    }
                }
            }
        }
    }
}
