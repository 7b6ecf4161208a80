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
        let preparing = async {
            topology::declare_subscription(&channel, names).await?;
            let of = |error: lapin::Error| BrokerError::of(&format!("queue {}", names.queue), &error);
            channel.basic_qos(options.prefetch, BasicQosOptions::default()).await.map_err(of)?;
            let (how, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
            channel.basic_consume(names.queue.clone(), "".into(), how, arguments).await.map_err(of)
        };
        let Ok(prepared) = clock.timeout(options.timeout, preparing).await else {
            link.distrust(generation);
            return Err(BrokerError::Silent("a queue was to be declared"));
        };
        let consumer = prepared?;
        Ok(Self { channel, consumer })
    }

    /// The next delivery; `None` when the queue was deleted. May be dropped at any await.
    pub(super) async fn next(&mut self) -> Option<lapin::Result<Delivery>> {
        self.consumer.next().await
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
