//! The feed of a subscription: messages of its queue, and the producer's log for what they do not bring.

mod attached;
mod away;
mod missing;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use tradewind_events::{Feed, FeedError, Horizon, Recorded};
use tradewind_kernel::{Clock, Context};

use crate::chain::{Arrival, Chain};
use crate::counts::FeedCounts;
use crate::fault_points::{BEFORE_ACK, DELIVERED};
use crate::link::{BrokerError, Link};
use crate::message::{self, shown};
use crate::mutants;
use crate::options::BrokerOptions;
use crate::topology::Names;
use crate::transport::{Delivered, Failed, Later};
use attached::Attached;
use away::Away;
use missing::Missing;

/// How often the producer is asked for its head although nothing hints at a gap: the last message before a silence
/// may be the one that was lost.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// How soon it is asked again when that was so: whoever relays may be away, and until it is back the log is all there
/// is.
const LOOK_SOON: Duration = Duration::from_secs(1);

/// How soon it is asked again when it did not answer.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How long the producer may take to tell its head.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// The runner need not look by itself: this feed does.
const PATIENCE: Duration = Duration::from_secs(600);

/// Reads the events of one producer for one subscription.
pub(crate) struct AmqpFeed {
    producer: String,
    /// What the producer's events say of where they come from.
    source: String,
    names: Names,
    link: Link,
    options: Arc<BrokerOptions>,
    clock: Clock,
    counts: Arc<FeedCounts>,
    /// The producer's own feed.
    log: Box<dyn Feed>,
    chain: Chain,
    attached: Option<Attached>,
    away: Away,
    missing: Missing,
    #[cfg(feature = "fault-points")]
    disturber: crate::disturb::Disturber,
}

impl AmqpFeed {
    pub(crate) fn new(
        (consumer, producer): (&str, &str),
        link: Link,
        options: Arc<BrokerOptions>,
        clock: Clock,
        log: Box<dyn Feed>,
        counts: Arc<FeedCounts>,
    ) -> Self {
        let now = clock.monotonic();
        Self {
            producer: producer.to_owned(),
            source: format!("/tradewind/{producer}"),
            names: Names::new(&options.namespace, consumer, producer),
            link,
            options,
            clock,
            counts,
            log,
            chain: Chain::default(),
            attached: None,
            away: Away::new(now),
            missing: Missing::default(),
            #[cfg(feature = "fault-points")]
            disturber: crate::disturb::Disturber::from_environment(),
        }
    }

    async fn next(&mut self, position: i64, limit: u16) -> Result<Vec<Recorded>, FeedError> {
        self.pass(position);
        self.attach_if_due().await;
        self.take_what_came();
        let ready = self.chain.ready(usize::from(limit));
        if !ready.is_empty() {
            self.missing.nothing();
            return Ok(ready);
        }
        if self.must_fetch() { self.fetch(position, limit).await } else { Ok(Vec::new()) }
    }

    /// The reader is at `position`: what it has passed is acknowledged.
    fn pass(&mut self, position: i64) {
        let (Some(tag), Some(attached)) = (self.chain.go_to(position), &self.attached) else { return };
        BEFORE_ACK.pass();
        attached.acknowledge(tag);
    }

    /// Takes all deliveries that are there already.
    fn take_what_came(&mut self) {
        while let Some(attached) = &mut self.attached {
            match attached.next().now_or_never() {
                Some(next) => self.take(next),
                None => return,
            }
        }
    }

    fn take(&mut self, next: Option<Result<Delivered, Failed>>) {
        match next {
            Some(Ok(delivery)) => self.accept(&delivery),
            Some(Err(error)) => self.detach(&error.to_string()),
            None => self.detach("the queue was deleted"),
        }
    }

    fn accept(&mut self, delivery: &Delivered) {
        DELIVERED.pass();
        self.counts.delivered.add(1);
        let max_bytes = self.options.max_message_bytes;
        match message::read(&delivery.parcel, &self.source, max_bytes) {
            Ok(incoming) => self.arrive(delivery.tag, incoming),
            Err(bad) => self.reject(delivery, &bad),
        }
    }

    #[cfg(not(feature = "fault-points"))]
    fn arrive(&mut self, tag: u64, incoming: message::Incoming) {
        if self.chain.arrive(tag, incoming) == Arrival::Duplicate {
            self.counts.duplicates.add(1);
        }
    }

    #[cfg(feature = "fault-points")]
    fn arrive(&mut self, tag: u64, incoming: message::Incoming) {
        for (tag, incoming) in self.disturber.disturb(tag, incoming) {
            if self.chain.arrive(tag, incoming) == Arrival::Duplicate {
                self.counts.duplicates.add(1);
            }
        }
    }

    /// A message that is no event goes to the queue of dead letters; the others go on. If an event was in it, that is
    /// missing now and comes from the log.
    fn reject(&mut self, delivery: &Delivered, bad: &message::Bad) {
        self.counts.rejected.add(1);
        let text =
            |value: &Option<String>| value.as_ref().map_or_else(|| "none".to_owned(), |value| shown(value));
        let (message_id, kind) = (text(&delivery.parcel.message_id), text(&delivery.parcel.kind));
        let (queue, key) = (self.names.queue.as_str(), shown(&delivery.key));
        tracing::error!(queue, message_id, kind, key, reason = %bad, "a message is no event and is a dead letter now");
        if let Some(attached) = &self.attached {
            attached.reject(delivery.tag);
        }
    }

    /// Consumes the queue, if there is a connection and the last attempt was long enough ago.
    async fn attach_if_due(&mut self) {
        let now = self.clock.monotonic();
        if self.attached.is_some() || !self.away.until_retry(now).is_zero() || !self.link.is_up() {
            return;
        }
        let attaching = Attached::new(&self.link, &self.names, &self.options, &self.clock);
        match attaching.await {
            Ok(attached) => {
                tracing::debug!(queue = self.names.queue.as_str(), "consuming");
                self.attached = Some(attached);
                self.counts.attached.store(true, Ordering::Relaxed);
                self.away.ended();
                self.chain.forget();
                self.missing = Missing::default();
                // What is older than the queue, or was in a queue that is gone, no message hints at.
                self.look().await;
            }
            Err(error) => {
                if let BrokerError::Dead(queue) = &error {
                    Attached::remove(&self.link, queue, &self.clock).await;
                }
                if self.away.failed(self.clock.monotonic(), &error) {
                    let (queue, producer) = (self.names.queue.as_str(), &self.producer);
                    tracing::error!(queue, producer, %error, "the queue is not consumed; the producer's log is read");
                }
            }
        }
    }

    /// The channel is gone, and its deliveries with it: what is not acknowledged comes again.
    fn detach(&mut self, why: &str) {
        if self.attached.take().is_none() {
            return;
        }
        tracing::debug!(queue = self.names.queue.as_str(), why, "not consuming any more");
        self.counts.attached.store(false, Ordering::Relaxed);
        self.chain.forget();
        self.away.begin(self.clock.monotonic());
        #[cfg(feature = "fault-points")]
        self.disturber.forget();
    }

    /// Asks the producer for its head. One that does not answer is asked again; meanwhile the queue is enough.
    async fn look(&mut self) {
        let now = self.clock.monotonic();
        match self.clock.timeout(LOOK_LIMIT, self.log.head()).await {
            Ok(Ok(head)) => {
                self.missing.head = head;
                self.missing.look_at = now + LOOK_EVERY;
            }
            Ok(Err(_)) | Err(_) => self.missing.look_at = now + LOOK_AGAIN,
        }
    }

    /// Asks the producer for its head while the queue is consumed; gives what was delivered before it answered.
    async fn look_beside(&mut self) -> Option<Option<Result<Delivered, Failed>>> {
        let now = self.clock.monotonic();
        // Who asks in vain, or is interrupted, shall not ask again at once.
        self.missing.look_at = now + LOOK_AGAIN;
        let Self { attached, log, clock, missing, .. } = self;
        let attached = attached.as_mut()?;
        tokio::select! {
            biased;
            next = attached.next() => Some(next),
            head = clock.timeout(LOOK_LIMIT, log.head()) => {
                if let Ok(Ok(head)) = head {
                    (missing.head, missing.look_at) = (head, now + LOOK_EVERY);
                }
                None
            }
        }
    }

    /// Whether to read from the log: while the queue is not consumed, and for what it has not brought in time.
    fn must_fetch(&mut self) -> bool {
        let now = self.clock.monotonic();
        if self.attached.is_none() {
            return self.away.grace(now).is_zero();
        }
        if !is_behind(&self.missing, &self.chain) || mutants::GAP_LEFT.is_planted() {
            self.missing.nothing();
            return false;
        }
        self.missing.is_due(now) || self.chain.len() >= usize::from(self.options.prefetch / 2).max(1)
    }

    async fn fetch(&mut self, position: i64, limit: u16) -> Result<Vec<Recorded>, FeedError> {
        if self.attached.is_some() && self.missing.begin() {
            self.counts.gaps.add(1);
            tracing::debug!(queue = self.names.queue.as_str(), position, "reading from the producer's log");
        }
        let is_only_late = self.attached.is_some() && self.chain.gap().is_none();
        let events = if is_only_late {
            // The queue may still bring it, and what it brings goes on without the producer.
            match self.clock.timeout(LOOK_LIMIT, self.log.read(position, limit)).await {
                Ok(Ok(events)) => events,
                Ok(Err(pruned @ FeedError::Pruned { .. })) => return Err(pruned),
                Ok(Err(_)) | Err(_) => {
                    (self.missing.head, self.missing.look_at) =
                        (position, self.clock.monotonic() + LOOK_AGAIN);
                    Vec::new()
                }
            }
        } else {
            self.log.read(position, limit).await?
        };
        self.counts.fetched.add(events.len() as u64);
        if is_only_late && self.is_chosen() && !events.is_empty() {
            self.missing.look_at = self.clock.monotonic() + LOOK_SOON;
        }
        if events.is_empty() && self.attached.is_some() {
            self.missing.hold_again(self.clock.monotonic());
        }
        Ok(events)
    }

    /// Waits while the queue is consumed: for the next delivery, the end of a hold, or the time to ask for the head.
    async fn wait_attached(&mut self) {
        while let Some(attached) = &mut self.attached {
            let now = self.clock.monotonic();
            let is_behind = self.missing.head > self.chain.passed() || self.chain.gap().is_some();
            let until = if is_behind { self.missing.due_at(now) } else { self.missing.look_at };
            let next = self.clock.timeout(until.saturating_sub(now), attached.next()).await;
            match next {
                Ok(next) => self.take(next),
                Err(_) if is_behind => return,
                Err(_) => {
                    if let Some(next) = self.look_beside().await {
                        self.take(next);
                    }
                }
            }
            self.take_what_came();
            if self.chain.is_ready() {
                return;
            }
            // What came again is done with: not acknowledged it would fill the prefetch, and nothing new would come.
            self.pass(self.chain.passed());
        }
    }

    /// Waits while it is not: for the broker or, when that is away for too long, for the producer's log.
    async fn wait_away(&mut self) {
        let now = self.clock.monotonic();
        let (grace, retry) = (self.away.grace(now), self.away.until_retry(now));
        let Self { link, clock, log, .. } = self;
        let attachable = pin!(async {
            link.up().await;
            clock.sleep(retry).await;
        });
        let readable = pin!(async {
            if grace.is_zero() {
                log.wait().await;
            } else {
                clock.sleep(grace).await;
            }
        });
        tokio::select! {
            biased;
            () = attachable => {}
            () = readable => {}
        }
    }
}

/// Whether events are known that the queue has not brought.
fn is_behind(missing: &Missing, chain: &Chain) -> bool {
    missing.head > chain.passed() || chain.gap().is_some()
}

impl Feed for AmqpFeed {
    fn read(&mut self, position: i64, limit: u16) -> Later<'_, Result<Vec<Recorded>, FeedError>> {
        Box::pin(self.next(position, limit))
    }

    fn wait(&mut self) -> Later<'_, ()> {
        Box::pin(async move {
            if self.attached.is_some() {
                self.wait_attached().await;
            } else {
                self.wait_away().await;
            }
        })
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn is_chosen(&self) -> bool {
        self.attached.as_ref().is_some_and(|attached| attached.is_chosen)
    }

    fn head(&mut self) -> Later<'_, Result<i64, FeedError>> {
        self.log.head()
    }

    fn horizon(&mut self) -> Later<'_, Result<Horizon, FeedError>> {
        self.log.horizon()
    }

    fn report<'a>(
        &'a mut self,
        context: &'a Context,
        subscriber: &'a str,
        position: i64,
    ) -> Later<'a, Result<(), FeedError>> {
        self.log.report(context, subscriber, position)
    }
}
