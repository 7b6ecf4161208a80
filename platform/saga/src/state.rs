//! Where an instance is, and what can happen to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It goes from step to step.
    Running,
    /// It undoes what was done, in reverse.
    Undoing,
    /// All steps are done.
    Done,
    /// Everything that was done is undone.
    Undone,
}

impl State {
    /// How it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Undoing => "undoing",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }
}

/// What can happen to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It began.
    Started,
    /// A step is done.
    StepDone,
    /// A step was refused.
    StepRefused,
    /// A step was given up at its deadline.
    StepGivenUp,
    /// A signal came.
    SignalCame,
    /// Somebody asked to turn back.
    Cancelled,
    /// The cancellation came while the pivot was under way.
    CancelledTooLate,
    /// It turned back: what was done is undone from here on.
    TurnedBack,
    /// A step is undone.
    StepUndone,
    /// Attempts have failed for a while; they go on.
    Stuck,
    /// All steps are done.
    Done,
    /// Everything is undone.
    Undone,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Started,
        Self::StepDone,
        Self::StepRefused,
        Self::StepGivenUp,
        Self::SignalCame,
        Self::Cancelled,
        Self::CancelledTooLate,
        Self::TurnedBack,
        Self::StepUndone,
        Self::Stuck,
        Self::Done,
        Self::Undone,
    ];

    /// How it is written, such as `step-done`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::StepDone => "step-done",
            Self::StepRefused => "step-refused",
            Self::StepGivenUp => "step-given-up",
            Self::SignalCame => "signal-came",
            Self::Cancelled => "cancelled",
            Self::CancelledTooLate => "cancelled-too-late",
            Self::TurnedBack => "turned-back",
            Self::StepUndone => "step-undone",
            Self::Stuck => "stuck",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_has_one_spelling() {
        for what in What::ALL {
            assert_eq!(serde_json::to_value(what).unwrap(), what.name());
        }
    }
}
