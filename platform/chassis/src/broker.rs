//! Events by a message broker: the settings, and what runs in a process for it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_amqp::{Broker, BrokerOptions, FeedCounts, LinkState, RelayCounts, check_namespace};
use tradewind_client::BoxFuture;
use tradewind_events::{Feed, RelayOptions, RelayProgress};
use tradewind_kernel::{Clock, Entropy, Secret};

use crate::instance::Instance;
use crate::metrics::{Kind, Metrics};
use crate::settings::duration;
use crate::tasks::Scope;

/// How events travel from the log of a producer to its subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventDriver {
    /// Subscribers read the log.
    Feed,
    /// By a broker, and what that does not bring is read from the log.
    Amqp,
}

/// Section `broker`: the message broker, if there is one.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrokerSettings {
    /// Where it is, as `amqp://USER:PASSWORD@HOST:PORT/VHOST`. Without it no event travels by a broker.
    pub url: Option<Secret>,
    /// The user's password, instead of one in the address.
    pub password: Option<Secret>,
    /// What the names of exchanges and queues begin with, so that several fleets share a broker.
    pub namespace: String,
    /// Messages that a subscription may hold without having handled them, 1 to 10,000.
    pub prefetch: u16,
    /// Messages of one service that may be on the way without a confirmation, 1 to 10,000.
    pub window: u16,
    /// How long the broker may take to confirm a message, or to answer anything else.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// The greatest message, in bytes; a greater event is read from the log of its producer.
    pub max_message_bytes: usize,
}

impl Default for BrokerSettings {
    fn default() -> Self {
        Self {
            url: None,
            password: None,
            namespace: "tradewind".to_owned(),
            prefetch: 512,
            window: 512,
            timeout: Duration::from_secs(10),
            max_message_bytes: 1024 * 1024,
        }
    }
}

/// The greatest prefetch and window.
const MOST: u16 = 10_000;

/// The least `broker.timeout`: below it a broker that is only busy would be given up.
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);

impl BrokerSettings {
    /// Whether everything that is said fits together, with `events.driver` too.
    ///
    /// # Errors
    /// The first setting that is wrong.
    pub(crate) fn check(&self, driver: Option<EventDriver>) -> Result<(), String> {
        for (name, number) in [("prefetch", self.prefetch), ("window", self.window)] {
            if !(1..=MOST).contains(&number) {
                return Err(format!("broker.{name}: expected 1 to {MOST}"));
            }
        }
        if self.timeout < LEAST_TIMEOUT {
            return Err("broker.timeout: at least 1s".to_owned());
        }
        check_namespace(&self.namespace).map_err(|wrong| format!("broker.namespace: {wrong}"))?;
        match (&self.url, driver) {
            (None, Some(EventDriver::Amqp)) => {
                Err("events.driver: amqp needs a broker; say where it is: broker.url".to_owned())
            }
            _ => self.options().map(drop),
        }
    }

    fn options(&self) -> Result<Option<BrokerOptions>, String> {
        let Some(url) = &self.url else { return Ok(None) };
        let options = BrokerOptions::parse(url, self.password.as_ref());
        let mut options = options.map_err(|wrong| format!("broker.url: {wrong}"))?;
        options.namespace.clone_from(&self.namespace);
        options.prefetch = self.prefetch;
        options.window = usize::from(self.window);
        options.timeout = self.timeout;
        options.max_message_bytes = self.max_message_bytes;
        Ok(Some(options))
    }
}

/// The broker of a process, and the task that keeps its connections. Ends after what uses it.
#[derive(Debug)]
pub(crate) struct BrokerLink {
    broker: Broker,
    scope: Scope,
}

impl BrokerLink {
    /// The broker by which events travel, if the settings want that.
    ///
    /// # Errors
    /// When its address cannot be read.
    pub(crate) fn new(
        settings: &BrokerSettings,
        driver: Option<EventDriver>,
        clock: &Clock,
        entropy: &Entropy,
    ) -> Result<Option<Self>, String> {
        let Some(options) = settings.options()?.filter(|_| driver != Some(EventDriver::Feed)) else {
            return Ok(None);
        };
        let broker = Broker::new(options, clock.clone(), &entropy.fork("broker"));
        Ok(Some(Self { broker, scope: Scope::new("broker") }))
    }

    /// Begins to connect; a broker that is away is waited for.
    pub(crate) fn run(&self) {
        let (broker, scope) = (self.broker.clone(), self.scope.clone());
        self.scope.spawn("broker", async move {
            tokio::select! {
                biased;
                () = scope.stopping() => {}
                () = broker.run() => {}
            }
        });
    }

    /// Ends the connections in order.
    pub(crate) async fn end(&self) {
        self.scope.stop();
        self.scope.idle().await;
        self.broker.close().await;
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The feed of a subscription, by the broker and by `log`.
    pub(crate) fn feed(&self, instance: &Instance, producer: &str, log: Box<dyn Feed>) -> Box<dyn Feed> {
        let counts = Arc::new(FeedCounts::default());
        observe_feed(&instance.metrics, producer, &counts);
        self.broker.feed(instance.name, producer, log, counts)
    }

    /// What publishes the events of a service, for a task of its own.
    pub(crate) fn relay(
        &self,
        instance: &Instance,
        clock: &Clock,
        entropy: &Entropy,
    ) -> BoxFuture<'static, ()> {
        let (progress, counts) = (Arc::new(RelayProgress::default()), Arc::new(RelayCounts::default()));
        observe_relay(&instance.metrics, &progress, &counts);
        let options = RelayOptions {
            relay: Broker::RELAY,
            producer: instance.name,
            holder: instance.holder.clone(),
            db: instance.db.clone(),
            clock: clock.clone(),
            entropy: entropy.fork(&format!("{}/{}", instance.name, Broker::RELAY)),
            progress,
        };
        let broker = self.broker.clone();
        Box::pin(async move { broker.relay(options, counts).await })
    }

    /// Tells of the connections in the metrics of one service of the process.
    pub(crate) fn observe(&self, metrics: &Metrics) {
        let links = [("publishing", self.broker.publishing()), ("consuming", self.broker.consuming())];
        for (name, state) in links {
            observe_link(metrics, name, &state);
        }
    }
}

fn observe_link(metrics: &Metrics, name: &str, state: &Arc<LinkState>) {
    type Read = fn(&LinkState) -> u64;
    let readings: [(&'static str, &'static str, Kind, Read); 4] = [
        ("broker_connected", "1 while the connection to the broker is open", Kind::Gauge, |state| {
            u64::from(state.is_connected())
        }),
        ("broker_blocked", "1 while the broker takes no messages", Kind::Gauge, |state| {
            u64::from(state.is_blocked())
        }),
        ("broker_connects_total", "Connections opened", Kind::Counter, LinkState::connects),
        ("broker_connect_failures_total", "Connections refused", Kind::Counter, LinkState::failures),
    ];
    let labels = [("connection", name.to_owned())];
    for (name, help, kind, read) in readings {
        let state = state.clone();
        metrics.observe_with(name, help, kind, &labels, move || read(&state));
    }
}

fn observe_relay(metrics: &Metrics, progress: &Arc<RelayProgress>, counts: &Arc<RelayCounts>) {
    type Read = fn(&RelayCounts) -> u64;
    let readings: [(&'static str, &'static str, Read); 5] = [
        ("relay_published_total", "Messages handed to the broker", RelayCounts::published),
        ("relay_confirmed_total", "Messages that the broker confirmed", RelayCounts::confirmed),
        ("relay_returned_total", "Messages that no queue took", RelayCounts::returned),
        ("relay_refused_total", "Messages refused or not confirmed in time", RelayCounts::refused),
        ("relay_left_out_total", "Events too large for a message", RelayCounts::left_out),
    ];
    for (name, help, read) in readings {
        let counts = counts.clone();
        metrics.observe(name, help, Kind::Counter, move || read(&counts));
    }
    let seen = progress.clone();
    metrics.observe(
        "relay_position",
        "Position up to which the broker has all events",
        Kind::Gauge,
        move || seen.position(),
    );
    let seen = progress.clone();
    metrics.observe(
        "relay_lag",
        "Positions of the log that the broker has not confirmed",
        Kind::Gauge,
        move || seen.behind(),
    );
    let seen = progress.clone();
    metrics.observe("relay_failures_total", "How often the relay began again", Kind::Counter, move || {
        seen.failures()
    });
}

fn observe_feed(metrics: &Metrics, producer: &str, counts: &Arc<FeedCounts>) {
    type Read = fn(&FeedCounts) -> u64;
    let readings: [(&'static str, &'static str, Kind, Read); 6] = [
        ("broker_deliveries_total", "Messages from the broker", Kind::Counter, FeedCounts::delivered),
        (
            "broker_duplicates_total",
            "Messages whose event was read before",
            Kind::Counter,
            FeedCounts::duplicates,
        ),
        (
            "broker_gaps_total",
            "How often the log was read for missing events",
            Kind::Counter,
            FeedCounts::gaps,
        ),
        ("broker_fetched_total", "Events read from the log", Kind::Counter, FeedCounts::fetched),
        ("broker_rejected_total", "Messages that are no events", Kind::Counter, FeedCounts::rejected),
        ("broker_consuming", "1 while the queue is consumed", Kind::Gauge, |counts| {
            u64::from(counts.is_attached())
        }),
    ];
    let labels = [("producer", producer.to_owned())];
    for (name, help, kind, read) in readings {
        let counts = counts.clone();
        metrics.observe_with(name, help, kind, &labels, move || read(&counts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: Option<&str>) -> BrokerSettings {
        BrokerSettings { url: url.map(Secret::new), ..BrokerSettings::default() }
    }

    #[tokio::test]
    async fn a_broker_is_used_when_there_is_one_and_nobody_says_otherwise() {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let uses = |url, driver| {
            BrokerLink::new(&with(url), driver, &clock, &entropy).map(|link| link.is_some()).unwrap()
        };
        let somewhere = Some("amqp://me:pw@127.0.0.1:1");
        assert!(!uses(None, None));
        assert!(!uses(None, Some(EventDriver::Feed)));
        assert!(uses(somewhere, None));
        assert!(uses(somewhere, Some(EventDriver::Amqp)));
        assert!(!uses(somewhere, Some(EventDriver::Feed)));
    }

    #[test]
    fn a_setting_that_is_wrong_is_named_without_the_password() {
        let somewhere = || with(Some("amqp://me:hidden@127.0.0.1:1"));
        assert_eq!(somewhere().check(Some(EventDriver::Amqp)), Ok(()));
        assert!(with(None).check(Some(EventDriver::Amqp)).unwrap_err().contains("broker.url"));
        let cases = [
            (BrokerSettings { prefetch: 0, ..somewhere() }, "broker.prefetch"),
            (BrokerSettings { window: 10_001, ..somewhere() }, "broker.window"),
            (BrokerSettings { timeout: Duration::from_millis(999), ..somewhere() }, "broker.timeout"),
            (BrokerSettings { namespace: "A".to_owned(), ..somewhere() }, "broker.namespace"),
            (with(Some("amqps://me:hidden@127.0.0.1")), "broker.url: amqps://"),
            (with(Some("rabbit:hidden")), "broker.url"),
        ];
        for (settings, part) in cases {
            let error = settings.check(None).unwrap_err();
            assert!(error.starts_with(part) && !error.contains("hidden"), "{error}");
            assert!(!format!("{settings:?}").contains("hidden"));
        }
    }
}
