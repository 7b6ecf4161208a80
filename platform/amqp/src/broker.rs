//! The broker, as one process uses it.

use std::fmt;
use std::sync::Arc;

use tradewind_events::bus::Bus;
use tradewind_events::{Feed, RelayOptions, relay};
use tradewind_kernel::{Clock, Entropy};

use crate::bus::AmqpBus;
use crate::counts::{FeedCounts, LinkState, RelayCounts};
use crate::feed::AmqpFeed;
use crate::link::{Link, Over};
use crate::options::BrokerOptions;
use crate::outlet::AmqpOutlet;
use crate::transport::{LapinTransport, Transport};

/// The broker: two connections, shared by all relays and subscriptions of the process. Cloning is cheap.
///
/// Two, because a broker whose disk or memory is full reads nothing more from a connection that publishes, and what is
/// handled shall be acknowledged all the same.
#[derive(Clone)]
pub struct Broker {
    options: Arc<BrokerOptions>,
    clock: Clock,
    entropy: Entropy,
    publishing: Link,
    consuming: Link,
}

impl Broker {
    /// The name of the relay: of its progress, its lease, and as a subscriber of the log.
    pub const RELAY: &'static str = "relay-amqp";

    /// A broker that nobody is connected to yet; see [`Broker::run`].
    #[must_use]
    pub fn new(options: BrokerOptions, clock: Clock, entropy: &Entropy) -> Self {
        let options = Arc::new(options);
        let over = Over::Lapin(Arc::new(LapinTransport::new(options.clone(), clock.clone())));
        Self::of(options, clock, entropy, &over)
    }

    /// A broker that is reached by `transport` instead of a client library, whatever address the options have. The
    /// [bus](Broker::bus) does not go over it.
    #[must_use]
    pub fn over(
        transport: Arc<dyn Transport>,
        options: BrokerOptions,
        clock: Clock,
        entropy: &Entropy,
    ) -> Self {
        Self::of(Arc::new(options), clock, entropy, &Over::Given(transport))
    }

    fn of(options: Arc<BrokerOptions>, clock: Clock, entropy: &Entropy, over: &Over) -> Self {
        let link = |purpose| {
            Link::new((purpose, over.clone()), options.clone(), clock.clone(), entropy.fork(purpose))
        };
        let (publishing, consuming) = (link("tradewind-publishes"), link("tradewind-consumes"));
        Self { options, clock, entropy: entropy.clone(), publishing, consuming }
    }

    /// Keeps both connections until the returned future is dropped, which is safe at any await. A broker that is away
    /// is waited for, however long.
    pub async fn run(&self) {
        tokio::join!(self.publishing.run(), self.consuming.run());
    }

    /// Ends both connections in order, once [`Broker::run`] has ended; takes two seconds at most.
    pub async fn close(&self) {
        tokio::join!(self.publishing.close(), self.consuming.close());
    }

    /// Publishes the events of `options.producer` until the returned future is dropped, which is safe at any await.
    pub async fn relay(&self, options: RelayOptions, counts: Arc<RelayCounts>) {
        let (link, clock) = (self.publishing.clone(), self.clock.clone());
        let outlet = AmqpOutlet::new(options.producer, link, self.options.clone(), clock, counts);
        relay(Box::new(outlet), options).await;
    }

    /// The events of `producer` for the subscription of `consumer`; what the broker does not bring is read from
    /// `log`, which is the producer's own feed.
    #[must_use]
    pub fn feed(
        &self,
        consumer: &str,
        producer: &str,
        log: Box<dyn Feed>,
        counts: Arc<FeedCounts>,
    ) -> Box<dyn Feed> {
        let (link, clock) = (self.consuming.clone(), self.clock.clone());
        Box::new(AmqpFeed::new((consumer, producer), link, self.options.clone(), clock, log, counts))
    }

    /// The bus over this broker, for all who use it in this process. It needs a client library below.
    #[must_use]
    pub fn bus(&self) -> Bus {
        let links = (self.publishing.clone(), self.consuming.clone());
        let (options, clock, entropy) = (&self.options, &self.clock, self.entropy.fork("bus"));
        let driver = AmqpBus::new(options.clone(), clock.clone(), entropy.fork("driver"), links);
        Bus::new(Arc::new(driver), clock.clone(), entropy, options.max_message_bytes)
    }

    /// The connection of relays.
    #[must_use]
    pub fn publishing(&self) -> Arc<LinkState> {
        self.publishing.state()
    }

    /// The connection of subscriptions.
    #[must_use]
    pub fn consuming(&self) -> Arc<LinkState> {
        self.consuming.state()
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({:?})", self.options)
    }
}
