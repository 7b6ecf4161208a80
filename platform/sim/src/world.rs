//! The world of one run: its time, its randomness, its network, its disks and its processes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Running, Service};
use tradewind_client::{Address, PhoneBook};
use tradewind_db::Volume;
use tradewind_kernel::{Clock, Entropy, Secret, Timestamp};

use crate::journal::Journal;
use crate::net::Net;
use crate::wire::SimulatedWire;

/// When every run begins: 1 January 2026.
const BEGINNING: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// The world of one run. Clones are one world.
#[derive(Clone)]
pub struct World {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    entropy: Entropy,
    net: Net,
    pub(crate) volume: Volume,
    pub(crate) settings: SettingsSource,
    pub(crate) services: fn() -> Vec<Service>,
    /// Services that were made and are in no process yet: they are made all at once.
    pub(crate) spare: Mutex<BTreeMap<String, Vec<Service>>>,
    nodes: Mutex<BTreeMap<String, Node>>,
    /// Processes that ended at a commit, and are to be taken away.
    pub(crate) fallen: Mutex<Vec<(String, u32)>>,
    pub(crate) fell: Notify,
}

/// The process of one service, begun and ended many times.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// How often it was begun.
    pub(crate) lives: u32,
    pub(crate) running: Option<Running>,
}

impl World {
    pub(crate) fn new(
        seed: u64,
        services: fn() -> Vec<Service>,
        settings: SettingsSource,
        keeps_all: bool,
    ) -> Self {
        let clock = Clock::simulated(BEGINNING);
        let entropy = Entropy::seeded(seed);
        let descriptions = services().iter().map(|service| service.description().clone()).collect::<Vec<_>>();
        let names = descriptions.iter().flat_map(|description| description.door_names());
        let journal = Journal::new(clock.clone(), keeps_all);
        let inner = Inner {
            net: Net::new(clock, entropy.fork("network"), journal, names.collect()),
            volume: Volume::new(),
            settings,
            services,
            spare: Mutex::default(),
            nodes: Mutex::new(descriptions.into_iter().map(|each| (each.name, Node::default())).collect()),
            fallen: Mutex::default(),
            fell: Notify::new(),
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
        self.inner.nodes.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
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
        self.book_of("observer", None)
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

    /// Runs a task of the world, which is no process and never crashes.
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        self.net().scope().spawn(name, future);
    }

    /// Lets time pass.
    pub async fn sleep(&self, duration: Duration) {
        self.clock().sleep(duration).await;
    }

    pub(crate) fn net(&self) -> &Net {
        &self.inner.net
    }

    pub(crate) fn with_node<T>(&self, service: &str, change: impl FnOnce(&mut Node) -> T) -> Option<T> {
        let mut nodes = self.inner.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.get_mut(service).map(change)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("services", &self.services()).finish_non_exhaustive()
    }
}
