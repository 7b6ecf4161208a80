//! What is on its way to the broker, and from it.

use std::sync::Arc;

use tokio::sync::oneshot;
use tradewind_amqp::transport::{Confirmation, Delivered, ExchangeKind, Failed, Parcel, QueueDeclaration};

use crate::post::Post;

/// How whoever asked learns what came of it; dropped, it says that the connection is gone.
pub(crate) type Reply = oneshot::Sender<Result<Confirmation, Failed>>;

/// Where the deliveries of a consumer go.
pub(crate) type Inbox = Post<Result<Delivered, Failed>>;

/// What a client says on a channel.
#[derive(Debug)]
pub(crate) enum Said {
    /// The channel begins.
    Open,
    Exchange(String, ExchangeKind),
    Queue(QueueDeclaration),
    Bind {
        queue: String,
        exchange: String,
        pattern: String,
    },
    Delete(String),
    /// Messages are to be confirmed from now on.
    Confirm,
    Publish {
        exchange: String,
        key: String,
        parcel: Parcel,
    },
    Consume {
        queue: String,
        prefetch: u16,
        inbox: Inbox,
    },
    Acknowledge(u64),
    Reject(u64),
    /// The channel ends.
    Close,
}

impl Said {
    /// Whether only a queue's leader can answer.
    pub(crate) fn needs_leader(&self) -> bool {
        matches!(self, Self::Queue(_) | Self::Bind { .. } | Self::Delete(_) | Self::Consume { .. })
    }
}

/// Something that is due at some time.
#[derive(Debug)]
pub(crate) enum Due {
    /// It arrives at the broker.
    Arrives { connection: u64, channel: u64, said: Said, reply: Option<Reply> },
    /// It arrives at a client.
    Answers { connection: u64, reply: Reply, answer: Result<Confirmation, Failed> },
    /// The same, of a message for a consumer.
    Delivers { connection: u64, inbox: Inbox, delivered: Box<Delivered> },
    /// The message with this number, the oldest that is not decided, is on enough disks.
    Decided(u64),
    /// The queues have leaders again.
    Elected,
    /// Nobody heard anything of the connection for too long.
    Expires { connection: u64, why: Arc<str> },
}

impl Due {
    /// Whose it is, and whether it goes to the broker.
    pub(crate) fn way(&self) -> Option<(u64, bool)> {
        match self {
            Self::Arrives { connection, .. } => Some((*connection, true)),
            Self::Answers { connection, .. } | Self::Delivers { connection, .. } => {
                Some((*connection, false))
            }
            Self::Decided(_) | Self::Elected | Self::Expires { .. } => None,
        }
    }
}
