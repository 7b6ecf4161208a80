//! Who asks, within which trace, because of what, and until when.

use std::fmt;
use std::time::Duration;

use crate::{Clock, Entropy, Id, TraceContext};

/// Who a request acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody said who they are.
    Anonymous,
    /// A person who owns objects and sees only their own.
    User(Id),
    /// A person who works for the operator.
    Staff(Id),
    /// A person who works for the operator and decides for it: what things cost, how far others are trusted.
    Admin(Id),
    /// A service or the command line, through an internal door or an event.
    Service(String),
}

impl Principal {
    /// A stable text for scopes and logs, such as `user:0198…`; never a name or an address.
    #[must_use]
    pub fn scope(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::Admin(id) => write!(f, "admin:{id}"),
            Self::Service(name) => write!(f, "service:{name}"),
        }
    }
}

/// What a piece of work carries along: it ends up in every event and log line that the work causes.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who asks.
    pub principal: Principal,
    /// The trace the work belongs to.
    pub trace: TraceContext,
    /// The process the work belongs to: the same id from the first request to the last event.
    pub correlation: Id,
    /// The event that caused the work; `None` when a request did.
    pub causation: Option<Id>,
}

impl Context {
    /// The context of work that begins here: a new trace and a new process.
    #[must_use]
    pub fn begin(principal: Principal, clock: &Clock, entropy: &Entropy) -> Self {
        let trace = TraceContext::begin(entropy);
        Self { principal, trace, correlation: entropy.id(clock), causation: None }
    }
}

/// The moment after which nobody waits for an answer any more, on the clock's stopwatch.
///
/// It travels as the time that remains, so that clocks need not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Duration);

impl Deadline {
    /// The deadline `limit` from now.
    #[must_use]
    pub fn after(clock: &Clock, limit: Duration) -> Self {
        Self(clock.monotonic().saturating_add(limit))
    }

    /// The time that remains; zero when the deadline has passed.
    #[must_use]
    pub fn remaining(self, clock: &Clock) -> Duration {
        self.0.saturating_sub(clock.monotonic())
    }

    /// The nearer of two deadlines: a callee never waits longer than its caller.
    #[must_use]
    pub fn nearer(self, other: Self) -> Self {
        self.min(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_runs_out() {
        let clock = Clock::simulated(Timestamp::from_micros(0));
        let deadline = Deadline::after(&clock, Duration::from_secs(2));
        clock.sleep(Duration::from_millis(1500)).await;
        assert_eq!(deadline.remaining(&clock), Duration::from_millis(500));
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(deadline.remaining(&clock), Duration::ZERO);
    }

    #[test]
    fn scopes_tell_principals_apart() {
        let id = Id::from_u128(1);
        let all = [Principal::Anonymous, Principal::User(id), Principal::Staff(id), Principal::Admin(id)];
        let scopes: std::collections::BTreeSet<_> = all.iter().map(Principal::scope).collect();
        assert_eq!(scopes.len(), all.len());
    }
}
