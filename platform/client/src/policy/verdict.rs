//! What an attempt says about its peer.

use http::StatusCode;

/// What an attempt says about its peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It works; a refusal of the request is an answer like any other.
    Working,
    /// It works and asks for less (429).
    Throttling,
    /// It failed, or did not answer.
    Failing,
}

impl Verdict {
    pub(crate) fn of(status: StatusCode) -> Self {
        if status == StatusCode::TOO_MANY_REQUESTS {
            Self::Throttling
        } else if status.is_server_error() {
            Self::Failing
        } else {
            Self::Working
        }
    }
}
