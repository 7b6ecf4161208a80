//! What is known of endpoints, for those who look on.

use std::fmt;
use std::time::Duration;

use crate::policy::{BreakerReason, BreakerState};

/// Why an endpoint is left alone; the label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutReason {
    /// No connection could be opened.
    Refused,
    /// A connection broke before the answer.
    Reset,
    /// A probe was not answered in time.
    Unresponsive,
    /// A probe was answered with a failure, such as that the instance is about to stop.
    NotReady,
}

impl OutReason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Reset, Self::Unresponsive, Self::NotReady];

    /// A stable name in kebab case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "connection-refused",
            Self::Reset => "connection-reset",
            Self::Unresponsive => "probe-unanswered",
            Self::NotReady => "not-ready",
        }
    }
}

impl fmt::Display for OutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "no connection could be opened",
            Self::Reset => "a connection broke before the answer",
            Self::Unresponsive => "a probe was not answered in time",
            Self::NotReady => "it says that it is not ready",
        })
    }
}

/// How an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointCondition {
    /// It gets its share.
    Ready,
    /// It is new and gets less than its share.
    Warming {
        /// How much of its share, in percent.
        percent: u32,
    },
    /// It said that it is about to stop, and gets calls only when nobody else is there.
    Leaving,
    /// It gets calls only when nobody else is there, until a probe succeeds.
    Out {
        /// Why.
        reason: OutReason,
        /// Since how long.
        since: Duration,
    },
    /// Its breaker is open, or half-open and tried by one call at a time.
    Tripped {
        /// Why it had opened.
        reason: BreakerReason,
    },
}

impl EndpointCondition {
    /// The names of all conditions; labels of a metric.
    pub const NAMES: [&'static str; 5] = ["ready", "warming", "leaving", "out", "tripped"];

    /// A stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Warming { .. } => "warming",
            Self::Leaving => "leaving",
            Self::Out { .. } => "out",
            Self::Tripped { .. } => "tripped",
        }
    }

    /// Why it does not get its share, in a sentence for operators; `None` when it does.
    #[must_use]
    pub fn why(self) -> Option<String> {
        match self {
            Self::Ready => None,
            Self::Warming { percent } => Some(format!("it is new and gets {percent} % of its share")),
            Self::Leaving => Some("it is about to stop".to_owned()),
            Self::Out { reason, since } => Some(format!("{reason}, {} ms ago", since.as_millis())),
            Self::Tripped { reason } => Some(format!("its breaker opened: {reason}")),
        }
    }
}

/// What is known of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointState {
    /// Its address, or `in this process`.
    pub name: String,
    /// Which instance it belongs to, where whoever told of it knows.
    pub instance: Option<String>,
    /// How it is.
    pub condition: EndpointCondition,
    /// How long it is expected to take; `None` before its first answer.
    pub latency: Option<Duration>,
    /// Calls under way.
    pub in_flight: u32,
    /// How often it was chosen.
    pub picks: u64,
    /// How often it gave no answer, or one that says that it failed.
    pub failures: u64,
    /// What its breaker lets through.
    pub breaker: BreakerState,
}
