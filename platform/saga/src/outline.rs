//! What a definition is, as plain data: for the state machine, for people, and for tests that go through every step.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The longest name of a saga or step, in bytes: both are part of each idempotency key.
const MAX_NAME: usize = 60;

/// What kind of step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// An action outside of any transaction.
    Call,
    /// Work within the transaction that moves the saga on.
    Local,
    /// A wait for a signal that bears the name of the step.
    Signal,
    /// A wait for a time.
    Time,
}

impl StepKind {
    fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Local => "local",
            Self::Signal => "signal",
            Self::Time => "time",
        }
    }
}

/// A step of a saga.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepOutline {
    /// Its name, unique within the saga.
    pub name: &'static str,
    /// What kind of step it is.
    pub kind: StepKind,
    /// Whether it can be undone.
    pub has_undo: bool,
    /// Whether nothing is undone once it is done.
    pub is_pivot: bool,
    /// From when it begins until it is given up, in milliseconds when written; `None` for waits for a time.
    #[serde(rename = "withinMs", serialize_with = "millis", skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
}

fn millis<S: Serializer>(within: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    let millis = within.map(|within| u64::try_from(within.as_millis()).unwrap_or(u64::MAX));
    millis.serialize(serializer)
}

/// A saga, described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outline {
    /// Its name.
    pub saga: &'static str,
    /// The version of its definition.
    pub version: u32,
    /// Its steps, in order.
    pub steps: Vec<StepOutline>,
}

/// A definition that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("saga {saga} {version} is not well defined: {message}")]
pub struct WrongDefinition {
    /// The saga.
    pub saga: &'static str,
    /// Its version.
    pub version: u32,
    /// What to change.
    pub message: String,
}

impl Outline {
    /// Whether it can be run.
    pub(crate) fn check(&self) -> Result<(), WrongDefinition> {
        let message = self.wrong_names().or_else(|| self.wrong_undo()).or_else(|| self.wrong_pivot());
        match message {
            Some(message) => Err(WrongDefinition { saga: self.saga, version: self.version, message }),
            None => Ok(()),
        }
    }

    fn wrong_names(&self) -> Option<String> {
        if self.steps.is_empty() {
            return Some("it has no step".to_owned());
        }
        let mut seen = BTreeSet::new();
        for name in std::iter::once(self.saga).chain(self.steps.iter().map(|step| step.name)) {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(fits) {
                return Some(format!("{name:?} is no name: use up to {MAX_NAME} of a-z, 0-9 and -"));
            }
        }
        let twice = self.steps.iter().find(|step| !seen.insert(step.name))?;
        Some(format!("two steps are called {}", twice.name))
    }

    /// An undo that can never run says that somebody counts on it.
    fn wrong_undo(&self) -> Option<String> {
        let last = self.pivot().unwrap_or(self.steps.len().saturating_sub(1));
        let idle = self.steps.iter().enumerate().find(|(at, step)| {
            let may_be_done_unheard = *at == last && step.kind == StepKind::Call;
            step.has_undo && *at >= last && !may_be_done_unheard
        })?;
        Some(format!("the undo of {} can never run: nothing after it makes the saga turn back", idle.1.name))
    }

    fn wrong_pivot(&self) -> Option<String> {
        let pivots = self.steps.iter().filter(|step| step.is_pivot).count();
        (pivots > 1).then(|| "it has several pivots".to_owned())
    }

    /// The place of the step after which nothing is undone.
    pub(crate) fn pivot(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.is_pivot)
    }

    /// Whether the step at `at` comes after the pivot.
    pub(crate) fn is_past_pivot(&self, at: usize) -> bool {
        self.pivot().is_some_and(|pivot| at > pivot)
    }

    /// The undo that runs first when the steps before `end` are to be undone.
    pub(crate) fn last_undo(&self, end: usize) -> Option<usize> {
        (0..end.min(self.steps.len())).rev().find(|at| self.steps[*at].has_undo)
    }

    /// The name of the step at `at`; empty behind the last.
    pub(crate) fn name_of(&self, at: usize) -> &'static str {
        self.steps.get(at).map_or("", |step| step.name)
    }

    /// A fingerprint of what must not change while instances are under way: the steps, their kinds, which of them can
    /// be undone, and the pivot. Limits may change at any time.
    pub(crate) fn shape(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            let StepOutline { name, kind, has_undo, is_pivot, .. } = step;
            let kind = kind.name();
            writeln!(text, "{name} {kind} {has_undo} {is_pivot}").unwrap_or_default();
        }
        let digest = Sha256::digest(text.as_bytes());
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The saga as a Mermaid flowchart: steps down, undos up, dotted where it turns back, thick after the pivot.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut lines = vec!["flowchart TD".to_owned()];
        lines.push(format!("    begin([\"{} {}\"]) --> s0", self.saga, self.version));
        for (at, step) in self.steps.iter().enumerate() {
            lines.push(format!("    s{at}{}", step.node()));
            let next = if at + 1 == self.steps.len() { "done".to_owned() } else { format!("s{}", at + 1) };
            let arrow = if self.pivot().is_some_and(|pivot| at >= pivot) { "==>" } else { "-->" };
            lines.push(format!("    s{at} {arrow} {next}"));
        }
        lines.push("    done([\"done\"])".to_owned());
        lines.extend(self.turns());
        lines.extend(self.undos());
        lines.push("    undone([\"undone\"])".to_owned());
        lines.join("\n") + "\n"
    }

    /// Where the saga turns back.
    fn turns(&self) -> Vec<String> {
        let undo = |end: usize| self.last_undo(end).map_or("undone".to_owned(), |at| format!("u{at}"));
        let mut lines = Vec::new();
        for (at, step) in self.steps.iter().enumerate().filter(|(at, _)| !self.is_past_pivot(*at)) {
            match step.kind {
                StepKind::Time => {}
                StepKind::Signal => lines.push(format!("    s{at} -. \"refused, late\" .-> {}", undo(at))),
                StepKind::Call if step.has_undo => {
                    lines.push(format!("    s{at} -. refused .-> {}", undo(at)));
                    lines.push(format!("    s{at} -. unknown .-> {}", undo(at + 1)));
                }
                StepKind::Call if step.is_pivot => {
                    lines.push(format!("    s{at} -. refused .-> {}", undo(at)));
                }
                StepKind::Call | StepKind::Local => {
                    lines.push(format!("    s{at} -. \"refused, failed\" .-> {}", undo(at)));
                }
            }
        }
        lines
    }

    fn undos(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (at, step) in self.steps.iter().enumerate().rev().filter(|(_, step)| step.has_undo) {
            let next = self.last_undo(at).map_or("undone".to_owned(), |before| format!("u{before}"));
            lines.push(format!("    u{at}(\"undo {}\")", step.name));
            lines.push(format!("    u{at} --> {next}"));
        }
        lines
    }
}

impl StepOutline {
    /// How it is drawn.
    fn node(&self) -> String {
        let mut text = format!("{}<br/>{}", self.name, self.kind.name());
        if let Some(within) = self.within {
            write!(text, " within {} s", within.as_secs_f64()).unwrap_or_default();
        }
        match (self.kind, self.is_pivot) {
            (_, true) => format!("[[\"{text}, pivot\"]]"),
            (StepKind::Signal | StepKind::Time, _) => format!("{{{{\"{text}\"}}}}"),
            _ => format!("[\"{text}\"]"),
        }
    }
}
