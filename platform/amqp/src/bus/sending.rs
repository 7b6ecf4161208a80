//! Channels on which the bus publishes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lapin::message::DeliveryResult;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer};
use tokio::sync::{Semaphore, SemaphorePermit};
use tradewind_events::bus::Routing;
use tradewind_kernel::Clock;
use tradewind_problem::Problem;

use super::{Addressed, Asked, REPLY_TO, failed, topology, wire};
use crate::link::{BrokerError, Link};

/// The most messages that are published and not confirmed, each on a channel of its own.
const MOST: usize = 64;

/// The channels of a bus: some on which everything is confirmed and answers arrive, one on which nothing is. They are
/// opened when they are needed, and anew when they were lost.
///
/// A message that waits for its confirmation has its channel for itself. The client library hands a message that came
/// back to whoever is confirmed next, which is not always who sent it.
pub(super) struct Channels {
    link: Link,
    clock: Clock,
    timeout: Duration,
    room: Semaphore,
    /// Open, and used by nobody who waits for a confirmation.
    free: Mutex<Vec<Arc<Sending>>>,
    telling: tokio::sync::Mutex<Option<Arc<Sending>>>,
}

/// One life of a channel.
pub(super) struct Sending {
    channel: Channel,
    /// Exchanges that are known to be there.
    declared: Mutex<BTreeSet<String>>,
    asked: Asked,
    /// Of answers; kept because it ends when it is dropped.
    _answers: Option<Consumer>,
}

impl Channels {
    pub(super) fn new(link: Link, clock: Clock, timeout: Duration) -> Self {
        let (room, free, telling) = (Semaphore::new(MOST), Mutex::default(), Default::default());
        Self { link, clock, timeout, room, free, telling }
    }

    /// A channel for one message that is to be confirmed, and the room that it takes. Who has its confirmation
    /// [gives it back](Channels::give_back); one that is not given back is closed when nobody uses it any more.
    pub(super) async fn confirming(&self) -> Result<(Arc<Sending>, SemaphorePermit<'_>), Problem> {
        let room = self.room.acquire().await.map_err(Problem::internal)?;
        let free = || self.free().pop();
        match std::iter::from_fn(free).find(|sending| sending.is_open()) {
            Some(sending) => Ok((sending, room)),
            None => Ok((Arc::new(self.new_confirming().await?), room)),
        }
    }

    /// The message on it was confirmed, and another may use it.
    pub(super) fn give_back(&self, sending: &Arc<Sending>) {
        self.free().push(sending.clone());
    }

    fn free(&self) -> MutexGuard<'_, Vec<Arc<Sending>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn new_confirming(&self) -> Result<Sending, Problem> {
        let channel = self.open().await?;
        let preparing = async {
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
            channel.basic_consume(REPLY_TO.into(), "".into(), options, FieldTable::default()).await
        };
        let answers = self.prepared("the channel", preparing).await?;
        let asked = Asked::default();
        let waiting = asked.clone();
        answers.set_delegate(move |result| {
            deliver(&waiting, result);
            std::future::ready(())
        });
        Ok(Sending { channel, declared: Mutex::default(), asked, _answers: Some(answers) })
    }

    /// The channel on which nothing is confirmed.
    pub(super) async fn telling(&self) -> Result<Arc<Sending>, Problem> {
        let mut current = self.telling.lock().await;
        if let Some(sending) = current.as_ref().filter(|sending| sending.is_open()) {
            return Ok(sending.clone());
        }
        *current = None;
        let (channel, asked) = (self.open().await?, Asked::default());
        let sending = Sending { channel, declared: Mutex::default(), asked, _answers: None };
        Ok(current.insert(Arc::new(sending)).clone())
    }

    async fn open(&self) -> Result<Channel, Problem> {
        Ok(self.link.lapin_channel().await.map_err(|error| failed(&error))?.channel)
    }

    async fn prepared<T>(
        &self,
        what: &str,
        preparing: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, Problem> {
        let prepared = self.clock.timeout(self.timeout, preparing).await;
        let prepared = prepared.map_err(|_| failed(&BrokerError::Silent("something was to be declared")))?;
        prepared.map_err(|error| failed(&BrokerError::of(what, &error)))
    }
}

impl Sending {
    pub(super) fn channel(&self) -> &Channel {
        &self.channel
    }

    pub(super) fn asked(&self) -> &Asked {
        &self.asked
    }

    fn is_open(&self) -> bool {
        self.channel.status().connected()
    }

    /// Makes sure that an exchange is there, once in the life of this channel; on another one, because a refusal closes
    /// the channel on which it is given.
    pub(super) async fn declare(
        &self,
        channels: &Channels,
        name: &ShortString,
        routing: Routing,
    ) -> Result<(), Problem> {
        let declared = format!("{name} {routing:?}");
        let known = || self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&declared) {
            return Ok(());
        }
        let channel = channels.open().await?;
        let declaring = topology::declare_exchange(&channel, name, routing);
        channels.prepared(&format!("exchange {name}"), declaring).await?;
        known().insert(declared);
        Ok(())
    }

    /// Publishes without a confirmation; ready when it is written.
    pub(super) async fn tell(&self, to: Addressed, body: &[u8]) -> Result<(), Problem> {
        let options = BasicPublishOptions::default();
        let telling = self.channel.basic_publish(to.exchange, to.key, options, body, to.properties);
        let told = telling.await.map_err(|error| failed(&BrokerError::of("the channel", &error)))?;
        // At once: on this channel nobody waits for the broker.
        told.await.map(drop).map_err(|error| failed(&BrokerError::of("the channel", &error)))
    }
}

/// Gives an answer to who waits for it. When the channel is lost, nobody need wait any more.
fn deliver(asked: &Asked, result: DeliveryResult) {
    let mut waiting = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(Some(delivery)) = result else { return waiting.clear() };
    let question = delivery.properties.correlation_id().as_ref().map(ToString::to_string);
    match question.and_then(|question| waiting.remove(&question)) {
        Some(sender) => drop(sender.send(wire::outcome(&delivery))),
        None => tracing::debug!("an answer came that nobody waits for any more"),
    }
}
