//! Endpoints that threads leave alone, for who looks on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Endpoints by the names of their backends.
pub(crate) type Endpoints = BTreeSet<(Arc<str>, SocketAddr)>;

/// What each thread leaves alone. Each finds out for itself who fails.
#[derive(Debug, Default)]
pub(crate) struct Alone(Mutex<BTreeMap<u64, Endpoints>>);

impl Alone {
    /// A thread leaves these alone from now on.
    pub(crate) fn tell(&self, thread: u64, endpoints: Endpoints) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(thread, endpoints);
    }

    /// How many threads leave which endpoints of a backend alone.
    pub(crate) fn of(&self, backend: &str) -> BTreeMap<SocketAddr, usize> {
        let mut found = BTreeMap::new();
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, address) in all.values().flatten().filter(|(name, _)| **name == *backend) {
            *found.entry(*address).or_default() += 1;
        }
        found
    }
}
