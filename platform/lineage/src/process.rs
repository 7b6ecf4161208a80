//! What a process is: the facts it waits for.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// A process as the service that owns it defines it.
///
/// It is plain data, made of names of event types: whoever reads it need not know the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Its name, such as `order`; partition keys of its events are `<name>-<id>`.
    pub name: &'static str,
    /// The event type it begins with, told by the owner.
    pub begins: &'static str,
    /// The event types that end it, told by the owner.
    pub ends: &'static [&'static str],
    /// Its steps, in the order in which people think of them. Several may be under way at once.
    pub steps: &'static [Step],
}

/// One thing that a process waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its name, such as `hold-part`.
    pub name: &'static str,
    /// The services that may decide it; one of them does.
    pub owners: &'static [&'static str],
    /// The event type after which it is waited for.
    pub after: &'static str,
    /// The event types that say it is done.
    pub done: &'static [&'static str],
    /// The event types that say it is refused.
    pub refused: &'static [&'static str],
    /// The event types that say that what was done is taken back, or lost.
    pub undone: &'static [&'static str],
    /// How an undo would take it back, as a short sentence; none when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<&'static str>,
    /// The saga of the owner that leads it; it says itself when it is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saga: Option<&'static str>,
    /// How long it may take before the process counts as stuck, in milliseconds when written; none when it may wait
    /// for people.
    #[serde(rename = "withinMs", serialize_with = "millis", skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
}

fn millis<S: Serializer>(within: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    within.map(|within| u64::try_from(within.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
}

impl Process {
    /// What is wrong with the definition, if anything is: a step that waits for what nobody tells, or that nothing
    /// decides.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        let told = |kind: &str| {
            kind == self.begins
                || self.steps.iter().any(|step| step.decides(kind) || step.undone.contains(&kind))
        };
        if let Some(step) = self.steps.iter().find(|step| step.done.is_empty() || step.owners.is_empty()) {
            return Some(format!("{}: nobody ever does {}", self.name, step.name));
        }
        if let Some(step) = self.steps.iter().find(|step| !told(step.after)) {
            return Some(format!(
                "{}: {} waits for {}, which no step brings",
                self.name, step.name, step.after
            ));
        }
        let end = self.ends.iter().find(|end| !told(end))?;
        Some(format!("{}: it ends with {end}, which no step brings", self.name))
    }

    /// The partition key of the process called `id`.
    #[must_use]
    pub fn key(&self, id: impl std::fmt::Display) -> String {
        format!("{}-{id}", self.name)
    }
}

impl Step {
    pub(crate) fn decides(&self, kind: &str) -> bool {
        self.done.contains(&kind) || self.refused.contains(&kind)
    }
}
