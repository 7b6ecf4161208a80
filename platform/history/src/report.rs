//! What the checker came to.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Operation, What};

/// What must hold of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// What is read was written by somebody who had begun to.
    Written,
    /// Within a session, a read after an acknowledged write sees that or a later one.
    OwnWrites,
    /// Within a session, a read sees what an earlier read saw or something later.
    MonotonicReads,
    /// A read sees nothing older than what anybody had been told before it began.
    NewestReads,
    /// A conditional write is accepted only where the object is as expected.
    Conditions,
    /// Everything acknowledged counts, once, and nothing else does.
    Totals,
    /// The events of an object come without a gap, in order, and have their effect once.
    EventOrder,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Written,
        Self::OwnWrites,
        Self::MonotonicReads,
        Self::NewestReads,
        Self::Conditions,
        Self::Totals,
        Self::EventOrder,
    ];

    /// What it is called, as a figure of a run.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "history: reads of what was written",
            Self::OwnWrites => "history: reads of own writes",
            Self::MonotonicReads => "history: reads after reads",
            Self::NewestReads => "history: reads after others",
            Self::Conditions => "history: conditional writes",
            Self::Totals => "history: additions in totals",
            Self::EventOrder => "history: events in order",
        }
    }

    fn promise(self) -> &'static str {
        match self {
            Self::Written => "what is read was written",
            Self::OwnWrites => "a session reads its own writes",
            Self::MonotonicReads => "what a session reads never goes back",
            Self::NewestReads => "what was told to one is not older to another",
            Self::Conditions => "a stale conditional write is refused",
            Self::Totals => "what was acknowledged is not lost, and counts once",
            Self::EventOrder => "events of an object come in order, each with one effect",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.promise())
    }
}

/// A rule that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The rule; as text it is the promise that is broken.
    pub rule: Rule,
    /// The operations that show it, as text.
    pub rows: Vec<String>,
}

/// What the checker came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How much each rule was asked about: pairs of operations, or single ones. What was not asked was not shown.
    pub examined: BTreeMap<Rule, u64>,
    /// What did not hold.
    pub breaches: Vec<Breach>,
}

impl Default for Report {
    fn default() -> Self {
        Self { examined: Rule::ALL.into_iter().map(|rule| (rule, 0)).collect(), breaches: Vec::new() }
    }
}

impl Report {
    pub(crate) fn examine(&mut self, rule: Rule, more: u64) {
        *self.examined.entry(rule).or_default() += more;
    }

    pub(crate) fn fail(&mut self, rule: Rule, shown: &[&Operation]) {
        let rows = shown.iter().map(ToString::to_string).collect();
        self.breaches.push(Breach { rule, rows });
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session, object, invoked, completed, what } = self;
        write!(f, "{session}, {object}: {what}, asked at {invoked}")?;
        match completed {
            Some(completed) => write!(f, ", answered at {completed}"),
            None => f.write_str(", not answered"),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write { version } => write!(f, "wrote {version}"),
            Self::WriteIf { expected, version } => write!(f, "wrote {version} over {expected}"),
            Self::Read { version } => write!(f, "read {version}"),
            Self::Add { amount } => write!(f, "added {amount}"),
            Self::Total { amount } => write!(f, "found {amount} in all"),
            Self::Event { sequence, has_effect: true } => write!(f, "was given event {sequence}"),
            Self::Event { sequence, has_effect: false } => write!(f, "passed over event {sequence}"),
        }
    }
}
