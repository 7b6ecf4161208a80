//! What callers are told when a policy refused.

use std::fmt;
use std::time::Duration;

use tradewind_problem::{DEADLINE_EXCEEDED, Problem, UNAVAILABLE};

use crate::policy::breaker::BreakerState;
use crate::policy::bulkhead::{BulkheadOptions, NoRoom};

/// When to come back, where nothing better is known.
const SOON: Duration = Duration::from_secs(1);

/// Which policy refused, and why; the label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalReason {
    /// Bulkhead: so many calls were under way and waiting that no further one could wait.
    QueueFull,
    /// Bulkhead: no call under way ended in time.
    NoRoom,
    /// Throttle: the peer refused many calls, this one was dropped by the draw.
    Throttled,
    /// Breaker: it was open.
    BreakerOpen,
    /// Breaker: it was half-open and its probe under way.
    BreakerProbing,
    /// No endpoint of the peer is known.
    NoEndpoint,
    /// Retry: the budget was spent; not a call but a further try was refused.
    BudgetSpent,
}

impl RefusalReason {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::QueueFull,
        Self::NoRoom,
        Self::Throttled,
        Self::BreakerOpen,
        Self::BreakerProbing,
        Self::NoEndpoint,
        Self::BudgetSpent,
    ];

    /// A stable name in kebab case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "bulkhead-queue-full",
            Self::NoRoom => "bulkhead-no-room",
            Self::Throttled => "throttled",
            Self::BreakerOpen => "breaker-open",
            Self::BreakerProbing => "breaker-probing",
            Self::NoEndpoint => "no-endpoint",
            Self::BudgetSpent => "retry-budget-spent",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a fallback stood in for a peer; the label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FallbackReason {
    /// A policy kept the call from being sent.
    Refused(RefusalReason),
    /// The answer was not ready in time.
    TooLate,
    /// The peer could not be reached, or says that it cannot answer now.
    Unavailable,
    /// The peer asks for less (429).
    TooMany,
    /// The peer failed, or answered with something else than was asked for.
    Failed,
}

impl FallbackReason {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Refused(RefusalReason::QueueFull),
        Self::Refused(RefusalReason::NoRoom),
        Self::Refused(RefusalReason::Throttled),
        Self::Refused(RefusalReason::BreakerOpen),
        Self::Refused(RefusalReason::BreakerProbing),
        Self::Refused(RefusalReason::NoEndpoint),
        Self::TooLate,
        Self::Unavailable,
        Self::TooMany,
        Self::Failed,
    ];

    pub(crate) fn of(problem: &Problem, refused: Option<RefusalReason>) -> Self {
        match refused {
            Some(reason) => Self::Refused(reason),
            None if problem.is(&DEADLINE_EXCEEDED) => Self::TooLate,
            None if problem.is(&UNAVAILABLE) => Self::Unavailable,
            None if problem.status() == 429 => Self::TooMany,
            None => Self::Failed,
        }
    }

    /// A stable name in kebab case; that of the refusal where a policy refused.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused(reason) => reason.name(),
            Self::TooLate => "deadline-exceeded",
            Self::Unavailable => "unavailable",
            Self::TooMany => "too-many-requests",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for FallbackReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A call that was not sent.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) reason: RefusalReason,
    why: String,
    wait: Duration,
}

impl Refusal {
    pub(crate) fn no_room(no_room: NoRoom, options: &BulkheadOptions) -> Self {
        let BulkheadOptions { calls, queue, .. } = options;
        let (reason, why) = match no_room {
            NoRoom::QueueFull => {
                (RefusalReason::QueueFull, format!("{calls} calls are under way and {queue} wait"))
            }
            NoRoom::Waited(wait) => {
                let milliseconds = wait.as_millis();
                (RefusalReason::NoRoom, format!("none of {calls} calls ended within {milliseconds} ms"))
            }
        };
        Self { reason, why: format!("its bulkhead is full: {why}"), wait: SOON }
    }

    pub(crate) fn throttled() -> Self {
        let why = "its throttle holds calls back: too many of the last ten seconds failed".to_owned();
        Self { reason: RefusalReason::Throttled, why, wait: SOON }
    }

    pub(crate) fn no_endpoint() -> Self {
        let why = "nobody knows where it is: none of its instances has been found".to_owned();
        Self { reason: RefusalReason::NoEndpoint, why, wait: SOON }
    }

    /// The breakers of all `count` endpoints refuse; that which comes back first is in `state`.
    pub(crate) fn breakers(state: BreakerState, count: usize) -> Self {
        let refusal = Self::breaker(state);
        if count < 2 {
            return refusal;
        }
        let why = format!("none of its {count} endpoints takes calls: {}", refusal.why);
        Self { why, ..refusal }
    }

    fn breaker(state: BreakerState) -> Self {
        match state {
            BreakerState::Open { reason, remaining } => {
                let why = format!("its breaker is open: {reason}");
                Self { reason: RefusalReason::BreakerOpen, why, wait: remaining }
            }
            BreakerState::HalfOpen { reason, .. } => {
                let why = format!("its breaker is half-open and a probe is under way: {reason}");
                Self { reason: RefusalReason::BreakerProbing, why, wait: SOON }
            }
            BreakerState::Closed => Self {
                reason: RefusalReason::BreakerOpen,
                why: "its breaker was open".to_owned(),
                wait: SOON,
            },
        }
    }

    /// The refusal for the caller. Its kind is that of a peer that cannot answer, because what there is to do
    /// is the same; and it is not for the hops above to try again.
    pub(crate) fn problem(&self, peer: &str) -> Problem {
        let seconds = self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0);
        let detail = format!(
            "A peer that is needed was not called, {}. Try again after {} s.",
            self.why,
            seconds.max(1)
        );
        Problem::new(&UNAVAILABLE)
            .detail(detail)
            .retry_after(self.wait)
            .retried()
            .operator(format!("{} to {peer}", self.reason))
    }
}
