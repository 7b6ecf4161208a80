//! A breaker: while it is open, nothing is sent.

use std::time::Duration;

use crate::window::Window;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// So many failures in a row open it.
    pub failures: u32,
    /// The success rate counts only when so many requests ended within ten seconds.
    pub samples: u32,
    /// A success rate below this opens it.
    pub success_percent: u32,
    /// How long it stays open the first time; the time doubles with each failed probe, and up to half of it is added
    /// at random.
    pub open: Duration,
    /// The longest time it stays open.
    pub longest: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures: 7,
            samples: 100,
            success_percent: 50,
            open: Duration::from_secs(1),
            longest: Duration::from_secs(10),
        }
    }
}

/// What a breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything.
    Closed,
    /// Nothing, for so long.
    Open(Duration),
    /// One request at a time, to find out; whether it is under way.
    HalfOpen(bool),
}

/// Leave to send one request. How it ends counts only for the phase in which leave was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

/// The breaker of one endpoint.
#[derive(Debug, Clone)]
pub struct Breaker {
    settings: BreakerSettings,
    /// Until when it is open; nothing when it is closed.
    until: Option<Duration>,
    probing: bool,
    run: u32,
    /// Successes, and all.
    rate: Window<2>,
    /// Changes of phase: what was sent before says nothing about the time after.
    phase: u64,
    /// Openings since it was last closed.
    openings: u32,
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub fn new(settings: BreakerSettings) -> Self {
        let rate = Window::new();
        Self { settings, until: None, probing: false, run: 0, rate, phase: 0, openings: 0 }
    }

    /// What it lets through now.
    #[must_use]
    pub fn state(&self, now: Duration) -> BreakerState {
        match self.until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open(until.saturating_sub(now)),
            Some(_) => BreakerState::HalfOpen(self.probing),
        }
    }

    /// Leave to send, or the state that forbids it. Each ticket must be reported or abandoned: a probe whose end
    /// nobody tells keeps the breaker half-open.
    ///
    /// # Errors
    /// When it is open, or half-open and tried already.
    pub fn admit(&mut self, now: Duration) -> Result<Ticket, BreakerState> {
        match self.state(now) {
            BreakerState::Closed => {}
            BreakerState::HalfOpen(false) => self.probing = true,
            state => return Err(state),
        }
        Ok(Ticket(self.phase))
    }

    /// Tells how a request ended; gives whether the state changed.
    pub fn report(&mut self, ticket: Ticket, good: bool, now: Duration, random: u64) -> bool {
        if ticket.0 != self.phase {
            return false;
        }
        let opens = match (self.until, good) {
            (None, _) => self.count(good, now),
            (Some(_), false) => true,
            (Some(_), true) => {
                *self = Self { phase: self.phase + 1, ..Self::new(self.settings) };
                return true;
            }
        };
        if opens {
            self.open(now, random);
        }
        opens
    }

    /// A request was dropped before its end was known: a probe makes room for the next.
    pub fn abandon(&mut self, ticket: Ticket) {
        if ticket.0 == self.phase {
            self.probing = false;
        }
    }

    fn count(&mut self, good: bool, now: Duration) -> bool {
        self.rate.add(now, [i64::from(good), 1]);
        if good {
            self.run = 0;
            return false;
        }
        self.run += 1;
        let [successes, samples] = self.rate.sums(now);
        let is_low = successes * 100 < samples * i64::from(self.settings.success_percent);
        self.run >= self.settings.failures || (samples >= i64::from(self.settings.samples) && is_low)
    }

    fn open(&mut self, now: Duration, random: u64) {
        let doubled = self.settings.open.saturating_mul(2_u32.saturating_pow(self.openings));
        let usual = doubled.min(self.settings.longest);
        let half = u64::try_from(usual.as_micros() / 2).unwrap_or(u64::MAX - 1);
        let pause = (usual + Duration::from_micros(random % (half + 1))).min(self.settings.longest);
        self.until = Some(now.saturating_add(pause));
        self.probing = false;
        self.phase += 1;
        self.openings = self.openings.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(BreakerSettings::default());
        for _ in 0..7 {
            let ticket = breaker.admit(SECOND).unwrap();
            breaker.report(ticket, false, SECOND, 0);
        }
        breaker
    }

    #[test]
    fn a_run_opens_it_and_one_probe_closes_it() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(SECOND), Err(BreakerState::Open(SECOND)));
        let probe = breaker.admit(2 * SECOND).unwrap();
        assert_eq!(breaker.admit(2 * SECOND), Err(BreakerState::HalfOpen(true)));
        breaker.abandon(probe);
        let probe = breaker.admit(2 * SECOND).unwrap();
        assert!(breaker.report(probe, true, 2 * SECOND, 0));
        assert_eq!(breaker.state(2 * SECOND), BreakerState::Closed);
    }

    #[test]
    fn failed_probes_double_the_pause_up_to_a_bound() {
        let (mut breaker, mut now, mut pauses) = (opened(), 2 * SECOND, Vec::new());
        for _ in 0..5 {
            let probe = breaker.admit(now).unwrap();
            assert!(breaker.report(probe, false, now, 0));
            let BreakerState::Open(pause) = breaker.state(now) else { panic!("it is open") };
            pauses.push(pause.as_secs());
            now += pause;
        }
        assert_eq!(pauses, [2, 4, 8, 10, 10]);
    }

    #[test]
    fn a_rate_opens_it_without_a_run() {
        let mut breaker = Breaker::new(BreakerSettings::default());
        let opened_at = (0..300).find(|number| {
            let ticket = breaker.admit(SECOND).unwrap();
            breaker.report(ticket, number % 3 == 0, SECOND, 0)
        });
        assert_eq!(opened_at, Some(100));
    }

    #[test]
    fn what_was_sent_before_says_nothing() {
        let mut breaker = Breaker::new(BreakerSettings::default());
        let old = breaker.admit(SECOND).unwrap();
        for _ in 0..7 {
            let ticket = breaker.admit(SECOND).unwrap();
            breaker.report(ticket, false, SECOND, 0);
        }
        assert!(!breaker.report(old, true, SECOND, 0));
        let _probe = breaker.admit(2 * SECOND).unwrap();
        breaker.abandon(old);
        assert_eq!(breaker.state(2 * SECOND), BreakerState::HalfOpen(true));
    }

    proptest! {
        /// While it is open nothing passes, half-open one at a time, and it never stays open for longer than it may.
        #[test]
        fn nothing_passes_that_should_not(
            steps in prop::collection::vec((0_u64..2_000, any::<bool>(), any::<u64>()), 1..300),
        ) {
            let mut breaker = Breaker::new(BreakerSettings::default());
            let mut now = SECOND;
            for (pause, good, random) in steps {
                now += Duration::from_millis(pause);
                let state = breaker.state(now);
                let leave = breaker.admit(now);
                prop_assert_eq!(leave.is_ok(), matches!(state, BreakerState::Closed | BreakerState::HalfOpen(false)));
                if let BreakerState::Open(pause) = state {
                    prop_assert!(pause <= 10 * SECOND);
                }
                if let Ok(ticket) = leave {
                    breaker.report(ticket, good, now, random);
                }
            }
        }
    }
}
