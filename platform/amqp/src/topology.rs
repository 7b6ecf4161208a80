//! What is declared on the broker, by whom it is used, on every channel: it may have been deleted meanwhile.

use std::time::Duration;

use tradewind_kernel::Clock;

use crate::link::BrokerError;
use crate::naming;
use crate::transport::{Channel, ExchangeKind, QueueDeclaration};

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
    pub(crate) exchange: String,
    /// What the subscription reads.
    pub(crate) queue: String,
    /// Where messages go that are no events: an exchange and a queue, for all subscriptions of the namespace.
    dead_letters: String,
}

impl Names {
    pub(crate) fn new(namespace: &str, consumer: &str, producer: &str) -> Self {
        Self {
            exchange: naming::exchange_of(namespace, producer),
            queue: naming::queue_of(namespace, consumer, producer),
            dead_letters: naming::dead_letters_of(namespace),
        }
    }
}

/// Declares the exchange of a producer.
pub(crate) async fn declare_exchange(channel: &dyn Channel, exchange: &str) -> Result<(), BrokerError> {
    declare(channel, exchange, ExchangeKind::Topic).await
}

async fn declare(channel: &dyn Channel, exchange: &str, kind: ExchangeKind) -> Result<(), BrokerError> {
    let declared = channel.declare_exchange(exchange, kind).await;
    declared.map_err(|failed| BrokerError::after(&format!("exchange {exchange}"), failed))
}

/// Declares the queue of a subscription, with the exchange that it is bound to and where its dead letters go.
///
/// # Errors
/// [`BrokerError::Dead`] for a queue that does not answer, or what the broker said.
pub(crate) async fn declare_subscription(
    channel: &dyn Channel,
    names: &Names,
    clock: &Clock,
) -> Result<(), BrokerError> {
    let Names { exchange, queue, dead_letters } = names;
    declare_exchange(channel, exchange).await?;
    declare(channel, dead_letters, ExchangeKind::Fanout).await?;
    let of_letters = QueueDeclaration {
        name: dead_letters.clone(),
        max_length: MAX_DEAD,
        is_single_active: false,
        dead_letters: None,
    };
    declare_queue(channel, &of_letters, clock).await?;
    bind(channel, dead_letters, dead_letters, "").await?;
    let of_events = QueueDeclaration {
        name: queue.clone(),
        max_length: MAX_LENGTH,
        is_single_active: true,
        dead_letters: Some(dead_letters.clone()),
    };
    declare_queue(channel, &of_events, clock).await?;
    bind(channel, queue, exchange, "#").await
}

async fn declare_queue(
    channel: &dyn Channel,
    queue: &QueueDeclaration,
    clock: &Clock,
) -> Result<(), BrokerError> {
    let Ok(declared) = clock.timeout(QUEUE_LIMIT, channel.declare_queue(queue)).await else {
        return Err(BrokerError::Dead(queue.name.clone()));
    };
    declared.map_err(|failed| BrokerError::after(&format!("queue {}", queue.name), failed))
}

/// Removes a queue with all that it holds.
pub(crate) async fn delete_queue(
    channel: &dyn Channel,
    queue: &str,
    clock: &Clock,
) -> Result<(), BrokerError> {
    match clock.timeout(QUEUE_LIMIT, channel.delete_queue(queue)).await {
        Err(_) => Err(BrokerError::Silent("a queue was to be deleted")),
        Ok(deleted) => deleted.map_err(|failed| BrokerError::after(&format!("queue {queue}"), failed)),
    }
}

async fn bind(channel: &dyn Channel, queue: &str, exchange: &str, pattern: &str) -> Result<(), BrokerError> {
    let bound = channel.bind(queue, exchange, pattern).await;
    bound.map_err(|failed| BrokerError::after(&format!("queue {queue}"), failed))
}
