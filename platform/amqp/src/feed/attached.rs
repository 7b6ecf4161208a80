//! The queue of a subscription, being consumed.

use std::future::poll_fn;

use tradewind_kernel::Clock;

use crate::link::{BrokerError, Link, Opened};
use crate::options::BrokerOptions;
use crate::topology::{self, Names};
use crate::transport::{Channel, Delivered, Deliveries, Failed};

/// One life of a consumer: a channel of its own, never used again after a failure.
pub(super) struct Attached {
    channel: Box<dyn Channel>,
    deliveries: Deliveries,
    /// Something was delivered: of all consumers of the queue the broker chose this one.
    pub(super) is_chosen: bool,
}

impl Attached {
    /// Declares what the subscription needs and begins to consume its queue.
    pub(super) async fn new(
        link: &Link,
        names: &Names,
        options: &BrokerOptions,
        clock: &Clock,
    ) -> Result<Self, BrokerError> {
        let Opened { channel, generation } = link.channel().await?;
        let declaring = topology::declare_exchange(channel.as_ref(), &names.exchange);
        let Ok(declared) = clock.timeout(options.timeout, declaring).await else {
            link.distrust(generation);
            return Err(BrokerError::Silent("an exchange was to be declared"));
        };
        declared?;
        let preparing = async {
            topology::declare_subscription(channel.as_ref(), names, clock).await?;
            let consuming = channel.consume(&names.queue, options.prefetch).await;
            consuming.map_err(|failed| BrokerError::after(&format!("queue {}", names.queue), failed))
        };
        // Who answered for the exchange is there: it is the queue that does not.
        let dead = |_| Err(BrokerError::Dead(names.queue.clone()));
        let deliveries = clock.timeout(3 * topology::QUEUE_LIMIT, preparing).await.unwrap_or_else(dead)?;
        Ok(Self { channel, deliveries, is_chosen: false })
    }

    /// Removes a queue that does not answer; the next attempt declares it anew.
    pub(super) async fn remove(link: &Link, queue: &str, clock: &Clock) {
        let removed = match link.channel().await {
            Ok(opened) => topology::delete_queue(opened.channel.as_ref(), queue, clock).await,
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            tracing::warn!(queue, %error, "the queue could not be deleted");
        }
    }

    /// The next delivery; `None` when the queue was deleted. May be dropped at any await.
    pub(super) async fn next(&mut self) -> Option<Result<Delivered, Failed>> {
        let next = poll_fn(|context| self.deliveries.poll_next(context)).await;
        self.is_chosen |= matches!(next, Some(Ok(_)));
        next
    }

    /// Acknowledges the delivery and all before it. Whether that arrives is not waited for: if it does not, they come
    /// again.
    pub(super) fn acknowledge(&self, tag: u64) {
        self.channel.acknowledge(tag);
    }

    /// Refuses the delivery for good: it goes to the queue of dead letters.
    pub(super) fn reject(&self, tag: u64) {
        self.channel.reject(tag);
    }
}
