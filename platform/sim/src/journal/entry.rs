//! One thing that happened in a run.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tradewind_kernel::{Id, Timestamp};

/// One thing that happened in a run, and when. As text it is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was over, in true time since the run began; no process has a clock that shows it.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Something that concerns nobody in particular.
    Note(String),
    /// Something about the process, or the client, of this name.
    Node {
        /// Whom it concerns.
        node: Arc<str>,
        /// What became of it, or what it did.
        change: Change,
    },
    /// A client begins with something.
    Act {
        /// Its number in the script.
        number: u32,
        /// The client.
        node: Arc<str>,
        /// What it does.
        text: String,
    },
    /// Something goes wrong from now on.
    Fault {
        /// Its number in the script.
        number: u32,
        /// What.
        text: String,
        /// Until when, since the run began; none when that is not known.
        until: Option<Duration>,
        /// Whose matter it is; nobody's when it is everybody's.
        nodes: Vec<Arc<str>>,
    },
    /// A transaction was committed.
    Commit {
        /// By which process.
        node: Arc<str>,
        /// What its clock showed.
        wall: Timestamp,
    },
    /// A request and its answer.
    Message(Box<Message>),
    /// Somebody saw a promise that did not hold.
    Broken(String),
}

/// What became of a process or client, or what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It begins, for the time with this number.
    Begins(u32),
    /// It came to where this kind of fault ends it: nothing of it is kept or heard any more.
    Falls(&'static str),
    /// It is dead.
    Ends,
    /// It was asked to end in order.
    Drains,
    /// It has ended in order.
    Leaves,
    /// It does something.
    Does(String),
}

/// A request on its way, and its answer on the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who asked.
    pub from: Arc<str>,
    /// The door that was asked.
    pub to: Arc<str>,
    /// The process behind that door, once the request had got there.
    pub node: Option<Arc<str>>,
    /// The method of the request.
    pub method: Arc<str>,
    /// Its path and query.
    pub target: String,
    /// When it was sent.
    pub sent: Duration,
    /// When it got there, if it did.
    pub arrived: Option<Duration>,
    /// The process that it belongs to, as its headers say.
    pub correlation: Option<Id>,
    /// What came of it.
    pub came: Came,
}

/// What came of a request, as its sender knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Came {
    /// An answer with this status.
    Answered(u16),
    /// Nobody took it.
    Refused,
    /// The connection broke.
    Reset,
    /// Nothing, until its sender waited no longer.
    Nothing,
    /// It is not over: the network carried it a second time, and nobody waits for that answer.
    Repeated,
}

impl Entry {
    /// When it was, as a line begins: seconds and microseconds.
    #[must_use]
    pub fn time(&self) -> String {
        format!("{:>4}.{:06}", self.at.as_secs(), self.at.subsec_micros())
    }
}

impl Message {
    /// The path without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The process that was asked: the one that was reached, or the one that the door is named after.
    #[must_use]
    pub fn other(&self) -> &str {
        self.node.as_deref().unwrap_or_else(|| self.to.split('/').next().unwrap_or_default())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.time(), self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(text) => f.write_str(text),
            Self::Node { node, change } => write!(f, "{node} {change}"),
            Self::Act { number, node, text } => write!(f, "{node} act {number}: {text}"),
            Self::Fault { number, text, .. } => write!(f, "! fault {number}: {text}"),
            Self::Commit { node, .. } => write!(f, "{node} commits"),
            Self::Message(message) => message.fmt(f),
            Self::Broken(text) => write!(f, "BROKEN: {text}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begins(life) => write!(f, "begins its life {life}"),
            Self::Falls(kind) => write!(f, "falls: {kind}"),
            Self::Ends => f.write_str("is dead"),
            Self::Drains => f.write_str("drains"),
            Self::Leaves => f.write_str("has ended"),
            Self::Does(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, method, target, came, .. } = self;
        write!(f, "{from} > {to} {method} {target}: {came}")?;
        match (came, self.arrived) {
            (Came::Answered(_) | Came::Refused | Came::Repeated, _) => Ok(()),
            (_, Some(_)) => f.write_str(", it had arrived"),
            (_, None) => f.write_str(", it did not arrive"),
        }
    }
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => status.fmt(f),
            Self::Refused => f.write_str("refused"),
            Self::Reset => f.write_str("broken off"),
            Self::Nothing => f.write_str("no answer"),
            Self::Repeated => f.write_str("a second time"),
        }
    }
}
