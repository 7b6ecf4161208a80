//! One endpoint: its load, its breaker, and whether it is left alone.

use std::sync::Arc;
use std::time::Duration;

use tradewind_kernel::Entropy;

use crate::Address;
use crate::balance::load::Load;
use crate::balance::state::{EndpointCondition, EndpointState, OutReason};
use crate::policy::breaker::{Breaker, Ticket};
use crate::policy::verdict::Verdict;
use crate::policy::{BalanceOptions, BreakerOptions, BreakerState};
use crate::unanswered::Cause;

/// What a failure counts as at least: an endpoint that fails quickly is not a quick one.
const PENALTY: Duration = Duration::from_secs(1);

/// How long an endpoint without connections is left alone before a call may try it, where nobody probes; it doubles.
const OUT: Duration = Duration::from_secs(1);

/// The longest of these pauses.
const OUT_MOST: Duration = Duration::from_secs(10);

/// The share with which an endpoint begins that joined others, in percent.
const FIRST_SHARE: u64 = 10;

/// An endpoint, as whoever knows of it tells.
#[derive(Debug, Clone)]
pub struct Located {
    /// Its address, as people read it; two of one peer differ in it.
    pub name: String,
    /// Where requests to it go.
    pub address: Address,
    /// Which instance it belongs to. Another one behind the same address is a new endpoint.
    pub instance: Option<String>,
    /// Whether it is about to stop: it gets calls only when nobody else is there.
    pub is_leaving: bool,
    /// Whether it is in another zone, and those of this one are enough: it gets calls when none of them works.
    pub is_elsewhere: bool,
}

/// How an attempt ended, for the endpoint that it went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// An answer came.
    Answered(Verdict),
    /// None came in time.
    TooLate,
    /// None came.
    Unanswered(Cause),
}

impl Ended {
    pub(crate) fn verdict(self) -> Verdict {
        match self {
            Self::Answered(verdict) => verdict,
            Self::TooLate | Self::Unanswered(_) => Verdict::Failing,
        }
    }

    fn ejects(self) -> Option<OutReason> {
        match self {
            Self::Unanswered(Cause::Refused) => Some(OutReason::Refused),
            Self::Unanswered(Cause::Reset) => Some(OutReason::Reset),
            Self::Answered(_) | Self::TooLate | Self::Unanswered(Cause::Busy | Cause::Broken) => None,
        }
    }
}

/// How willingly an endpoint is chosen; the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// It works.
    Fit,
    /// It works, and is in another zone.
    Elsewhere,
    /// It works, and not for long.
    Leaving,
    /// It may be slow, or does not want to.
    Doubtful,
    /// Its breaker is open.
    Tripped,
    /// Nobody is there.
    Gone,
}

#[derive(Debug)]
struct Out {
    reason: OutReason,
    since: Duration,
    /// When a call may try it.
    until: Duration,
    /// How often it was tried in vain.
    times: u32,
}

#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) serial: u64,
    pub(super) located: Located,
    /// That of `located`: every attempt takes it along.
    pub(super) address: Arc<Address>,
    load: Load,
    breaker: Option<Breaker>,
    out: Option<Out>,
    /// When it began to be warmed up; `None` when it got its whole share from the beginning.
    cold_since: Option<Duration>,
    pub(super) in_flight: u32,
    /// When it was chosen last, or joined.
    pub(super) picked: Duration,
    pub(super) picks: u64,
    failures: u64,
}

impl Endpoint {
    pub(super) fn new(
        serial: u64,
        located: Located,
        breaker: Option<BreakerOptions>,
        cold: bool,
        now: Duration,
    ) -> Self {
        Self {
            serial,
            address: Arc::new(located.address.clone()),
            located,
            load: Load::default(),
            breaker: breaker.map(Breaker::new),
            out: None,
            cold_since: cold.then_some(now),
            in_flight: 0,
            picked: now,
            picks: 0,
            failures: 0,
        }
    }

    pub(super) fn set_breaker(&mut self, options: Option<BreakerOptions>) {
        self.breaker = options.map(Breaker::new);
    }

    pub(super) fn breaker(&self, now: Duration) -> BreakerState {
        self.breaker.as_ref().map_or(BreakerState::Closed, |breaker| breaker.state(now))
    }

    pub(super) fn rank(&self, now: Duration) -> Rank {
        let out = self.out.as_ref().map(|out| out.reason);
        let tripped = self.breaker(now) != BreakerState::Closed;
        match out {
            Some(OutReason::Refused | OutReason::Reset) => Rank::Gone,
            _ if tripped => Rank::Tripped,
            Some(OutReason::Unresponsive | OutReason::NotReady) => Rank::Doubtful,
            None if self.located.is_leaving => Rank::Leaving,
            None if self.located.is_elsewhere => Rank::Elsewhere,
            None => Rank::Fit,
        }
    }

    /// Whether its breaker lets a call through.
    pub(super) fn admits(&self, now: Duration) -> bool {
        matches!(self.breaker(now), BreakerState::Closed | BreakerState::HalfOpen { probing: false, .. })
    }

    /// Whether it is time for a call to find out how it is.
    pub(super) fn wants_trial(&self, now: Duration) -> bool {
        let out = self.out.as_ref();
        let breaker = self.breaker(now);
        let may = breaker != BreakerState::Closed || out.is_some();
        may && self.admits(now) && out.is_none_or(|out| out.until <= now)
    }

    /// What choosing it costs: its latency once more for each call under way.
    pub(super) fn cost(&self, now: Duration) -> u128 {
        (u128::from(self.load.estimate(now)) + 1) * (u128::from(self.in_flight) + 1)
    }

    /// How much of its share it gets, in percent.
    pub(super) fn share(&self, options: &BalanceOptions, now: Duration) -> u64 {
        let Some(since) = self.cold_since else { return 100 };
        let elapsed = now.saturating_sub(since).as_micros() * 100;
        let percent = elapsed.checked_div(options.slow_start.as_micros()).unwrap_or(100);
        u64::try_from(percent).unwrap_or(100).clamp(FIRST_SHARE, 100)
    }

    /// It was chosen. A ticket is leave of its breaker.
    pub(super) fn begin(&mut self, through_breaker: bool, now: Duration) -> Option<Ticket> {
        self.picked = now;
        self.picks += 1;
        self.in_flight += 1;
        if let Some(out) = &mut self.out {
            out.wait(now);
        }
        let breaker = self.breaker.as_mut().filter(|_| through_breaker)?;
        breaker.admit(now).ok()
    }

    /// Nobody will tell how the attempt ended.
    pub(super) fn abandon(&mut self, ticket: Option<Ticket>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let (Some(breaker), Some(ticket)) = (&mut self.breaker, ticket) {
            breaker.abandon(ticket);
        }
    }

    /// Tells how an attempt ended; gives whether that closed its breaker.
    pub(super) fn end(
        &mut self,
        ticket: Option<Ticket>,
        ended: Ended,
        took: Option<Duration>,
        (now, entropy): (Duration, &Entropy),
    ) -> bool {
        self.in_flight = self.in_flight.saturating_sub(1);
        let verdict = ended.verdict();
        match verdict {
            Verdict::Failing => {
                self.failures += 1;
                self.load.observe(took.unwrap_or_default().max(PENALTY), now);
            }
            Verdict::Working | Verdict::Throttling => {
                if let Some(took) = took {
                    self.load.observe(took, now);
                }
            }
        }
        // Whoever answers is there; whether it is ready, a failure does not say.
        let answered = matches!(ended, Ended::Answered(_));
        let is_over =
            |out: &Out| answered && (verdict == Verdict::Working || out.reason != OutReason::NotReady);
        if self.out.as_ref().is_some_and(is_over) {
            self.come_back(now);
        }
        match (&mut self.breaker, ticket) {
            (Some(breaker), Some(ticket)) => breaker.report(ticket, verdict, now, entropy),
            _ => false,
        }
    }

    /// Why an attempt takes it out of rotation.
    pub(super) fn ejection(ended: Ended) -> Option<OutReason> {
        ended.ejects()
    }

    /// Leaves it alone from now on; gives whether that is news.
    pub(super) fn eject(&mut self, reason: OutReason, now: Duration) -> bool {
        let is_news = self.out.as_ref().is_none_or(|out| out.reason != reason);
        match &mut self.out {
            Some(out) => {
                out.reason = reason;
                out.until = out.until.max(now.saturating_add(OUT));
            }
            None => {
                self.out = Some(Out { reason, since: now, until: now.saturating_add(OUT), times: 0 });
            }
        }
        is_news
    }

    /// It works again. One that was away is taken for a new one.
    pub(super) fn come_back(&mut self, now: Duration) {
        let Some(out) = self.out.take() else { return };
        let was_gone = matches!(out.reason, OutReason::Refused | OutReason::Reset);
        if was_gone && now.saturating_sub(out.since) >= OUT {
            self.cold_since = Some(now);
            self.load = Load::default();
        }
    }

    pub(super) fn is_out(&self) -> bool {
        self.out.is_some()
    }

    pub(super) fn state(&self, options: &BalanceOptions, now: Duration) -> EndpointState {
        let share = self.share(options, now);
        let breaker = self.breaker(now);
        let condition = match (&self.out, breaker) {
            (Some(out), _) => {
                EndpointCondition::Out { reason: out.reason, since: now.saturating_sub(out.since) }
            }
            (None, BreakerState::Open { reason, .. } | BreakerState::HalfOpen { reason, .. }) => {
                EndpointCondition::Tripped { reason }
            }
            (None, _) if self.located.is_leaving => EndpointCondition::Leaving,
            (None, _) if share < 100 => {
                EndpointCondition::Warming { percent: u32::try_from(share).unwrap_or(100) }
            }
            (None, _) => EndpointCondition::Ready,
        };
        EndpointState {
            name: self.located.name.clone(),
            instance: self.located.instance.clone(),
            condition,
            latency: self.load.known(now),
            in_flight: self.in_flight,
            picks: self.picks,
            failures: self.failures,
            breaker,
        }
    }
}

impl Out {
    /// One more call is about to find out; the next one waits for longer.
    fn wait(&mut self, now: Duration) {
        self.times = self.times.saturating_add(1).min(8);
        let pause = OUT.saturating_mul(1 << self.times).min(OUT_MOST);
        self.until = now.saturating_add(pause);
    }
}
