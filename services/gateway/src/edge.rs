//! Decides for the data plane: what the route documents say of a request, without waiting and without a lock.

mod access_log;
mod counts;
mod decide;
mod gate;
mod gate_counts;
mod guarding;
mod headers;
mod keys;
mod limits;
mod rule;
mod thread;
mod tokens;
mod visitor;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_data_plane::{BackendTls, Edge, EdgeThread};
use tradewind_edge::limit;
use tradewind_routing::{BackendId, Table};

pub(crate) use access_log::Sink;
pub(crate) use counts::Registry;
pub(crate) use keys::Keys;

use crate::edge::thread::ThreadEdge;

/// Where requests go at the moment. Never changes: other documents are another one.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    pub(crate) table: Table,
    pub(crate) endpoints: BTreeMap<BackendId, Vec<SocketAddr>>,
    /// TLS towards backends that a document asks it for.
    pub(crate) secured: BTreeMap<BackendId, Secured>,
    /// Keys that tokens are verified with.
    pub(crate) keys: Keys,
}

/// TLS towards a backend, and what it was made of.
#[derive(Debug, Clone)]
pub(crate) struct Secured {
    pub(crate) name: String,
    pub(crate) authorities: Vec<u8>,
    /// None where it cannot be had, and then there is no way to the backend.
    pub(crate) tls: Option<BackendTls>,
}

impl PartialEq for Secured {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.authorities) == (&other.name, &other.authorities)
    }
}

/// What all threads share. On the way of a request they look at one number; only when it has changed do they fetch
/// what is behind the lock.
#[derive(Debug)]
pub(crate) struct Shared {
    version: AtomicU64,
    routes: Mutex<Arc<Routes>>,
    pub(crate) counts: Registry,
    /// What clients have used of their limits; without a lock, and one for all threads.
    pub(crate) limits: limit::Table,
    pub(crate) sink: Option<Arc<Sink>>,
    pub(crate) seed: u64,
    pub(crate) threads: u32,
}

/// Places of the table of limits: so many clients are told apart.
const CLIENTS: usize = 64 * 1024;

impl Shared {
    /// `seed` must be hard to guess.
    pub(crate) fn new(routes: Routes, sink: Option<Arc<Sink>>, (seed, threads): (u64, u32)) -> Arc<Self> {
        Arc::new(Self {
            version: AtomicU64::new(0),
            routes: Mutex::new(Arc::new(routes)),
            counts: Registry::default(),
            limits: limit::Table::new(CLIENTS, seed),
            sink,
            seed,
            threads,
        })
    }

    /// Puts other routes in the place of those in use. Requests under way go on with theirs.
    pub(crate) fn swap(&self, routes: Routes) {
        *self.routes.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
        self.version.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn routes(&self) -> Arc<Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The edge of the data plane.
#[derive(Debug, Clone)]
pub(crate) struct GatewayEdge(pub(crate) Arc<Shared>);

impl Edge for GatewayEdge {
    fn thread(&self) -> Box<dyn EdgeThread> {
        Box::new(ThreadEdge::new(self.0.clone()))
    }
}
