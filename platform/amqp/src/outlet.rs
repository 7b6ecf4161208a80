//! The outlet of a relay: publishes events with confirmations, many on the way at a time.

use std::collections::{BTreeSet, VecDeque};
use std::future::{poll_fn, ready};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tradewind_events::{Outlet, OutletError, Recorded, Sent};
use tradewind_kernel::Clock;

use crate::counts::RelayCounts;
use crate::link::{BrokerError, Link, Opened};
use crate::message;
use crate::naming;
use crate::options::BrokerOptions;
use crate::topology;
use crate::transport::{Confirmation, Failed, Later};

/// How long an opening waits for a connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long the first message of a channel may take, which goes alone. After a start of the broker, queues choose their
/// leaders for a moment, and what they get meanwhile is never confirmed: it is said again, and nothing else waits.
const FIRST_TIMEOUT: Duration = Duration::from_secs(1);

type Confirming = Later<'static, Result<Confirmation, Failed>>;

/// A message that is published and not confirmed.
struct OnTheWay {
    position: i64,
    /// When it was published, by the monotonic clock.
    sent_at: Duration,
    confirming: Confirming,
    /// It was left out, and nothing is to be confirmed.
    is_left_out: bool,
}

/// Publishes the events of one producer.
pub(crate) struct AmqpOutlet {
    link: Link,
    exchange: String,
    options: Arc<BrokerOptions>,
    clock: Clock,
    counts: Arc<RelayCounts>,
    opened: Option<Opened>,
    on_the_way: VecDeque<OnTheWay>,
    confirmed: Option<i64>,
    /// Types of which a message came back, so that each is told once.
    returned: BTreeSet<String>,
}

impl AmqpOutlet {
    pub(crate) fn new(
        producer: &str,
        link: Link,
        options: Arc<BrokerOptions>,
        clock: Clock,
        counts: Arc<RelayCounts>,
    ) -> Self {
        let exchange = naming::exchange_of(&options.namespace, producer);
        Self {
            link,
            exchange,
            options,
            clock,
            counts,
            opened: None,
            on_the_way: VecDeque::new(),
            confirmed: None,
            returned: BTreeSet::new(),
        }
    }

    async fn begin(&mut self) -> Result<(), BrokerError> {
        // A channel of its own for each life: what was on the way on the old one is decided nowhere any more.
        self.opened = None;
        self.on_the_way.clear();
        self.confirmed = None;
        self.clock.timeout(PATIENCE, self.link.up()).await.map_err(|_| BrokerError::Away)?;
        let opened = self.link.channel().await?;
        let prepare = async {
            topology::declare_exchange(opened.channel.as_ref(), &self.exchange).await?;
            let confirms = opened.channel.confirm().await;
            confirms.map_err(|failed| BrokerError::after("the channel", failed))
        };
        let Ok(prepared) = self.clock.timeout(self.options.timeout, prepare).await else {
            self.link.distrust(opened.generation);
            return Err(BrokerError::Silent("the exchange was to be declared"));
        };
        prepared?;
        self.opened = Some(opened);
        Ok(())
    }

    async fn publish(&mut self, event: Recorded, previous: i64) -> Result<(), OutletError> {
        let window = if self.confirmed.is_some() { self.options.window } else { 1 };
        while self.on_the_way.len() >= window {
            self.settle_first().await?;
        }
        let Some(opened) = &self.opened else { return Err(outage("the channel is closed")) };
        let (position, sent_at) = (event.position, self.clock.monotonic());
        let outgoing = match message::write(&event, previous, self.options.max_message_bytes) {
            Ok(outgoing) => outgoing,
            Err(unfit) => {
                let (id, kind) = (event.event.id.to_string(), &event.event.kind);
                tracing::warn!(position, id, kind, reason = %unfit, "an event does not travel by the broker");
                self.counts.left_out.add(1);
                let confirming = Box::pin(ready(Ok(Confirmation::Kept)));
                self.on_the_way.push_back(OnTheWay { position, sent_at, confirming, is_left_out: true });
                return Ok(());
            }
        };
        let publishing = opened.channel.publish(&self.exchange, &outgoing.routing_key, outgoing.parcel);
        let confirming = put_in_line(publishing).await;
        self.counts.published.add(1);
        self.on_the_way.push_back(OnTheWay { position, sent_at, confirming, is_left_out: false });
        Ok(())
    }

    /// Waits for the confirmation of the oldest message, never longer than allowed: after a crash of the broker it may
    /// never come.
    async fn settle_first(&mut self) -> Result<(), OutletError> {
        let Some(first) = self.on_the_way.front_mut() else { return Ok(()) };
        let limit = self.options.timeout;
        let limit = if self.confirmed.is_some() { limit } else { limit.min(FIRST_TIMEOUT) };
        let left = (first.sent_at + limit).saturating_sub(self.clock.monotonic());
        let settled = self.clock.timeout(left, first.confirming.as_mut()).await;
        let Some(first) = self.on_the_way.pop_front() else { return Ok(()) };
        match settled {
            Ok(Ok(decided @ (Confirmation::Kept | Confirmation::Returned(_)))) => {
                if let Confirmation::Returned(kind) = decided {
                    self.came_back(&kind.unwrap_or_default());
                }
                self.counts.confirmed.add(u64::from(!first.is_left_out));
                self.confirmed = Some(first.position);
                Ok(())
            }
            Ok(Ok(Confirmation::Refused)) => {
                self.counts.refused.add(1);
                let message = format!("the broker refused the message of position {}", first.position);
                Err(OutletError { message, is_outage: false })
            }
            Ok(Err(failed)) => {
                self.counts.refused.add(1);
                let error = BrokerError::after("the channel", failed);
                Err(OutletError { message: error.to_string(), is_outage: error == BrokerError::Away })
            }
            Err(_) => {
                self.counts.refused.add(1);
                // One that says that it is full is not silent.
                let is_blocked = self.link.state().is_blocked();
                if let (Some(opened), true, false) = (&self.opened, self.confirmed.is_some(), is_blocked) {
                    self.link.distrust(opened.generation);
                }
                let message = format!(
                    "the message of position {} was not confirmed in time; if that goes on, a queue bound to exchange \
                     {} has lost its leader: see `rabbitmqctl list_queues name state leader` and delete it",
                    first.position, self.exchange
                );
                Err(OutletError { message, is_outage: false })
            }
        }
    }

    /// No queue takes messages of this type. That is no failure: nobody may have subscribed.
    fn came_back(&mut self, kind: &str) {
        self.counts.returned.add(1);
        if self.returned.len() < 1_000 && self.returned.insert(kind.to_owned()) {
            let exchange = &self.exchange;
            tracing::info!(exchange, kind, "no queue takes these messages: nobody has subscribed");
        }
    }
}

/// Polls once: that puts the message in line behind those before it, and nobody need wait until it is written.
async fn put_in_line(mut confirming: Confirming) -> Confirming {
    let polled = poll_fn(|context| Poll::Ready(confirming.as_mut().poll(context))).await;
    match polled {
        Poll::Ready(at_once) => Box::pin(ready(at_once)),
        Poll::Pending => confirming,
    }
}

fn outage(message: &str) -> OutletError {
    OutletError { message: message.to_owned(), is_outage: true }
}

impl Outlet for AmqpOutlet {
    fn open(&mut self) -> Sent<'_, ()> {
        Box::pin(async move {
            self.begin().await.map_err(|error| {
                let is_outage = error == BrokerError::Away;
                OutletError { message: error.to_string(), is_outage }
            })
        })
    }

    fn send(&mut self, event: Recorded, previous: i64) -> Sent<'_, ()> {
        Box::pin(self.publish(event, previous))
    }

    fn confirmed(&self) -> Option<i64> {
        self.confirmed
    }

    fn is_waiting(&self) -> bool {
        !self.on_the_way.is_empty()
    }

    fn settle(&mut self) -> Sent<'_, ()> {
        Box::pin(async move {
            while self.is_waiting() {
                self.settle_first().await?;
            }
            Ok(())
        })
    }
}
