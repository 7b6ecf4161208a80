//! Why a step did not succeed, and what follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, IDEMPOTENCY_KEY_REUSED, Problem};

/// The longest text that is kept of a failure, in bytes.
const MAX_TEXT: usize = 500;

/// Why an instance is undone: a problem's code, and what was said to the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The code, in kebab case, such as `conflict`.
    pub code: String,
    /// What was said with it, 500 bytes at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Reason {
    /// A reason of this code, without a text.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), detail: None }
    }

    /// The reason with a text for people.
    #[must_use]
    pub fn detail(mut self, detail: impl AsRef<str>) -> Self {
        self.detail = Some(shortened(detail.as_ref()));
        self
    }
}

impl From<&Problem> for Reason {
    /// What was said to the operator stays in the log.
    fn from(problem: &Problem) -> Self {
        let reason = Self::new(problem.code());
        match problem.caller_text() {
            Some(text) => reason.detail(text),
            None => reason,
        }
    }
}

/// Why a step, or an undo, did not succeed.
#[derive(Debug, Clone, PartialEq)]
pub enum Setback {
    /// It was decided that it is not done, and trying again would not change that: what was done before is undone.
    Refused(Problem),
    /// It may succeed later, and it may have been done although nobody heard of it: it is tried again.
    Failed(Problem),
}

impl Setback {
    /// The problem behind it.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        match self {
            Self::Refused(problem) | Self::Failed(problem) => problem,
        }
    }
}

/// What may be otherwise later although its status speaks of the caller: timeouts, limits, a first request that is
/// still under way or was another one, and what an operator has to mend.
const LATER: [u16; 5] = [401, 403, 408, 425, 429];

impl From<Problem> for Setback {
    /// A failure of the other side (status 500 and above) is tried again. So is what an operator can mend (401, 403),
    /// what was too early or too much (408, 425, 429), and an idempotency key that is in flight or was used for
    /// another request. Everything else is a refusal.
    fn from(problem: Problem) -> Self {
        let is_about_the_key = problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT) || problem.is(&IDEMPOTENCY_KEY_REUSED);
        if problem.is_server_fault() || is_about_the_key || LATER.contains(&problem.status()) {
            Self::Failed(problem)
        } else {
            Self::Refused(problem)
        }
    }
}

/// A text cut to what is kept of it.
pub(crate) fn shortened(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // The served engine knows no such character.
    text[..end].replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use tradewind_problem::{CONFLICT, DEADLINE_EXCEEDED, NOT_FOUND, UNAUTHENTICATED, UNAVAILABLE};

    use super::*;

    #[test]
    fn what_may_be_otherwise_later_is_no_refusal() {
        let kinds = [
            UNAVAILABLE,
            DEADLINE_EXCEEDED,
            IDEMPOTENCY_KEY_IN_FLIGHT,
            IDEMPOTENCY_KEY_REUSED,
            UNAUTHENTICATED,
        ];
        for kind in kinds {
            assert!(matches!(Setback::from(Problem::new(&kind)), Setback::Failed(_)), "{}", kind.code);
        }
        for kind in [CONFLICT, NOT_FOUND] {
            assert!(matches!(Setback::from(Problem::new(&kind)), Setback::Refused(_)), "{}", kind.code);
        }
        assert!(matches!(Setback::from(Problem::given("slow-down", "Slow down", 429)), Setback::Failed(_)));
    }

    #[test]
    fn a_reason_keeps_what_the_caller_was_told_and_no_more() {
        let problem = Problem::new(&CONFLICT).detail("ü".repeat(400)).operator("host 10.0.0.1");
        let reason = Reason::from(&problem);
        assert_eq!(reason.code, "conflict");
        assert_eq!(reason.detail.unwrap(), "ü".repeat(250));
    }
}
