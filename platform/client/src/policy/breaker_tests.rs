use proptest::prelude::*;

use super::*;
use Verdict::{Failing, Throttling, Working};

const SECOND: Duration = Duration::from_secs(1);

struct Rig {
    breaker: Breaker,
    entropy: Entropy,
    now: Duration,
}

impl Rig {
    fn new() -> Self {
        Self::seeded(1)
    }

    fn seeded(seed: u64) -> Self {
        let breaker = Breaker::new(BreakerOptions::default());
        Self { breaker, entropy: Entropy::seeded(seed), now: SECOND }
    }

    fn call(&mut self, verdict: Verdict) -> bool {
        let Ok(ticket) = self.breaker.admit(self.now) else { return false };
        self.breaker.report(ticket, verdict, self.now, &self.entropy);
        true
    }

    fn calls(&mut self, verdict: Verdict, times: u32) {
        (0..times).for_each(|_| assert!(self.call(verdict)));
    }

    fn state(&self) -> BreakerState {
        self.breaker.state(self.now)
    }

    /// Goes to the end of the pause; gives how long it was.
    fn wait_open(&mut self) -> Duration {
        let BreakerState::Open { remaining, .. } = self.state() else { panic!("{:?}", self.state()) };
        self.now += remaining;
        remaining
    }
}

#[test]
fn seven_failures_in_a_row_open_it_and_six_do_not() {
    let mut rig = Rig::new();
    rig.calls(Failing, 6);
    rig.calls(Working, 1);
    rig.calls(Failing, 6);
    assert_eq!(rig.state(), BreakerState::Closed);
    rig.calls(Failing, 1);
    let BreakerState::Open { reason, .. } = rig.state() else { panic!("{:?}", rig.state()) };
    assert_eq!(reason, BreakerReason::Run { failures: 7 });
    assert!(!rig.call(Working));
}

#[test]
fn less_than_half_of_a_hundred_opens_it() {
    let mut rig = Rig::new();
    for _ in 0..49 {
        rig.calls(Working, 1);
        rig.calls(Failing, 1);
    }
    rig.calls(Throttling, 1);
    assert_eq!(rig.state(), BreakerState::Closed, "99 are too few to judge");
    rig.calls(Working, 1);
    rig.calls(Failing, 1);
    let BreakerState::Open { reason, .. } = rig.state() else { panic!("{:?}", rig.state()) };
    assert_eq!(reason, BreakerReason::Rate { successes: 50, samples: 101 });
}

#[test]
fn half_is_enough_and_old_calls_do_not_count() {
    let mut rig = Rig::new();
    for _ in 0..200 {
        rig.calls(Working, 1);
        rig.calls(Failing, 1);
    }
    assert_eq!(rig.state(), BreakerState::Closed);
    // A burst of successes is forgotten after ten seconds and hides nothing.
    rig.calls(Working, 10_000);
    rig.now += 10 * SECOND;
    for _ in 0..33 {
        rig.calls(Failing, 2);
        rig.calls(Working, 1);
    }
    assert_eq!(rig.state(), BreakerState::Closed, "99 are too few to judge");
    rig.calls(Failing, 1);
    assert!(matches!(rig.state(), BreakerState::Open { reason: BreakerReason::Rate { .. }, .. }));
}

#[test]
fn asking_for_less_counts_for_the_rate_and_not_for_the_run() {
    let mut rig = Rig::new();
    rig.calls(Throttling, 99);
    assert_eq!(rig.state(), BreakerState::Closed);
    rig.calls(Throttling, 1);
    let BreakerState::Open { reason, .. } = rig.state() else { panic!("{:?}", rig.state()) };
    assert_eq!(reason, BreakerReason::Rate { successes: 0, samples: 100 });
    let mut rig = Rig::new();
    rig.calls(Failing, 6);
    rig.calls(Throttling, 1);
    rig.calls(Failing, 1);
    assert!(matches!(rig.state(), BreakerState::Open { reason: BreakerReason::Run { failures: 7 }, .. }));
}

#[test]
fn one_probe_at_a_time_and_its_success_closes() {
    let mut rig = Rig::new();
    rig.calls(Failing, 7);
    rig.wait_open();
    let probe = rig.breaker.admit(rig.now).unwrap();
    let BreakerState::HalfOpen { probing: true, .. } = rig.breaker.admit(rig.now).unwrap_err() else {
        panic!("a second probe while the first is under way");
    };
    assert!(rig.breaker.report(probe, Working, rig.now, &rig.entropy));
    assert_eq!(rig.state(), BreakerState::Closed);
    rig.calls(Failing, 6);
    assert_eq!(rig.state(), BreakerState::Closed, "the run begins anew");
}

#[test]
fn a_probe_that_is_dropped_makes_room_for_the_next() {
    let mut rig = Rig::new();
    rig.calls(Failing, 7);
    rig.wait_open();
    let probe = rig.breaker.admit(rig.now).unwrap();
    rig.breaker.abandon(probe);
    assert!(matches!(rig.state(), BreakerState::HalfOpen { probing: false, .. }));
    assert!(rig.call(Working));
}

#[test]
fn a_probe_that_is_asked_for_less_fails() {
    let mut rig = Rig::new();
    rig.calls(Failing, 7);
    rig.wait_open();
    rig.calls(Throttling, 1);
    assert!(matches!(rig.state(), BreakerState::Open { reason: BreakerReason::Probe, .. }));
}

#[test]
fn what_was_sent_before_a_change_says_nothing_after_it() {
    let mut rig = Rig::new();
    let (late_failure, late_success) =
        (rig.breaker.admit(SECOND).unwrap(), rig.breaker.admit(SECOND).unwrap());
    rig.calls(Failing, 7);
    let opened = rig.state();
    rig.breaker.report(late_failure, Failing, rig.now, &rig.entropy);
    assert!(!rig.breaker.report(late_success, Working, rig.now, &rig.entropy));
    assert_eq!(rig.state(), opened);
    rig.wait_open();
    let _probe = rig.breaker.admit(rig.now).unwrap();
    rig.breaker.abandon(late_failure);
    assert!(matches!(rig.state(), BreakerState::HalfOpen { probing: true, .. }));
}

proptest! {
    /// Pauses double from one second to ten, with up to half added.
    #[test]
    fn pauses_double_up_to_ten_seconds(seed: u64) {
        let mut rig = Rig::seeded(seed);
        rig.calls(Failing, 7);
        for probes in 0..10 {
            let usual = (SECOND * 2_u32.pow(probes)).min(10 * SECOND);
            let pause = rig.wait_open();
            prop_assert!(pause >= usual && pause <= (usual * 3 / 2).min(10 * SECOND), "{pause:?}");
            rig.calls(Failing, 1);
        }
        rig.wait_open();
        rig.calls(Working, 1);
        rig.calls(Failing, 7);
        prop_assert!(rig.wait_open() <= SECOND * 3 / 2);
    }

    /// Whatever happened before: when the peer works again and nothing is under way any more, a call passes within
    /// the longest pause, and closes it.
    #[test]
    fn a_peer_that_came_back_is_called_again(
        seed: u64,
        steps in prop::collection::vec((0_u64..4_000, 0_u8..4, any::<prop::sample::Index>()), 0..300),
    ) {
        let mut rig = Rig::seeded(seed);
        let mut flying = Vec::new();
        for (step, kind, which) in steps {
            rig.now += Duration::from_millis(step);
            if kind < 2 || flying.is_empty() {
                flying.extend(rig.breaker.admit(rig.now));
            } else {
                let (ticket, now) = (flying.swap_remove(which.index(flying.len())), rig.now);
                if kind == 2 {
                    rig.breaker.abandon(ticket);
                } else {
                    rig.breaker.report(ticket, Failing, now, &rig.entropy);
                }
            }
        }
        flying.into_iter().for_each(|ticket| rig.breaker.abandon(ticket));
        rig.now += BreakerOptions::default().open_max;
        let probe = rig.breaker.admit(rig.now);
        prop_assert!(probe.is_ok(), "{:?}", rig.state());
        rig.breaker.report(probe.unwrap(), Working, rig.now, &rig.entropy);
        prop_assert_eq!(rig.state(), BreakerState::Closed);
    }

    /// Whatever happens: while it is open nothing passes, and half-open at most one call is under way.
    #[test]
    fn an_open_breaker_lets_nothing_pass(
        seed: u64,
        steps in prop::collection::vec((0_u64..400, 0_u8..5, any::<prop::sample::Index>()), 0..300),
    ) {
        let mut rig = Rig::seeded(seed);
        let mut flying = Vec::new();
        for (step, kind, which) in steps {
            rig.now += Duration::from_millis(step);
            if kind < 2 || flying.is_empty() {
                let before = rig.state();
                let admitted = rig.breaker.admit(rig.now);
                match before {
                    BreakerState::Open { .. } | BreakerState::HalfOpen { probing: true, .. } =>
                        prop_assert!(admitted.is_err()),
                    _ => prop_assert!(admitted.is_ok()),
                }
                flying.extend(admitted);
            } else {
                let ticket = flying.swap_remove(which.index(flying.len()));
                let now = rig.now;
                if kind == 2 {
                    rig.breaker.abandon(ticket);
                } else {
                    let verdict = if kind == 3 { Failing } else { Working };
                    rig.breaker.report(ticket, verdict, now, &rig.entropy);
                }
            }
        }
    }
}
