//! Requests that got no answer, and what is known of them.

use std::error::Error;

use tradewind_problem::Problem;

/// Why no answer arrived. What matters is whether the peer may have begun to act, and whether it is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The request never left: no connection could be opened, or it closed before the first byte was written. Any
    /// request may go elsewhere.
    Refused,
    /// The connection broke after the request had begun to leave. The peer may have acted on it.
    Reset,
    /// The peer is there and takes nothing more at the moment. Any request may go elsewhere.
    Busy,
    /// The body of the request broke off before it was whole: that says nothing of the peer, and nobody can repeat it.
    Broken,
}

impl Cause {
    /// Whether the peer cannot have acted on the request.
    pub(crate) fn is_untouched(self) -> bool {
        matches!(self, Self::Refused | Self::Busy)
    }

    /// What an error of the HTTP client says.
    pub(crate) fn of(error: &hyper_util::client::legacy::Error) -> Self {
        let below = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
        // Cancelled: the request was still in our hands when the connection closed.
        let is_unsent = error.is_connect() || below.is_some_and(hyper::Error::is_canceled);
        if is_unsent { Self::Refused } else { Self::Reset }
    }
}

/// A request without an answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    pub(crate) problem: Problem,
    pub(crate) cause: Cause,
}

impl From<Unanswered> for Problem {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.problem
    }
}
