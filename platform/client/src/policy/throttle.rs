//! Client throttling per dependency: callers drop a share of their own calls while the peer refuses many.
//!
//! After "Handling Overload" in the Google SRE book: what a peer accepts, times a factor, is what it gets. The
//! factor falls from 1.5 to 1.1 with the share of buckets that held nothing but failures.

use std::time::Duration;

use tradewind_kernel::Entropy;

use crate::policy::verdict::Verdict;
use crate::policy::window::Window;

/// Buckets of the window.
const BUCKETS: usize = 40;

/// How much of the past is counted.
const WINDOW: Duration = Duration::from_secs(10);

/// Everything is counted in thousandths, so that two machines draw alike.
const THOUSAND: u64 = 1_000;

/// A peer that refuses many calls gets fewer of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottleOptions {
    /// Calls sent per thousand accepted, while every stretch of time saw successes.
    pub most_per_thousand: u32,
    /// Calls sent per thousand accepted, when no stretch of time saw one.
    pub least_per_thousand: u32,
    /// Failures of the last ten seconds that are overlooked, so that a few calls are no pattern.
    pub protected: u32,
    /// A call passes at least this often.
    pub forced_every: Duration,
}

impl Default for ThrottleOptions {
    fn default() -> Self {
        Self {
            most_per_thousand: 1_500,
            least_per_thousand: 1_100,
            protected: 5,
            forced_every: Duration::from_secs(1),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Throttle {
    options: ThrottleOptions,
    calls: Window<Tally, BUCKETS>,
    last_pass: Duration,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    accepted: u64,
    failed: u64,
    dropped: u64,
}

/// The chance that a call is dropped, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chance {
    pub(crate) of: u64,
    pub(crate) dropped: u64,
}

impl Throttle {
    pub(crate) fn new(options: ThrottleOptions) -> Self {
        let calls = Window::new(WINDOW / u32::try_from(BUCKETS).unwrap_or(1));
        Self { options, calls, last_pass: Duration::ZERO }
    }

    /// Whether a call may pass. What is dropped counts as asked for, as long as callers ask.
    pub(crate) fn admit(&mut self, now: Duration, entropy: &Entropy) -> bool {
        let chance = self.chance(now);
        let forced = now.saturating_sub(self.last_pass) >= self.options.forced_every;
        // Nothing is drawn while nothing can be dropped: calm runs stay alike.
        let passes = forced || chance.dropped == 0 || entropy.below(chance.of) >= chance.dropped;
        if passes {
            self.last_pass = now;
        } else {
            self.calls.bucket(now).dropped += 1;
        }
        passes
    }

    /// Tells the outcome of a call that passed.
    pub(crate) fn report(&mut self, verdict: Verdict, now: Duration) {
        let bucket = self.calls.bucket(now);
        match verdict {
            Verdict::Working => bucket.accepted += 1,
            Verdict::Throttling | Verdict::Failing => bucket.failed += 1,
        }
    }

    /// The peer works again: what it refused still counts, what was kept from it meanwhile does not.
    pub(crate) fn forget_dropped(&mut self) {
        self.calls.all_mut().for_each(|bucket| bucket.dropped = 0);
    }

    pub(crate) fn chance(&mut self, now: Duration) -> Chance {
        let (mut total, mut accepted, mut failing, mut working) = (0, 0, 0, 0);
        for Tally { accepted: ok, failed, dropped } in self.calls.recent(now) {
            total += ok + failed + dropped;
            accepted += ok;
            // Unbroken stretches up to now: a bucket without calls neither prolongs nor ends one.
            failing = if ok > 0 { 0 } else { failing + u64::from(failed > 0) };
            working = if failed > 0 { 0 } else { working + u64::from(ok > 0) };
        }
        let (most, least) =
            (u64::from(self.options.most_per_thousand), u64::from(self.options.least_per_thousand));
        let buckets = BUCKETS as u64;
        let factor = most.saturating_sub(most.saturating_sub(least) * failing / buckets);
        let counted = total.saturating_sub(u64::from(self.options.protected)) * THOUSAND;
        let excess = counted.saturating_sub(factor * accepted);
        // A peer that has worked for a while gets its calls back sooner.
        Chance { of: (total + 1) * THOUSAND * buckets, dropped: excess * (buckets - working) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Verdict::{Failing, Throttling, Working};

    const SECOND: Duration = Duration::from_secs(1);

    fn throttle() -> Throttle {
        Throttle::new(ThrottleOptions::default())
    }

    fn report(throttle: &mut Throttle, verdict: Verdict, times: u32, now: Duration) {
        (0..times).for_each(|_| throttle.report(verdict, now));
    }

    #[test]
    fn a_few_failures_are_no_pattern() {
        let mut throttle = throttle();
        report(&mut throttle, Failing, 5, SECOND);
        assert_eq!(throttle.chance(SECOND).dropped, 0);
        report(&mut throttle, Failing, 1, SECOND);
        assert_eq!(throttle.chance(SECOND), Chance { of: 7 * 40_000, dropped: 40_000 });
    }

    #[test]
    fn a_peer_that_accepts_two_thirds_gets_everything() {
        let mut throttle = throttle();
        report(&mut throttle, Working, 200, SECOND);
        report(&mut throttle, Failing, 100, SECOND);
        assert_eq!(throttle.chance(SECOND).dropped, 0);
        report(&mut throttle, Throttling, 100, SECOND);
        // 400 - 5 calls, 1.5 times 200 accepted.
        assert_eq!(throttle.chance(SECOND), Chance { of: 401 * 40_000, dropped: 95 * 40_000 });
    }

    #[test]
    fn the_factor_falls_while_nothing_succeeds_and_success_brings_calls_back() {
        let quarter = SECOND / 4;
        let mut throttle = throttle();
        report(&mut throttle, Working, 100, Duration::ZERO);
        (1..=20).for_each(|at| report(&mut throttle, Failing, 3, quarter * at));
        // Twenty of forty buckets fail: 1.3 times 100 accepted of 160 - 5.
        assert_eq!(throttle.chance(quarter * 20), Chance { of: 161 * 40_000, dropped: 25 * 40_000 });
        (21..=30).for_each(|at| report(&mut throttle, Working, 1, quarter * at));
        // The factor is back, and ten buckets have worked.
        assert_eq!(throttle.chance(quarter * 30), Chance { of: 171 * 40_000, dropped: 0 });
        report(&mut throttle, Working, 0, quarter * 39);
        assert_eq!(throttle.chance(quarter * 40).of, 71 * 40_000, "the first bucket is forgotten");
        assert_eq!(throttle.chance(quarter * 40).dropped, (65 - 15) * 1_000 * 30);
    }

    #[test]
    fn a_peer_that_works_again_answers_for_its_failures_only() {
        let (entropy, mut throttle) = (Entropy::seeded(1), throttle());
        report(&mut throttle, Failing, 8, SECOND);
        let before = throttle.chance(SECOND);
        assert!((0..1_000).filter(|_| throttle.admit(SECOND, &entropy)).count() < 200);
        assert!(throttle.chance(SECOND).of > 100 * before.of);
        throttle.forget_dropped();
        assert_eq!(throttle.chance(SECOND), before);
    }

    #[test]
    fn calm_draws_nothing() {
        let (entropy, other) = (Entropy::seeded(1), Entropy::seeded(1));
        let mut throttle = throttle();
        for _ in 0..100 {
            assert!(throttle.admit(SECOND, &entropy));
            throttle.report(Working, SECOND);
        }
        assert_eq!(entropy.below(u64::MAX), other.below(u64::MAX));
    }

    proptest! {
        /// However hopeless the peer: a call passes each second, and most others do not.
        #[test]
        fn one_call_a_second_passes_whatever_happens(seed: u64) {
            let entropy = Entropy::seeded(seed);
            let mut throttle = throttle();
            let (mut passed, mut last) = (0, Duration::ZERO);
            for at in (0..60_000_u64).step_by(10).map(Duration::from_millis) {
                if throttle.admit(at, &entropy) {
                    passed += 1;
                    last = at;
                    throttle.report(Failing, at);
                }
                prop_assert!(at.saturating_sub(last) < SECOND);
            }
            prop_assert!((60..600).contains(&passed), "{passed} of 6000");
        }
    }
}
