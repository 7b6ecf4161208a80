//! The world of one run: its time, its randomness, its network, its disks and its processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_broker_model::Broker;
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Running, Service};
use tradewind_client::{Address, PhoneBook};
use tradewind_db::Volume;
use tradewind_kernel::{Clock, Entropy, Secret, Timestamp};

use crate::journal::{Change, Journal, What};
use crate::life::{Fallen, Life};
use crate::moment::Moment;
use crate::net::Net;
use crate::wire::SimulatedWire;

/// When every run begins: 1 January 2026.
pub(crate) const BEGINNING: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// Who looks on.
pub(crate) const OBSERVER: &str = "observer";

/// The world of one run. Clones are one world.
#[derive(Clone)]
pub struct World {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    entropy: Entropy,
    net: Net,
    broker: Broker,
    pub(crate) volume: Volume,
    pub(crate) settings: SettingsSource,
    pub(crate) services: fn() -> Vec<Service>,
    /// Services that were made and are in no process yet: they are made all at once.
    pub(crate) spare: Mutex<BTreeMap<String, Vec<Service>>>,
    nodes: Mutex<BTreeMap<String, Node>>,
    /// Processes that came to their end, and are to be taken away.
    pub(crate) fallen: Mutex<Vec<Fallen>>,
    pub(crate) fell: Notify,
    /// The faults that had an effect, by their numbers, and their kinds.
    felt: Mutex<BTreeMap<u32, &'static str>>,
    /// Services whose databases are ready for their other version.
    pub(crate) widened: Mutex<BTreeSet<String>>,
    pub(crate) callers: Mutex<Moment>,
}

/// One process of a service, begun and ended many times.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) service: String,
    /// Its wall clock is off, and stays so in all of its lives.
    pub(crate) clock: Clock,
    /// How often it was begun.
    pub(crate) lives: u32,
    pub(crate) stage: Stage,
}

/// What a process is at.
#[derive(Debug, Default)]
pub(crate) enum Stage {
    #[default]
    Down,
    Beginning(Arc<Life>),
    Up(Box<Running>, Arc<Life>),
    Draining(Arc<Life>),
}

impl Stage {
    pub(crate) fn life(&self) -> Option<&Arc<Life>> {
        match self {
            Self::Down => None,
            Self::Beginning(life) | Self::Up(_, life) | Self::Draining(life) => Some(life),
        }
    }
}

impl World {
    pub(crate) fn new(
        seed: u64,
        (services, settings): (fn() -> Vec<Service>, SettingsSource),
        most_replicas: u32,
        keeps_all: bool,
    ) -> Self {
        let clock = Clock::simulated(BEGINNING);
        let entropy = Entropy::seeded(seed);
        let descriptions = services().iter().map(|service| service.description().clone()).collect::<Vec<_>>();
        let names = descriptions.iter().flat_map(|description| description.door_names());
        let journal = Journal::new(clock.clone(), keeps_all);
        let net = Net::new(clock.clone(), entropy.fork("network"), journal.clone(), names.collect());
        let mut nodes = BTreeMap::new();
        for description in &descriptions {
            let replicas = replicas(&entropy, &description.name, most_replicas);
            for replica in 1..=replicas {
                let (name, node) = node(&clock, &entropy, &description.name, replica);
                nodes.insert(name, node);
            }
        }
        let volume = Volume::watched(commits(&journal, &nodes));
        let inner = Inner {
            broker: Broker::new(Arc::new(net.clone()), entropy.fork("broker")),
            net,
            volume,
            settings,
            services,
            spare: Mutex::default(),
            nodes: Mutex::new(nodes),
            fallen: Mutex::default(),
            fell: Notify::new(),
            felt: Mutex::default(),
            widened: Mutex::default(),
            callers: Mutex::default(),
            entropy,
        };
        Self { inner: Arc::new(inner) }
    }

    /// The true time.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.net().clock()
    }

    /// Randomness of its own for each `label`.
    #[must_use]
    pub fn entropy(&self, label: &str) -> Entropy {
        self.inner.entropy.fork(label)
    }

    /// The services of the fleet.
    #[must_use]
    pub fn services(&self) -> Vec<String> {
        let nodes = self.inner.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let services: BTreeSet<String> = nodes.values().map(|node| node.service.clone()).collect();
        services.into_iter().collect()
    }

    /// The processes of the fleet: the first replica of a service is called like it, the second `name-2`.
    #[must_use]
    pub fn nodes(&self) -> Vec<String> {
        self.inner.nodes.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The service that the process `node` is of.
    pub(crate) fn service_of(&self, node: &str) -> Option<String> {
        self.with_node(node, |state| state.service.clone())
    }

    /// The fault with this number had an effect.
    pub(crate) fn felt(&self, fault: u32, kind: &'static str) {
        self.inner.felt.lock().unwrap_or_else(PoisonError::into_inner).insert(fault, kind);
    }

    /// How many faults of each kind had an effect.
    pub(crate) fn faults_felt(&self) -> BTreeMap<&'static str, u32> {
        let felt = self.inner.felt.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts = BTreeMap::new();
        for kind in felt.values() {
            *counts.entry(*kind).or_default() += 1;
        }
        counts
    }

    /// What internal doors ask for.
    #[must_use]
    pub fn secret(&self) -> Secret {
        Secret::new("simulated")
    }

    /// Where all doors are, for a client that suffers from the network like everybody.
    #[must_use]
    pub fn book(&self, client: &str) -> PhoneBook {
        self.net().begin(client, 0);
        self.book_of(client, Some(0))
    }

    /// Where all doors are, for who looks on: requests arrive at once and are never lost, unless the process is down.
    #[must_use]
    pub fn observer(&self) -> PhoneBook {
        self.book_of(OBSERVER, None)
    }

    fn book_of(&self, client: &str, life: Option<u32>) -> PhoneBook {
        let book = PhoneBook::new(self.clock().clone(), self.entropy(&format!("book of {client}")));
        for name in self.net().names() {
            let wire = SimulatedWire::new(self.net(), client, life, name);
            book.enter(name.clone(), Address::Wired(Arc::new(wire)));
        }
        book
    }

    /// Writes a line into the journal of the run, which is part of its trace.
    pub fn note(&self, what: &str) {
        self.net().journal().note(what);
    }

    /// Writes down what the process or client `node` does.
    pub fn tell(&self, node: &str, what: impl Into<String>) {
        self.net().journal().node(node, Change::Does(what.into()));
    }

    /// Runs a task of the world, which is no process and never crashes.
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        self.net().scope().spawn(name, future);
    }

    /// Lets time pass.
    pub async fn sleep(&self, duration: Duration) {
        self.clock().sleep(duration).await;
    }

    /// The message broker, which services use if their settings name one.
    pub(crate) fn broker(&self) -> &Broker {
        &self.inner.broker
    }

    pub(crate) fn net(&self) -> &Net {
        &self.inner.net
    }

    pub(crate) fn with_node<T>(&self, node: &str, change: impl FnOnce(&mut Node) -> T) -> Option<T> {
        let mut nodes = self.inner.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.get_mut(node).map(change)
    }
}

/// Writes down each commit, with what the clock of its process shows then.
fn commits(journal: &Journal, nodes: &BTreeMap<String, Node>) -> impl Fn(&str) + Send + Sync + 'static {
    let clocks = nodes.iter().map(|(name, node)| (name.clone(), node.clock.clone()));
    let (journal, clocks) = (journal.clone(), clocks.collect::<BTreeMap<String, Clock>>());
    move |node| {
        if let Some(clock) = clocks.get(node) {
            journal.enter(What::Commit { node: node.into(), wall: clock.now() });
        }
    }
}

/// How many processes a service has: mostly one.
fn replicas(entropy: &Entropy, service: &str, most: u32) -> u32 {
    let dice = entropy.fork(&format!("replicas of {service}"));
    if dice.below(3) > 0 { 1 } else { 1 + u32::try_from(dice.below(u64::from(most))).unwrap_or_default() }
}

/// A process that was never begun, whose wall clock is off by up to half a second.
fn node(clock: &Clock, entropy: &Entropy, service: &str, replica: u32) -> (String, Node) {
    let name = if replica == 1 { service.to_owned() } else { format!("{service}-{replica}") };
    let off = i64::try_from(entropy.fork(&format!("skew of {name}")).below(1_000_000)).unwrap_or_default();
    let clock = clock.with_skew(off - 500_000);
    (name, Node { service: service.to_owned(), clock, lives: 0, stage: Stage::Down })
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("services", &self.services()).finish_non_exhaustive()
    }
}
