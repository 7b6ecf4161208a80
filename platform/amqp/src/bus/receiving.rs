//! The messages of a queue, for one consumer.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::Acker;
use lapin::message::Delivery as Raw;
use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRejectOptions};
use lapin::{Channel, Consumer};
use tradewind_events::bus::{Binding, Deliveries, Delivery, Later, Outcome, Queue, Settled};
use tradewind_problem::Problem;

use super::topology::Place;
use super::{AmqpBus, failed, topology, wire};
use crate::link::BrokerError;
use crate::message::shown;

/// The first pause after a queue could not be consumed; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest such pause.
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// What one consumer receives.
pub(super) struct Receiving {
    bus: AmqpBus,
    queue: Queue,
    /// The name of the queue, without the namespace.
    name: String,
    bindings: Vec<Binding>,
    attached: Option<Attached>,
    /// What is not settled, by tags of our own: those of the broker count anew on each channel. What belongs to a
    /// channel that is gone does nothing any more.
    held: BTreeMap<u64, Acker>,
    tag: u64,
    pause: Duration,
    told: Option<String>,
}

/// One life of the consumer.
struct Attached {
    consumer: Consumer,
    _channel: Channel,
}

impl Receiving {
    pub(super) fn new(bus: AmqpBus, queue: &Queue, bindings: &[Binding], id: &str) -> Self {
        let name = queue.name();
        Self {
            bus,
            queue: queue.clone(),
            name: if queue.is_shared() { name.to_owned() } else { format!("{name}.{id}") },
            bindings: bindings.to_vec(),
            attached: None,
            held: BTreeMap::new(),
            tag: 0,
            pause: FIRST_PAUSE,
            told: None,
        }
    }

    async fn begin(&mut self) -> Result<(), Problem> {
        let (link, clock) = (&self.bus.inner.consuming, &self.bus.inner.clock);
        let options = &self.bus.inner.options;
        let namespace = &options.namespace;
        let opened = link.lapin_channel().await.map_err(|error| failed(&error))?;
        let name = Place::new(namespace, &self.name).name()?;
        let consuming = topology::consume(&opened.channel, namespace, (&self.queue, &name), &self.bindings);
        let Ok(consumer) = clock.timeout(options.timeout, consuming).await else {
            link.distrust(opened.generation);
            return Err(failed(&BrokerError::Silent("a queue was to be declared")));
        };
        self.attached = Some(Attached { consumer: consumer?, _channel: opened.channel });
        (self.pause, self.told) = (FIRST_PAUSE, None);
        Ok(())
    }

    /// Tells once why the queue cannot be consumed, and waits a little, or until the broker is back.
    async fn rest(&mut self, problem: &Problem) {
        let text = problem.to_string();
        if self.told.as_ref() != Some(&text) {
            tracing::warn!(queue = self.name, %problem, "the queue is not consumed; trying again");
            self.told = Some(text);
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(MAX_PAUSE);
        self.bus.inner.clock.sleep(pause).await;
        self.bus.inner.consuming.up().await;
    }

    async fn receive(&mut self) -> Delivery {
        loop {
            let Some(attached) = &mut self.attached else {
                if let Err(problem) = self.begin().await {
                    self.rest(&problem).await;
                }
                continue;
            };
            match attached.consumer.next().await {
                Some(Ok(raw)) => {
                    if let Some(delivery) = self.accept(raw).await {
                        return delivery;
                    }
                }
                Some(Err(error)) => {
                    tracing::debug!(queue = self.name, %error, "not consuming any more");
                    self.attached = None;
                }
                None => self.attached = None,
            }
        }
    }

    async fn accept(&mut self, raw: Raw) -> Option<Delivery> {
        let max_bytes = self.bus.inner.options.max_message_bytes;
        let is_late = wire::until(&raw.properties).is_some_and(|until| until < self.bus.inner.clock.now());
        if is_late {
            tracing::debug!(
                queue = self.name,
                "a question is passed over: nobody waits for its answer any more"
            );
            done(&raw.acker).await;
            return None;
        }
        let read = match raw.data.len() {
            bytes if bytes > max_bytes => Err(format!("it has {bytes} bytes, and {max_bytes} are accepted")),
            _ => wire::read(&raw, Some(&self.bus.inner.entropy)),
        };
        let message = match read {
            Ok(message) => message,
            Err(reason) => {
                let shown = |text: &Option<lapin::types::ShortString>| {
                    text.as_ref().map_or_else(|| "none".to_owned(), |text| shown(text.as_str()))
                };
                let (id, kind) = (shown(raw.properties.message_id()), shown(raw.properties.kind()));
                tracing::error!(
                    queue = self.name,
                    id,
                    kind,
                    reason,
                    "a message cannot be read, and is a dead letter"
                );
                let rejected = raw.acker.reject(BasicRejectOptions { requeue: false }).await;
                rejected.map(drop).unwrap_or_default();
                return None;
            }
        };
        self.tag += 1;
        self.held.insert(self.tag, raw.acker.clone());
        let reply_to = raw.properties.reply_to().as_ref().map(ToString::to_string);
        Some(Delivery { message, attempt: wire::attempt(&raw.properties), tag: self.tag, reply_to })
    }

    async fn decide(&mut self, tag: u64, settled: Settled) {
        let Some(acker) = self.held.remove(&tag) else { return };
        match settled {
            Settled::Done => done(&acker).await,
            // From a queue of its own it is gone.
            Settled::Again => {
                let options = BasicNackOptions { multiple: false, requeue: self.queue.is_shared() };
                acker.nack(options).await.map(drop).unwrap_or_default();
            }
        }
    }
}

/// Whether that arrives is of no interest: if it does not, the message comes again.
async fn done(acker: &Acker) {
    acker.ack(BasicAckOptions::default()).await.map(drop).unwrap_or_default();
}

impl Deliveries for Receiving {
    fn attach(&mut self) -> Later<'_, Result<(), Problem>> {
        Box::pin(async {
            if self.attached.is_some() {
                return Ok(());
            }
            self.begin().await
        })
    }

    fn next(&mut self) -> Later<'_, Delivery> {
        Box::pin(self.receive())
    }

    fn reply<'a>(&'a mut self, delivery: &'a Delivery, outcome: &'a Outcome) -> Later<'a, ()> {
        Box::pin(async move {
            let Some(reply_to) = &delivery.reply_to else { return };
            if let Err(problem) = self.bus.answer(reply_to, &delivery.message, outcome).await {
                tracing::warn!(queue = self.name, %problem, "an answer is lost");
            }
        })
    }

    fn settle(&mut self, tag: u64, settled: Settled) -> Later<'_, ()> {
        Box::pin(self.decide(tag, settled))
    }
}
