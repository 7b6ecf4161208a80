//! What carries messages to the broker and back: connections, channels, and what the protocol says on them.
//!
//! Relays, feeds and the connections that are kept ask for no more than this. In a process it is a client library of
//! AMQP 0-9-1; a simulation puts a model of a broker in its place ([`Broker::over`](crate::Broker::over)), and all that
//! decides what is sent again, handled, acknowledged or read from the log stays the same.
//!
//! Whoever asks bounds how long it waits: nothing here has a deadline of its own. Every future may be dropped at any
//! await.

mod by_lapin;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

pub(crate) use by_lapin::{LapinConnection, LapinTransport, failed};

/// What a step of a transport gives once it is done.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Opens connections to one broker.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Opens a connection. `purpose` is its name in the broker's list.
    ///
    /// # Errors
    /// Why there is none.
    fn connect(&self, purpose: &'static str) -> Later<'_, Result<Arc<dyn Connection>, Unconnected>>;
}

/// An open connection; once it is closed or lost it never opens again.
pub trait Connection: Send + Sync + fmt::Debug {
    /// Whether it is open, as far as is known.
    fn is_open(&self) -> bool;

    /// What happens to it from now on. Ends with the connection.
    fn signs(&self) -> Box<dyn Coming<Sign>>;

    /// Opens a channel.
    ///
    /// # Errors
    /// When the connection is gone.
    fn channel(&self) -> Later<'_, Result<Box<dyn Channel>, Failed>>;

    /// Closes it in order.
    fn close(&self) -> Later<'_, ()>;
}

/// A channel: what is said on it arrives in the order in which it was said. It ends with its connection, with a failure
/// of anything that was asked on it, or when it is dropped; what was delivered on it and not acknowledged is then
/// delivered again.
pub trait Channel: Send + Sync {
    /// Makes sure that a durable exchange is there.
    ///
    /// # Errors
    /// When there is one of another kind, or the channel is gone.
    fn declare_exchange<'a>(&'a self, exchange: &'a str, kind: ExchangeKind)
    -> Later<'a, Result<(), Failed>>;

    /// Makes sure that a queue is there.
    ///
    /// # Errors
    /// When there is one with other properties, or the channel is gone.
    fn declare_queue<'a>(&'a self, queue: &'a QueueDeclaration) -> Later<'a, Result<(), Failed>>;

    /// Makes sure that what the exchange gets under keys that match `pattern` goes to the queue as well.
    ///
    /// # Errors
    /// When one of them is not there, or the channel is gone.
    fn bind<'a>(
        &'a self,
        queue: &'a str,
        exchange: &'a str,
        pattern: &'a str,
    ) -> Later<'a, Result<(), Failed>>;

    /// Removes a queue with all that it holds.
    ///
    /// # Errors
    /// When the channel is gone.
    fn delete_queue<'a>(&'a self, queue: &'a str) -> Later<'a, Result<(), Failed>>;

    /// Has every message confirmed that is published from now on.
    ///
    /// # Errors
    /// When the channel is gone.
    fn confirm(&self) -> Later<'_, Result<(), Failed>>;

    /// Publishes a message that shall come back if no queue takes it. The first poll puts it in line behind those
    /// before it; the future is ready when the broker has decided, and dropping it after its first poll recalls nothing.
    ///
    /// # Errors
    /// When the channel is gone before that; whether the broker has the message is then unknown.
    fn publish(
        &self,
        exchange: &str,
        key: &str,
        parcel: Parcel,
    ) -> Later<'static, Result<Confirmation, Failed>>;

    /// Begins to consume a queue, holding `prefetch` messages at most that are not acknowledged.
    ///
    /// # Errors
    /// When there is no such queue, or the channel is gone.
    fn consume<'a>(&'a self, queue: &'a str, prefetch: u16) -> Later<'a, Result<Deliveries, Failed>>;

    /// Acknowledges the delivery and all before it on this channel. Whether that arrives is not known: if it does not,
    /// they come again. The broker ends a channel that acknowledges a delivery twice.
    fn acknowledge(&self, tag: u64);

    /// Refuses a delivery for good: it goes where dead letters of its queue go.
    fn reject(&self, tag: u64);
}

/// What comes on a consumed queue: messages, a failure that ends the channel, or the end because the queue was deleted.
pub type Deliveries = Box<dyn Coming<Result<Delivered, Failed>>>;

/// Things that come one by one.
pub trait Coming<T>: Send {
    /// The next one, or `None` when no more come. Whoever is told [`Poll::Pending`] is woken for the next.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<T>>;
}

/// Something that happens to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// The broker takes no messages, and says why.
    Blocked(String),
    /// It takes them again.
    Unblocked,
    /// Something failed: the connection, or only one of its channels.
    Failed(String),
    /// Something that nobody need know of.
    Other,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconnected {
    /// The kind of reason.
    pub cause: Cause,
    /// What was said of it, for operators.
    pub why: String,
}

/// The kinds of reasons why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Nobody answers there.
    Unreachable,
    /// User or password are wrong.
    Login,
    /// The virtual host is wrong, or not for this user.
    VirtualHost,
    /// Anything else.
    Other,
}

/// Why something that was asked on a channel failed. The channel is of no use any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// What was to be declared is there, and is another.
    #[error("{0}")]
    Mismatch(String),
    /// The broker said no.
    #[error("{0}")]
    Refused(String),
    /// The channel or its connection is gone.
    #[error("{0}")]
    Gone(String),
}

/// What the broker decided about a message that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// It keeps it.
    Kept,
    /// No queue takes it; the type of the message that came back.
    Returned(Option<String>),
    /// It could not keep it.
    Refused,
}

/// How an exchange chooses among the queues that are bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeKind {
    /// By patterns of words: `*` is one, `#` is any number of them.
    Topic,
    /// All of them.
    Fanout,
}

/// A queue that is on the disks of as many brokers as there are, before a message is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDeclaration {
    /// Its name.
    pub name: String,
    /// The most messages that it holds; then the oldest are dropped.
    pub max_length: i64,
    /// Whether of several consumers only one gets messages, until it is gone.
    pub is_single_active: bool,
    /// The exchange to which messages go that a consumer refused.
    pub dead_letters: Option<String>,
}

/// A message, without what all have in common: each is a CloudEvent in structured JSON, and is kept on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parcel {
    /// The id of the event.
    pub message_id: Option<String>,
    /// The id of the process that the event belongs to.
    pub correlation_id: Option<String>,
    /// The type of the event.
    pub kind: Option<String>,
    /// When it happened, in whole seconds since 1970.
    pub seconds: Option<u64>,
    /// The header `tradewind-position`: where the event is in the log of its producer.
    pub position: Option<i64>,
    /// The header `tradewind-previous`: where the event before it is.
    pub previous: Option<i64>,
    /// The event.
    pub body: Bytes,
}

/// A message that was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// What it is acknowledged by, on the channel on which it came.
    pub tag: u64,
    /// The key under which it was published.
    pub key: String,
    /// The message.
    pub parcel: Parcel,
}
