//! Whether a failed call is tried again, and when.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use tradewind_kernel::Entropy;
use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, Problem};

use crate::Body;
use crate::policy::retry_budget::RetryBudget;

/// Makes any call safe to repeat: the peer gives the first answer again.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Failed calls are tried again: where that is safe, may help, and is within deadline and budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryOptions {
    /// Most attempts per call, the first one included.
    pub attempts: u32,
    /// The greatest wait before the second attempt; it doubles for each further one. The wait is drawn evenly
    /// from nothing to the greatest, so that callers that failed together do not come back together.
    pub base: Duration,
    /// The greatest wait that doubling leads to.
    pub cap: Duration,
    /// Retries allowed per hundred live calls of the last ten seconds.
    pub budget_percent: u32,
    /// Retries allowed per second on top, so that a quiet peer gets some at all.
    pub budget_per_second: u32,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Duration::from_millis(50),
            cap: Duration::from_secs(1),
            budget_percent: 20,
            budget_per_second: 10,
        }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The answer stands, and whoever is above may decide for themselves.
    Answer,
    /// No further try is worth it, and nobody above is to try either.
    GiveUp,
    /// A further try would be worth it and the budget is spent.
    Spent,
    /// Another try, after this wait.
    Again(Duration),
}

/// A failed attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed {
    /// Attempts made so far.
    pub(crate) attempts: u32,
    /// The least wait before another try; `None` when none can help.
    pub(crate) again: Option<Duration>,
    /// What is left of the deadline.
    pub(crate) remaining: Duration,
    /// Whether the next attempt goes to another endpoint: that one has failed nobody, and need not be spared.
    pub(crate) elsewhere: bool,
}

impl RetryOptions {
    pub(crate) fn budget(&self) -> RetryBudget {
        RetryBudget::new(self.budget_percent, self.budget_per_second)
    }

    /// What follows; takes from the budget when that is another try.
    pub(crate) fn next(
        &self,
        failed: Failed,
        budget: &mut RetryBudget,
        now: Duration,
        entropy: &Entropy,
    ) -> Next {
        let Some(least) = failed.again else { return Next::Answer };
        let enough = if failed.attempts > 1 { Next::GiveUp } else { Next::Answer };
        if failed.attempts >= self.attempts || least >= failed.remaining {
            return enough;
        }
        let wait = if failed.elsewhere {
            Duration::ZERO
        } else {
            least.saturating_add(self.jitter(failed.attempts, entropy))
        };
        if wait >= failed.remaining {
            enough
        } else if budget.withdraw(now) {
            Next::Again(wait)
        } else {
            Next::Spent
        }
    }

    /// Full jitter: anything up to the exponential wait.
    fn jitter(&self, attempts: u32, entropy: &Entropy) -> Duration {
        let doubled = self.base.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
        let most = u64::try_from(doubled.min(self.cap).as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(entropy.below(most.saturating_add(1)))
    }
}

/// Whether the peer may get the request twice, and all of its body is at hand.
pub(crate) fn is_repeatable(request: &Request<Body>) -> bool {
    may_arrive_twice(request.method(), request.headers()) && request.body().try_clone().is_some()
}

/// Whether the peer may get the request twice: by its method (RFC 9110 §9.2.2) or its key.
pub(crate) fn may_arrive_twice(method: &Method, headers: &HeaderMap) -> bool {
    const IDEMPOTENT: [Method; 6] =
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE];
    IDEMPOTENT.contains(method) || headers.contains_key(IDEMPOTENCY_KEY)
}

/// Whether the request has a key, so that the peer carries it out once however often it comes.
pub(crate) fn has_key(request: &Request<Body>) -> bool {
    request.headers().contains_key(IDEMPOTENCY_KEY)
}

/// The same request once more; `None` when its body is a stream.
pub(crate) fn repeat(request: &Request<Body>) -> Option<Request<Body>> {
    let mut again = Request::new(request.body().try_clone()?);
    *again.method_mut() = request.method().clone();
    *again.version_mut() = request.version();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}

/// The least wait before another try of what was answered so; `None` when none can help or the peer says that
/// the retries have been done.
pub(crate) fn least_wait(status: StatusCode, headers: &HeaderMap, problem: &Problem) -> Option<Duration> {
    if problem.was_retried() {
        return None;
    }
    let told = headers.contains_key(RETRY_AFTER);
    match status.as_u16() {
        // An earlier attempt is still being carried out; soon its answer is there to be given again.
        409 if problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT) => Some(Duration::ZERO),
        // Without a time, less is what was asked for and not later. A time that cannot be read is none.
        429 => problem.wait(),
        502..=504 if told => problem.wait(),
        502..=504 => Some(Duration::ZERO),
        _ => None,
    }
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
