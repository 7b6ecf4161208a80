//! The queue of a subscription, being consumed.

use futures_util::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use tradewind_kernel::Clock;

use crate::link::{BrokerError, Link, Opened};
use crate::options::BrokerOptions;
use crate::topology::{self, Names};

/// One life of a consumer: a channel of its own, never used again after a failure.
pub(super) struct Attached {
    channel: Channel,
    consumer: Consumer,
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
        let declaring = topology::declare_exchange(&channel, &names.exchange);
        let Ok(declared) = clock.timeout(options.timeout, declaring).await else {
            link.distrust(generation);
            return Err(BrokerError::Silent("an exchange was to be declared"));
        };
        declared?;
        let preparing = async {
            topology::declare_subscription(&channel, names, clock).await?;
            let of = |error: lapin::Error| BrokerError::of(&format!("queue {}", names.queue), &error);
            channel.basic_qos(options.prefetch, BasicQosOptions::default()).await.map_err(of)?;
            let (how, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
            channel.basic_consume(names.queue.clone(), "".into(), how, arguments).await.map_err(of)
        };
        // Who answered for the exchange is there: it is the queue that does not.
        let dead = |_| Err(BrokerError::Dead(names.queue.to_string()));
        let consumer = clock.timeout(3 * topology::QUEUE_LIMIT, preparing).await.unwrap_or_else(dead)?;
        Ok(Self { channel, consumer, is_chosen: false })
    }

    /// Removes a queue that does not answer; the next attempt declares it anew.
    pub(super) async fn remove(link: &Link, queue: &str, clock: &Clock) {
        let removed = match link.channel().await {
            Ok(opened) => topology::delete_queue(&opened.channel, queue, clock).await,
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            tracing::warn!(queue, %error, "the queue could not be deleted");
        }
    }

    /// The next delivery; `None` when the queue was deleted. May be dropped at any await.
    pub(super) async fn next(&mut self) -> Option<lapin::Result<Delivery>> {
        let next = self.consumer.next().await;
        self.is_chosen |= matches!(next, Some(Ok(_)));
        next
    }

    /// Acknowledges the delivery and all before it. Whether that arrives is not waited for: if it does not, they come
    /// again.
    pub(super) fn acknowledge(&self, tag: u64) {
        // The first poll puts it in line to be sent.
        drop(self.channel.basic_ack(tag, BasicAckOptions { multiple: true }).now_or_never());
    }

    /// Refuses the delivery for good: it goes to the queue of dead letters.
    pub(super) fn reject(&self, tag: u64) {
        drop(self.channel.basic_reject(tag, BasicRejectOptions { requeue: false }).now_or_never());
    }
}
