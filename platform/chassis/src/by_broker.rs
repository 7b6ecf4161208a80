//! Events by a message broker: what runs in a process for it.

use std::sync::Arc;

use tradewind_amqp::{Broker, BrokerOptions, FeedCounts, LinkState, RelayCounts};
use tradewind_client::BoxFuture;
use tradewind_events::bus::Bus;
use tradewind_events::{Feed, RelayOptions, RelayProgress};
use tradewind_kernel::{Clock, Entropy};

use crate::host::{PlatformSettings, Wiring};
use crate::instance::Instance;
use crate::metrics::{Kind, Metrics};
use crate::start_error::StartError;
use crate::tasks::Scope;

/// The broker of a process, and the task that keeps its connections. Ends after what uses it.
#[derive(Debug)]
pub(crate) struct BrokerLink {
    broker: Broker,
    /// Something stands in for it, and carries events only.
    is_stand_in: bool,
    scope: Scope,
}

impl BrokerLink {
    /// The broker by which events travel, if the settings want that; where `wiring` stands in for the network, the one
    /// that it has.
    ///
    /// # Errors
    /// When its address cannot be read, or nothing stands in for it.
    pub(crate) fn new(
        platform: &PlatformSettings,
        wiring: Option<&dyn Wiring>,
        (clock, entropy): (&Clock, &Entropy),
    ) -> Result<Option<Self>, StartError> {
        let wrong = |reason: String| StartError::new("settings", reason);
        let used = platform.broker.used(platform.events.driver).map_err(wrong)?;
        let Some(options) = used else { return Ok(None) };
        let broker = match wiring {
            Some(wiring) => stand_in(wiring, options, (clock, entropy)).map_err(wrong)?,
            None => Broker::new(options, clock.clone(), &entropy.fork("broker")),
        };
        let scope = Scope::paced("broker", wiring.and_then(Wiring::pace));
        Ok(Some(Self { broker, is_stand_in: wiring.is_some(), scope }))
    }

    /// The bus of the process: over the broker or, where all services share one process, in memory. Of the others it is
    /// told how to get one.
    pub(crate) fn bus(
        link: Option<&Self>,
        is_alone: bool,
        (clock, entropy): (&Clock, &Entropy),
    ) -> Result<Bus, String> {
        match link {
            Some(link) if link.is_stand_in => {
                Err("it uses the bus, which what stands in for the broker does not carry".to_owned())
            }
            Some(link) => Ok(link.broker.bus()),
            None if is_alone => Ok(Bus::in_memory(clock.clone(), entropy.fork("bus"))),
            None => Err("it uses the bus, and others of the fleet run in processes of their own: between processes \
                         messages travel by a broker. Say where one is: broker.url (and not events.driver = \"feed\")"
                .to_owned()),
        }
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

fn stand_in(
    wiring: &dyn Wiring,
    options: BrokerOptions,
    (clock, entropy): (&Clock, &Entropy),
) -> Result<Broker, String> {
    let none = || "broker.url: what stands in for the network has no broker".to_owned();
    let transport = wiring.broker().ok_or_else(none)?;
    Ok(Broker::over(transport, options, clock.clone(), &entropy.fork("broker")))
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
