//! What is declared on the broker, by whom it is used, on every channel: it may have been deleted meanwhile.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};
use tradewind_kernel::Clock;

use crate::link::BrokerError;

/// The most messages that a queue holds; then the oldest are dropped, and its subscription reads them from the
/// producer's log. A subscription that nobody runs any more does not fill the broker's disk.
const MAX_LENGTH: i64 = 1_000_000;

/// The same of the queue of dead letters, where they are gone for good.
const MAX_DEAD: i64 = 10_000;

/// How long a queue may take to answer before it counts as dead. After a start of the broker it takes tenths of a second
/// to choose a leader; one that was declared just before a crash may come back without, for good, and then nothing that
/// reaches it is ever confirmed.
pub(crate) const QUEUE_LIMIT: Duration = Duration::from_secs(5);

/// The names of what one subscription needs.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// Where the producer's events are published.
    pub(crate) exchange: ShortString,
    /// What the subscription reads.
    pub(crate) queue: ShortString,
    /// Where messages go that are no events: an exchange and a queue, for all subscriptions of the namespace.
    dead_letters: ShortString,
}

impl Names {
    pub(crate) fn new(namespace: &str, consumer: &str, producer: &str) -> Self {
        Self {
            exchange: exchange_of(namespace, producer),
            queue: name(&format!("{namespace}.{consumer}.{producer}")),
            dead_letters: name(&format!("{namespace}.dead-letters")),
        }
    }
}

/// The exchange of a producer.
pub(crate) fn exchange_of(namespace: &str, producer: &str) -> ShortString {
    name(&format!("{namespace}.{producer}.events"))
}

/// Names of services are short, and the namespace is bounded; a longer one is cut off rather than a panic.
fn name(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_else(|_| text.chars().take(100).collect::<String>().into())
}

/// Declares the exchange of a producer.
pub(crate) async fn declare_exchange(channel: &Channel, exchange: &ShortString) -> Result<(), BrokerError> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declaring =
        channel.exchange_declare(exchange.clone(), ExchangeKind::Topic, options, FieldTable::default());
    declaring.await.map_err(|error| BrokerError::of(&format!("exchange {exchange}"), &error))
}

/// Declares the queue of a subscription, with the exchange that it is bound to and where its dead letters go.
///
/// # Errors
/// [`BrokerError::Dead`] for a queue that does not answer, or what the broker said.
pub(crate) async fn declare_subscription(
    channel: &Channel,
    names: &Names,
    clock: &Clock,
) -> Result<(), BrokerError> {
    let Names { exchange, queue, dead_letters } = names;
    declare_exchange(channel, exchange).await?;
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declaring =
        channel.exchange_declare(dead_letters.clone(), ExchangeKind::Fanout, options, FieldTable::default());
    declaring.await.map_err(|error| BrokerError::of(&format!("exchange {dead_letters}"), &error))?;
    declare_queue(channel, dead_letters, quorum(MAX_DEAD), clock).await?;
    bind(channel, dead_letters, dead_letters, "").await?;
    let mut arguments = quorum(MAX_LENGTH);
    arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    arguments.insert("x-dead-letter-exchange".into(), AMQPValue::LongString(dead_letters.as_str().into()));
    declare_queue(channel, queue, arguments, clock).await?;
    bind(channel, queue, exchange, "#").await
}

/// A quorum queue: replicated where the broker is a cluster, and on disk before a message is confirmed.
fn quorum(max_length: i64) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(max_length));
    arguments
}

async fn declare_queue(
    channel: &Channel,
    queue: &ShortString,
    arguments: FieldTable,
    clock: &Clock,
) -> Result<(), BrokerError> {
    let declaring = channel.queue_declare(queue.clone(), QueueDeclareOptions::durable(), arguments);
    let Ok(declared) = clock.timeout(QUEUE_LIMIT, declaring).await else {
        return Err(BrokerError::Dead(queue.to_string()));
    };
    declared.map(drop).map_err(|error| BrokerError::of(&format!("queue {queue}"), &error))
}

/// Removes a queue with all that it holds.
pub(crate) async fn delete_queue(channel: &Channel, queue: &str, clock: &Clock) -> Result<(), BrokerError> {
    let deleting = channel.queue_delete(queue.into(), QueueDeleteOptions::default());
    match clock.timeout(QUEUE_LIMIT, deleting).await {
        Err(_) => Err(BrokerError::Silent("a queue was to be deleted")),
        Ok(deleted) => deleted.map(drop).map_err(|error| BrokerError::of(&format!("queue {queue}"), &error)),
    }
}

async fn bind(
    channel: &Channel,
    queue: &ShortString,
    exchange: &ShortString,
    key: &str,
) -> Result<(), BrokerError> {
    let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
    let bound = channel.queue_bind(queue.clone(), exchange.clone(), key.into(), options, arguments).await;
    bound.map_err(|error| BrokerError::of(&format!("queue {queue}"), &error))
}
