//! What happened to an instance, what remains, and what an undo would do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Timestamp};

use crate::reason::Reason;
use crate::state::{State, What};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// The step it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// A reason's code, or what an attempt said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// An instance, looked at from outside. Its data are not in it: they may be personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// The saga.
    pub saga: String,
    /// The version of its definition that the instance began with.
    pub version: u32,
    /// The instance.
    pub id: Id,
    /// The process it belongs to.
    pub correlation: Id,
    /// Where it is.
    pub state: State,
    /// The step that is being done or undone; `None` once it has ended.
    pub step: Option<String>,
    /// Failed attempts at that step.
    pub attempts: u32,
    /// Whether attempts have failed for a while, or a signal that must come has not come.
    pub is_stuck: bool,
    /// Why it is undone, or is to be.
    pub reason: Option<Reason>,
    /// What the last failed attempt said.
    pub last_error: Option<String>,
    /// When it is looked at next.
    pub due: Option<Timestamp>,
    /// When its step is given up, or its wait is over.
    pub deadline: Option<Timestamp>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What happened, oldest first.
    pub happened: Vec<Happened>,
    /// The steps that are still to be done; `None` when no definition of its version is there.
    pub remains: Option<Vec<String>>,
    /// The steps that an undo would undo, or still will, in this sequence; `None` as with `remains`.
    pub would_undo: Option<Vec<String>>,
}

/// An instance that has not ended, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnderWay {
    /// The saga.
    pub saga: String,
    /// The version of its definition that the instance began with.
    pub version: u32,
    /// The instance.
    pub id: Id,
    /// The process it belongs to.
    pub correlation: Id,
    /// Where it is.
    pub state: State,
    /// The step that is being done or undone.
    pub step: String,
    /// Failed attempts at that step.
    pub attempts: u32,
    /// Whether attempts have failed for a while, or a signal that must come has not come.
    pub is_stuck: bool,
    /// What the last failed attempt said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When something last happened to it.
    pub moved_at: Timestamp,
}
