//! What can go wrong.

use std::fmt;
use std::time::Duration;

use tradewind_broker_model::BrokerFault;
use tradewind_kernel::FaultPoint;

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A process ends, at whatever its tasks await, and begins again.
    Kill {
        /// The process.
        node: String,
        /// How long it is away.
        away: Duration,
    },
    /// A process ends where the engine is about to make a commit durable.
    KillAtCommit {
        /// The process.
        node: String,
        /// How many commits from now.
        commits: u32,
        /// Whether that commit is kept.
        keeps_last: bool,
        /// How long it is away.
        away: Duration,
    },
    /// A process ends between two steps of its tasks, whatever await that is.
    KillAtStep {
        /// The process.
        node: String,
        /// How many steps from now.
        steps: u32,
        /// How long it is away.
        away: Duration,
    },
    /// A process ends at a fault point. Only in builds with the feature `fault-points`.
    KillAtPoint {
        /// The process.
        node: String,
        /// The point.
        point: FaultPoint,
        /// At which pass of it from now.
        passes: u32,
        /// How long it is away.
        away: Duration,
    },
    /// All processes end at once.
    KillAll {
        /// How long they are away.
        away: Duration,
    },
    /// A process stands still, and goes on without having noticed: a pause of its machine.
    Stall {
        /// The process.
        node: String,
        /// How long.
        lasts: Duration,
    },
    /// The wall clock of a process is set to another time.
    Jump {
        /// The process.
        node: String,
        /// By how many microseconds.
        micros: i64,
    },
    /// Nothing passes from one to the other.
    Part {
        /// A process or client.
        from: String,
        /// A process or client.
        to: String,
        /// Nor back.
        both_ways: bool,
        /// How long.
        lasts: Duration,
    },
    /// The network is slow, loses, breaks off and repeats.
    BadNetwork {
        /// How long.
        lasts: Duration,
    },
    /// The broker fails in one of its ways. Only in runs whose events pass by it.
    Broker(BrokerFault),
    /// A service is replaced by its other version, one replica after the other, each in order.
    Roll {
        /// The service.
        service: String,
    },
}

impl Fault {
    /// The kind of fault, for counting.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Kill { .. } => "process killed",
            Self::KillAtCommit { keeps_last: true, .. } => "process killed after a commit",
            Self::KillAtCommit { .. } => "process killed before a commit",
            Self::KillAtStep { .. } => "process killed at an await",
            Self::KillAtPoint { .. } => "process killed at a fault point",
            Self::KillAll { .. } => "all processes killed",
            Self::Stall { .. } => "process stalled",
            Self::Jump { .. } => "clock jumped",
            Self::Part { both_ways: true, .. } => "network parted both ways",
            Self::Part { .. } => "network parted one way",
            Self::BadNetwork { .. } => "network bad",
            Self::Broker(fault) => fault.kind(),
            Self::Roll { .. } => "other version rolled out",
        }
    }

    /// For how long it is felt, where it has an end of its own from the time at which it begins.
    pub(crate) fn lasts(&self) -> Option<Duration> {
        match self {
            Self::Kill { away: lasts, .. }
            | Self::KillAll { away: lasts }
            | Self::Stall { lasts, .. }
            | Self::Part { lasts, .. }
            | Self::BadNetwork { lasts }
            | Self::Broker(BrokerFault::LeaderChange { lasts })
            | Self::Broker(BrokerFault::Away { lasts })
            | Self::Broker(BrokerFault::BadMessages { lasts }) => Some(*lasts),
            Self::KillAtCommit { .. }
            | Self::KillAtStep { .. }
            | Self::KillAtPoint { .. }
            | Self::Jump { .. }
            | Self::Roll { .. }
            | Self::Broker(_) => None,
        }
    }

    /// Whom it befalls; nobody when it befalls everybody.
    pub(crate) fn about(&self) -> Vec<&str> {
        match self {
            Self::Kill { node, .. }
            | Self::KillAtCommit { node, .. }
            | Self::KillAtStep { node, .. }
            | Self::KillAtPoint { node, .. }
            | Self::Stall { node, .. }
            | Self::Jump { node, .. }
            | Self::Broker(BrokerFault::Reset { node } | BrokerFault::Silence { node }) => vec![node],
            Self::Part { from, to, .. } => vec![from, to],
            Self::Roll { service } => vec![service],
            Self::KillAll { .. } | Self::BadNetwork { .. } | Self::Broker(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill { node, away } => write!(f, "{node} is killed, away for {away:?}"),
            Self::KillAtCommit { node, commits, keeps_last, away } => {
                let kept = if *keeps_last { "kept" } else { "lost" };
                write!(f, "{node} is killed at its commit {commits}, which is {kept}, away for {away:?}")
            }
            Self::KillAtStep { node, steps, away } => {
                write!(f, "{node} is killed at its step {steps}, away for {away:?}")
            }
            Self::KillAtPoint { node, point, passes, away } => {
                write!(f, "{node} is killed at pass {passes} of {point}, away for {away:?}")
            }
            Self::KillAll { away } => write!(f, "all processes are killed, away for {away:?}"),
            Self::Stall { node, lasts } => write!(f, "{node} stands still for {lasts:?}"),
            Self::Jump { node, micros } => write!(f, "the clock of {node} jumps by {micros} µs"),
            Self::Part { from, to, both_ways, lasts } => {
                let way = if *both_ways { "nor back" } else { "one way only" };
                write!(f, "nothing passes from {from} to {to}, {way}, for {lasts:?}")
            }
            Self::BadNetwork { lasts } => write!(f, "the network is bad for {lasts:?}"),
            Self::Broker(fault) => fault.fmt(f),
            Self::Roll { service } => write!(f, "{service} is replaced by its other version"),
        }
    }
}
