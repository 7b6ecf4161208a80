//! The bus over a broker: commands, questions and notifications that belong to no transaction.
//!
//! Exchanges and queues are declared by whoever uses them, on every channel. Shared queues are quorum queues: on disk
//! before a message is confirmed, counting how often they delivered a message, and refusing what is too much. The queue
//! of one consumer is exclusive to its connection. Answers come by RabbitMQ's direct reply-to: no queue is made for
//! them, and none is left when the one who asked is gone.

mod receiving;
mod sending;
mod topology;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use lapin::{BasicProperties, Confirmation};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tradewind_events::bus::{
    Binding, Deliveries, Driver, How, Later, Message, Outcome, Queue, Routed, To, no_receiver,
};
use tradewind_kernel::{Clock, Entropy};
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::link::{BrokerError, Link};
use crate::options::BrokerOptions;
use receiving::Receiving;
use sending::{Channels, Sending};
use topology::Place;

/// The most messages that are on the way at a time.
const MOST: usize = 1_024;

/// How long a confirmation may take, which is less than the bus waits for it.
const CONFIRM_LIMIT: Duration = Duration::from_secs(4);

/// Where the broker sends answers to (direct reply-to).
const REPLY_TO: &str = "amq.rabbitmq.reply-to";

/// Who waits for an answer, by the id of the question.
type Asked = Arc<Mutex<BTreeMap<String, oneshot::Sender<Outcome>>>>;

/// The bus over a broker.
#[derive(Clone)]
pub(crate) struct AmqpBus {
    inner: Arc<Inner>,
}

struct Inner {
    options: Arc<BrokerOptions>,
    clock: Clock,
    entropy: Entropy,
    consuming: Link,
    channels: Channels,
    room: Semaphore,
}

/// A message that is ready to be published.
struct Addressed {
    exchange: ShortString,
    key: ShortString,
    properties: BasicProperties,
}

impl AmqpBus {
    pub(crate) fn new(
        options: Arc<BrokerOptions>,
        clock: Clock,
        entropy: Entropy,
        (publishing, consuming): (Link, Link),
    ) -> Self {
        let channels = Channels::new(publishing, clock.clone(), options.timeout);
        let room = Semaphore::new(MOST);
        Self { inner: Arc::new(Inner { options, clock, entropy, consuming, channels, room }) }
    }

    fn room(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let full = || format!("{MOST} messages are on the way to the broker already");
        self.inner.room.try_acquire().map_err(|_| Problem::new(&UNAVAILABLE).operator(full()))
    }

    /// Where a message goes on the broker, which is made sure to be there if it is an exchange.
    async fn place(&self, sending: &Sending, to: To<'_>) -> Result<(ShortString, ShortString), Problem> {
        let namespace = &self.inner.options.namespace;
        match to {
            To::Queue(queue) => Ok(("".into(), Place::new(namespace, queue.name()).name()?)),
            To::Exchange { exchange, key } => {
                let name = Place::new(namespace, exchange.name()).name()?;
                sending.declare(&self.inner.channels, &name, exchange.routing()).await?;
                Ok((name, topology::short(key)?))
            }
        }
    }

    /// Publishes and waits for the confirmation; then the channel is free for others.
    async fn confirmed(&self, sending: &Arc<Sending>, to: Addressed, body: &[u8]) -> Result<Routed, Problem> {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let confirming = async {
            let publishing =
                sending.channel().basic_publish(to.exchange, to.key, options, body, to.properties);
            publishing.await?.await
        };
        let confirmed = self.inner.clock.timeout(CONFIRM_LIMIT, confirming).await;
        if let Ok(Ok(_)) = confirmed {
            self.inner.channels.give_back(sending);
        }
        match confirmed {
            Ok(Ok(Confirmation::Ack(None))) => Ok(Routed::Somewhere),
            Ok(Ok(Confirmation::Ack(Some(_)))) => Ok(Routed::Nowhere),
            Ok(Ok(_)) => Err(Problem::new(&UNAVAILABLE).operator("the broker refused: a queue is full")),
            Ok(Err(error)) => Err(failed(&BrokerError::of("the channel", &error))),
            Err(_) => Err(failed(&BrokerError::Silent("a message was to be confirmed"))),
        }
    }

    async fn send(&self, to: To<'_>, message: &Message, how: How) -> Result<Routed, Problem> {
        let _room = self.room()?;
        if how == How::Unconfirmed {
            return self.tell(to, message).await;
        }
        let (sending, _channel) = self.inner.channels.confirming().await?;
        let (exchange, key) = self.place(&sending, to).await?;
        let properties = wire::properties(message, how);
        self.confirmed(&sending, Addressed { exchange, key, properties }, &message.body).await
    }

    /// Publishes and waits until it is written, not until anybody has it.
    async fn tell(&self, to: To<'_>, message: &Message) -> Result<Routed, Problem> {
        let sending = self.inner.channels.telling().await?;
        let (exchange, key) = self.place(&sending, to).await?;
        let to = Addressed { exchange, key, properties: wire::properties(message, How::Unconfirmed) };
        sending.tell(to, &message.body).await.map(|()| Routed::Somewhere)
    }

    /// Answers whoever asked.
    async fn answer(&self, reply_to: &str, question: &Message, outcome: &Outcome) -> Result<(), Problem> {
        let sending = self.inner.channels.telling().await?;
        let (properties, body) = wire::answer(question, outcome);
        let to = Addressed { exchange: "".into(), key: topology::short(reply_to)?, properties };
        sending.tell(to, &body).await
    }

    async fn ask(&self, queue: &Queue, message: &Message, within: Duration) -> Outcome {
        // Whoever asks counts from here: what is made ready first must not make the question hold longer.
        let until = self.inner.clock.now().plus(within);
        let _room = self.room()?;
        let (sending, channel) = self.inner.channels.confirming().await?;
        let (exchange, key) = self.place(&sending, To::Queue(queue)).await?;
        let properties = wire::question(message, until).with_reply_to(REPLY_TO.into());
        let (asking, answer) = Asking::begin(sending.asked(), message);
        let to = Addressed { exchange, key, properties };
        if self.confirmed(&sending, to, &message.body).await? == Routed::Nowhere {
            return Err(no_receiver(queue));
        }
        drop(channel);
        let outcome = answer.await.unwrap_or_else(|_| {
            Err(failed(&BrokerError::Away).detail("The way of the answer is lost: ask again."))
        });
        drop(asking);
        outcome
    }
}

/// A question that is under way; an answer that comes after it is dropped.
struct Asking {
    asked: Asked,
    id: String,
}

impl Asking {
    fn begin(asked: &Asked, message: &Message) -> (Self, oneshot::Receiver<Outcome>) {
        let (sender, answer) = oneshot::channel();
        let id = message.id.to_string();
        asked.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
        (Self { asked: asked.clone(), id }, answer)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// What a failure of the broker is to who uses the bus.
fn failed(error: &BrokerError) -> Problem {
    match error {
        BrokerError::Away | BrokerError::Silent(_) | BrokerError::Dead(_) => {
            Problem::new(&UNAVAILABLE).operator(error)
        }
        BrokerError::Mismatch { .. } | BrokerError::Refused(_) => Problem::internal(error),
    }
}

impl Driver for AmqpBus {
    fn publish<'a>(
        &'a self,
        to: To<'a>,
        message: &'a Message,
        how: How,
    ) -> Later<'a, Result<Routed, Problem>> {
        Box::pin(self.send(to, message, how))
    }

    fn request<'a>(&'a self, queue: &'a Queue, message: &'a Message, within: Duration) -> Later<'a, Outcome> {
        Box::pin(self.ask(queue, message, within))
    }

    fn consume(&self, queue: &Queue, bindings: &[Binding], id: &str) -> Box<dyn Deliveries> {
        Box::new(Receiving::new(self.clone(), queue, bindings, id))
    }
}
