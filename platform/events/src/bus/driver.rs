//! What carries messages: in memory, or a broker.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tradewind_problem::Problem;

use super::{Binding, Exchange, Message, Queue};

/// What a driver does later. It may be dropped at any await.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where a message is to go.
#[derive(Debug, Clone, Copy)]
pub enum To<'a> {
    /// To the queues that an exchange chooses.
    Exchange {
        /// The exchange.
        exchange: &'a Exchange,
        /// The key by which it chooses, of 255 bytes at most.
        key: &'a str,
    },
    /// To one queue.
    Queue(&'a Queue),
}

/// Whether anybody waits until the queues have a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The driver answers when they have it.
    Confirmed,
    /// It answers when the message is on its way.
    Unconfirmed,
}

/// Whether some queue took a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routed {
    /// One or more did; or nobody waits to know.
    Somewhere,
    /// None wants it.
    Nowhere,
}

/// What becomes of a message that was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was handled, and is gone.
    Done,
    /// It was not: it is delivered again, or is a dead letter when it was tried often enough.
    Again,
}

/// What a request is answered with.
pub type Outcome = Result<Message, Problem>;

/// A message that was delivered.
#[derive(Debug)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// By which it is settled.
    pub tag: u64,
    /// Where the answer goes, if one is waited for.
    pub reply_to: Option<String>,
}

/// Carries messages.
pub trait Driver: Send + Sync {
    /// Passes a message on. Fails with `unavailable` when that is not possible now.
    fn publish<'a>(
        &'a self,
        to: To<'a>,
        message: &'a Message,
        how: How,
    ) -> Later<'a, Result<Routed, Problem>>;

    /// Passes a question on and waits for its answer, as long as it is asked to; the question itself is of no interest
    /// after `within`. Fails with `no-receiver` when there is no such queue.
    fn request<'a>(&'a self, queue: &'a Queue, message: &'a Message, within: Duration) -> Later<'a, Outcome>;

    /// The messages of a queue, for one consumer. `id` is unique among consumers, for the name of a queue that is its
    /// own.
    fn consume(&self, queue: &Queue, bindings: &[Binding], id: &str) -> Box<dyn Deliveries>;
}

/// The messages of a queue, for one consumer. What was delivered and not settled when it is dropped, or when its
/// connection is lost, is delivered again.
pub trait Deliveries: Send {
    /// Makes sure that the queue is there, with its bindings: it gets what is published from now on. Fails with
    /// `unavailable` when that is not possible now, and with `internal` when it is there and is another.
    fn attach(&mut self) -> Later<'_, Result<(), Problem>>;

    /// Waits for the next message, however long, attaching again whenever that is necessary.
    fn next(&mut self) -> Later<'_, Delivery>;

    /// Answers a question. Whoever asked may be gone.
    fn reply<'a>(&'a mut self, delivery: &'a Delivery, outcome: &'a Outcome) -> Later<'a, ()>;

    /// Says what becomes of a delivery. One whose connection is gone meanwhile is delivered again in any case.
    fn settle(&mut self, tag: u64, settled: Settled) -> Later<'_, ()>;
}
