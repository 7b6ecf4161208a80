//! What can go wrong with the broker.

use std::fmt;
use std::time::Duration;

use tradewind_kernel::Entropy;

/// Something that goes wrong with the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokerFault {
    /// The connections of one process break.
    Reset {
        /// The process.
        node: String,
    },
    /// All connections break.
    ResetAll,
    /// Nothing arrives any more on the connections of one process, on either side, and nobody is told before he misses
    /// something.
    Silence {
        /// The process.
        node: String,
    },
    /// The queues lose their leaders. Until they have others nothing is confirmed, delivered or declared; then the first
    /// of the messages that were not confirmed may be there, the rest is lost, and what was not acknowledged is
    /// delivered again.
    LeaderChange {
        /// How long they have none.
        lasts: Duration,
    },
    /// It cannot be reached. What it holds is there again afterwards.
    Away {
        /// How long.
        lasts: Duration,
    },
    /// Messages are lost, refused, kept twice, the second time behind others, delivered twice, confirmed late or never.
    BadMessages {
        /// How long.
        lasts: Duration,
    },
}

impl BrokerFault {
    /// Draws one that lasts as long as `span` says; `node` gives a process.
    pub fn draw(dice: &Entropy, node: impl FnOnce() -> String, span: impl FnOnce() -> Duration) -> Self {
        match dice.below(8) {
            0 => Self::Reset { node: node() },
            1 => Self::ResetAll,
            2 => Self::Silence { node: node() },
            3 | 4 => Self::LeaderChange { lasts: span() },
            5 => Self::Away { lasts: span() },
            _ => Self::BadMessages { lasts: span() },
        }
    }

    /// The kind of fault, for counting.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Reset { .. } => "broker loses a process",
            Self::ResetAll => "broker loses everybody",
            Self::Silence { .. } => "broker hears nothing",
            Self::LeaderChange { .. } => "broker changes leaders",
            Self::Away { .. } => "broker away",
            Self::BadMessages { .. } => "broker bad",
        }
    }
}

impl fmt::Display for BrokerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset { node } => write!(f, "the broker loses the connections of {node}"),
            Self::ResetAll => f.write_str("the broker loses all connections"),
            Self::Silence { node } => write!(f, "the broker and {node} hear nothing of each other"),
            Self::LeaderChange { lasts } => write!(f, "the queues have no leaders for {lasts:?}"),
            Self::Away { lasts } => write!(f, "the broker is away for {lasts:?}"),
            Self::BadMessages { lasts } => write!(f, "the broker treats messages badly for {lasts:?}"),
        }
    }
}
