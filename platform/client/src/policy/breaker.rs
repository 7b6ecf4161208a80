//! A breaker per endpoint: while it is open, nothing is sent.

use std::fmt;
use std::time::Duration;

use tradewind_kernel::Entropy;

use crate::policy::verdict::Verdict;
use crate::policy::window::Window;

/// Buckets of one second over which the success rate is counted.
const SECONDS: usize = 10;

/// An endpoint that fails gets no calls for a while, then one probe at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerOptions {
    /// So many failures in a row open it.
    pub failures: u32,
    /// The success rate counts only when so many calls ended within ten seconds.
    pub samples: u32,
    /// A success rate below this opens it.
    pub success_percent: u32,
    /// How long it stays open the first time; the time doubles with each failed probe. Up to half of it is
    /// added at random, so that callers that failed together do not probe together.
    pub open: Duration,
    /// The longest time it stays open. The next call after it is a probe, whatever was: a peer that came back is
    /// found at the latest then, and short enough that nobody has to close a breaker by hand.
    pub open_max: Duration,
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self {
            failures: 7,
            samples: 100,
            success_percent: 50,
            open: Duration::from_secs(1),
            open_max: Duration::from_secs(10),
        }
    }
}

/// Why a breaker opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerReason {
    /// Calls failed one after the other.
    Run {
        /// How many.
        failures: u32,
    },
    /// Too few calls of the last ten seconds succeeded.
    Rate {
        /// How many succeeded.
        successes: u32,
        /// How many ended.
        samples: u32,
    },
    /// The endpoint was tried after a pause and failed again.
    Probe,
}

impl fmt::Display for BreakerReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run { failures } => write!(f, "{failures} calls failed in a row"),
            Self::Rate { successes, samples } => {
                write!(f, "{successes} of the last {samples} calls succeeded")
            }
            Self::Probe => f.write_str("a probe failed"),
        }
    }
}

/// What a breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Every call.
    Closed,
    /// No call.
    Open {
        /// Why it opened.
        reason: BreakerReason,
        /// How long it stays open.
        remaining: Duration,
    },
    /// One call at a time, to find out how the endpoint is.
    HalfOpen {
        /// Why it had opened.
        reason: BreakerReason,
        /// Whether that call is under way.
        probing: bool,
    },
}

/// Leave to send one attempt. Its outcome counts only for the phase in which leave was given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

#[derive(Debug)]
pub(crate) struct Breaker {
    options: BreakerOptions,
    phase: Phase,
    /// Counts the changes of phase: what was sent before a change says nothing about the time after it.
    generation: u64,
    /// Openings since it was last closed.
    openings: u32,
}

#[derive(Debug)]
enum Phase {
    Closed { run: u32, rate: Window<Tally, SECONDS> },
    Tripped { until: Duration, reason: BreakerReason, probing: bool },
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    successes: u32,
    samples: u32,
}

impl Breaker {
    pub(crate) fn new(options: BreakerOptions) -> Self {
        Self { options, phase: Phase::closed(), generation: 0, openings: 0 }
    }

    pub(crate) fn state(&self, now: Duration) -> BreakerState {
        match self.phase {
            Phase::Closed { .. } => BreakerState::Closed,
            Phase::Tripped { until, reason, .. } if now < until => {
                BreakerState::Open { reason, remaining: until.saturating_sub(now) }
            }
            Phase::Tripped { reason, probing, .. } => BreakerState::HalfOpen { reason, probing },
        }
    }

    /// Leave to send, or the state that forbids it.
    pub(crate) fn admit(&mut self, now: Duration) -> Result<Ticket, BreakerState> {
        let state = self.state(now);
        match (&mut self.phase, state) {
            (Phase::Closed { .. }, _) => {}
            (Phase::Tripped { probing, .. }, BreakerState::HalfOpen { probing: false, .. }) => {
                *probing = true;
            }
            _ => return Err(state),
        }
        Ok(Ticket(self.generation))
    }

    /// Tells the outcome of an attempt; gives whether that closed the breaker.
    pub(crate) fn report(
        &mut self,
        ticket: Ticket,
        verdict: Verdict,
        now: Duration,
        entropy: &Entropy,
    ) -> bool {
        if ticket.0 != self.generation {
            return false;
        }
        let reason = match &mut self.phase {
            Phase::Closed { run, rate } => count(&self.options, run, rate, verdict, now),
            Phase::Tripped { .. } if verdict == Verdict::Working => {
                self.close();
                return true;
            }
            Phase::Tripped { .. } => Some(BreakerReason::Probe),
        };
        if let Some(reason) = reason {
            self.open(reason, now, entropy);
        }
        false
    }

    /// An attempt was dropped before its outcome was known: a probe makes room for the next.
    pub(crate) fn abandon(&mut self, ticket: Ticket) {
        if let Phase::Tripped { probing, .. } = &mut self.phase
            && ticket.0 == self.generation
        {
            *probing = false;
        }
    }

    fn open(&mut self, reason: BreakerReason, now: Duration, entropy: &Entropy) {
        let doubled = self.options.open.saturating_mul(2_u32.saturating_pow(self.openings));
        let usual = doubled.min(self.options.open_max);
        let half = u64::try_from(usual.as_micros() / 2).unwrap_or(u64::MAX - 1);
        let pause = (usual + Duration::from_micros(entropy.below(half + 1))).min(self.options.open_max);
        self.openings = self.openings.saturating_add(1);
        self.generation += 1;
        self.phase = Phase::Tripped { until: now.saturating_add(pause), reason, probing: false };
    }

    /// Lets every call through and forgets what was; what is under way does not count any more.
    pub(crate) fn close(&mut self) {
        self.openings = 0;
        self.generation += 1;
        self.phase = Phase::closed();
    }
}

impl Phase {
    fn closed() -> Self {
        Self::Closed { run: 0, rate: Window::new(Duration::from_secs(1)) }
    }
}

/// Counts one outcome; gives the reason to open, if it is one.
fn count(
    options: &BreakerOptions,
    run: &mut u32,
    rate: &mut Window<Tally, SECONDS>,
    verdict: Verdict,
    now: Duration,
) -> Option<BreakerReason> {
    let bucket = rate.bucket(now);
    bucket.samples += 1;
    match verdict {
        Verdict::Working => {
            *run = 0;
            bucket.successes += 1;
            return None;
        }
        // Who asks for less is not broken: it neither prolongs the run nor ends it.
        Verdict::Throttling => {}
        Verdict::Failing => *run += 1,
    }
    if *run >= options.failures {
        return Some(BreakerReason::Run { failures: *run });
    }
    let tally = rate.recent(now).fold(Tally::default(), |all, one| Tally {
        successes: all.successes + one.successes,
        samples: all.samples + one.samples,
    });
    let Tally { successes, samples } = tally;
    let enough = u64::from(samples) * u64::from(options.success_percent);
    let low = samples >= options.samples && u64::from(successes) * 100 < enough;
    low.then_some(BreakerReason::Rate { successes, samples })
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
