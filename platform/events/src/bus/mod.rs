//! Messages that belong to no transaction: commands, questions and their answers, notifications.
//!
//! What a service has done, others learn from its events: those commit with the deed, arrive in order, and their effect
//! happens once. A message of the bus is none of that; it is sent when somebody says so, and what it promises depends on
//! the style:
//!
//! | style | call | promise |
//! |---|---|---|
//! | publish/subscribe | [`Bus::publish`] | at least once to each [shared](Queue::shared) queue that is bound |
//! | fire-and-forget | [`Bus::notify`] | at most once; nobody waits, and nobody is told of a failure |
//! | point to point | [`Bus::send`] | at least once to one of the consumers of a queue; [dead letter](Queue::dead_letters) |
//! | request/reply | [`Bus::request`] | an answer, a [`Problem`], or the deadline; what was asked may be done twice |
//!
//! A handler has to bear the same message twice. To a queue that is a consumer's [own](Queue::own), everything is at
//! most once. Which queues get what is published says the exchange: those bound with the [same key](Exchange::direct),
//! [all](Exchange::fanout), or those whose [pattern](Exchange::topic) fits.
//!
//! Every queue has a bound, and every wait ends: a broker that is away is an error at once, not a longer wait.

mod consumer;
mod driver;
mod memory;
mod message;
mod names;
mod pattern;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tradewind_kernel::{Clock, Context, Deadline, Entropy};
use tradewind_problem::{DEADLINE_EXCEEDED, NO_RECEIVER, PAYLOAD_TOO_LARGE, Problem, UNAVAILABLE};

use self::memory::Memory;

pub use self::consumer::{Consumer, Delivered};
pub use self::driver::{Deliveries, Delivery, Driver, How, Later, Outcome, Routed, Settled, To};
pub use self::message::Message;
pub use self::names::{Binding, Exchange, Queue, Routing};
pub use self::pattern::matches;

/// How long the other side may take to say that it has a message.
const CONFIRM_LIMIT: Duration = Duration::from_secs(5);

/// How long a notification may take to be handed over, before it is dropped.
const NOTIFY_LIMIT: Duration = Duration::from_secs(1);

/// The greatest message of a bus in memory, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// The longest name of a type, in bytes; AMQP 0-9-1 has room for no more.
const MAX_NAME: usize = 255;

/// A way to send messages to whoever consumes them, in this process or in another. Cloning is cheap.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    driver: Arc<dyn Driver>,
    clock: Clock,
    entropy: Entropy,
    max_bytes: usize,
}

impl Bus {
    /// A bus over `driver`, for messages of `max_bytes` at most.
    #[must_use]
    pub fn new(driver: Arc<dyn Driver>, clock: Clock, entropy: Entropy, max_bytes: usize) -> Self {
        Self { inner: Arc::new(Inner { driver, clock, entropy, max_bytes }) }
    }

    /// A bus for those who share this value, in one process. Its queues are gone with it, the shared ones too.
    #[must_use]
    pub fn in_memory(clock: Clock, entropy: Entropy) -> Self {
        Self::new(Arc::new(Memory::new(clock.clone())), clock, entropy, MAX_BYTES)
    }

    /// A message of the type `kind`, such as `tradewind.lamps.switch-on.v1`, whose body is `data` in JSON. What comes
    /// of it belongs to the process and the trace of `context`.
    ///
    /// # Errors
    /// Internal when `data` is no JSON or `kind` has no or more than 255 bytes; [`PAYLOAD_TOO_LARGE`] when `data` is too
    /// large.
    pub fn message<T: Serialize>(&self, kind: &str, context: &Context, data: &T) -> Result<Message, Problem> {
        if kind.is_empty() || kind.len() > MAX_NAME {
            return Err(Problem::internal(format!("a type of {} bytes", kind.len())));
        }
        let body = serde_json::to_vec(data).map_err(Problem::internal)?;
        if body.len() > self.inner.max_bytes {
            let (bytes, most) = (body.len(), self.inner.max_bytes);
            let detail = format!("The message has {bytes} bytes, and {most} are carried.");
            return Err(Problem::new(&PAYLOAD_TOO_LARGE).detail(detail));
        }
        Ok(Message {
            id: self.inner.entropy.id(&self.inner.clock),
            kind: kind.to_owned(),
            correlation: context.correlation,
            trace: context.trace,
            body,
        })
    }

    /// Publishes to all queues that are bound to `exchange` and want `key`, and waits until they have it. That nobody
    /// wants it is no failure, and is told.
    ///
    /// # Errors
    /// [`UNAVAILABLE`] when the broker is away, does not confirm within five seconds, or a shared queue is full: then
    /// some queues may have it.
    pub async fn publish(
        &self,
        exchange: &Exchange,
        key: &str,
        message: &Message,
    ) -> Result<Routed, Problem> {
        self.confirmed(To::Exchange { exchange, key }, message).await
    }

    /// Hands a message over to be published, and waits for nothing else. It is lost when the broker is away, when too
    /// many are on the way, and when no queue wants it.
    pub async fn notify(&self, exchange: &Exchange, key: &str, message: &Message) {
        let to = To::Exchange { exchange, key };
        let publishing = self.inner.driver.publish(to, message, How::Unconfirmed);
        match self.inner.clock.timeout(NOTIFY_LIMIT, publishing).await {
            Ok(Ok(_)) => {}
            Ok(Err(problem)) => {
                tracing::debug!(kind = message.kind, %problem, "a notification is lost");
            }
            Err(_) => {
                tracing::debug!(kind = message.kind, "a notification is lost: it was not taken in time");
            }
        }
    }

    /// Sends to one queue, for one of its consumers, and waits until the queue has it.
    ///
    /// # Errors
    /// [`NO_RECEIVER`] when there is no such queue: none of its consumers has run yet. [`UNAVAILABLE`] as for
    /// [`Bus::publish`].
    pub async fn send(&self, queue: &Queue, message: &Message) -> Result<(), Problem> {
        match self.confirmed(To::Queue(queue), message).await? {
            Routed::Somewhere => Ok(()),
            Routed::Nowhere => Err(no_receiver(queue)),
        }
    }

    /// Asks one of the consumers of `queue`, and waits for the answer until the deadline. An answer that comes later is
    /// dropped; what nobody has taken from the queue by then is not handled any more.
    ///
    /// # Errors
    /// The [`Problem`] that the consumer answered with; [`NO_RECEIVER`] at once when there is no such queue;
    /// [`DEADLINE_EXCEEDED`]; [`UNAVAILABLE`] when the broker is away or goes away meanwhile. After the last two, what
    /// was asked for may be done all the same.
    pub async fn request(
        &self,
        queue: &Queue,
        message: &Message,
        deadline: Deadline,
    ) -> Result<Message, Problem> {
        let Inner { driver, clock, .. } = &*self.inner;
        let within = deadline.remaining(clock);
        let late = || {
            let detail = format!("Nobody answered {} in time.", message.kind);
            Problem::new(&DEADLINE_EXCEEDED).detail(detail)
        };
        if within.is_zero() {
            return Err(late());
        }
        let asking = driver.request(queue, message, within);
        clock.timeout(within, asking).await.unwrap_or_else(|_| Err(late()))
    }

    /// A consumer of `queue`, which competes with the others of the same queue. Nothing happens before it
    /// [attaches](Consumer::attach) or [runs](Consumer::run).
    #[must_use]
    pub fn consumer(&self, queue: &Queue) -> Consumer {
        Consumer::new(self.clone(), queue.clone())
    }

    async fn confirmed(&self, to: To<'_>, message: &Message) -> Result<Routed, Problem> {
        let publishing = self.inner.driver.publish(to, message, How::Confirmed);
        self.inner.clock.timeout(CONFIRM_LIMIT, publishing).await.unwrap_or_else(|_| {
            let operator = format!("the message {} was not confirmed in time", message.id);
            Err(Problem::new(&UNAVAILABLE).operator(operator))
        })
    }

    pub(crate) fn driver(&self) -> &Arc<dyn Driver> {
        &self.inner.driver
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.inner.entropy
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").field("max_bytes", &self.inner.max_bytes).finish_non_exhaustive()
    }
}

/// Nobody takes what is sent to `queue`.
#[must_use]
pub fn no_receiver(queue: &Queue) -> Problem {
    let detail = format!("There is no queue {}: none of its consumers has run yet.", queue.name());
    Problem::new(&NO_RECEIVER).detail(detail)
}
