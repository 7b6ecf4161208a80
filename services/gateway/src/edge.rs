//! Decides for the data plane: what the route documents say of a request, without waiting and without a lock.

mod access_log;
mod alone;
mod compressing;
mod connection_counts;
mod copy_counts;
mod counts;
mod decide;
mod endpoints;
mod fetched;
pub(crate) mod gate;
mod gate_counts;
mod guarded;
mod guarding;
mod headers;
mod keys;
mod limits;
mod named;
mod reach;
mod ready;
mod rooms;
mod rule;
mod thread;
mod tokens;
mod visitor;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_data_plane::{BackendTls, Edge, EdgeThread, Verdicts};
use tradewind_edge::limit;
use tradewind_edge::session::SessionKey;
use tradewind_routing::{BackendId, Table};

pub(crate) use access_log::Sink;
pub(crate) use alone::Alone;
pub(crate) use counts::Registry;
pub(crate) use endpoints::Endpoints;
pub(crate) use fetched::Fetches;
pub(crate) use guarded::{Guarded, Port, judge};
pub(crate) use guarding::Guarding;
pub(crate) use keys::Keys;
pub(crate) use reach::checks;

use crate::edge::thread::ThreadEdge;

/// Where requests go at the moment. Never changes: other documents are another one.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    pub(crate) table: Table,
    pub(crate) endpoints: Arc<BTreeMap<BackendId, Endpoints>>,
    /// TLS towards backends that a document asks it for.
    pub(crate) secured: Arc<BTreeMap<BackendId, Secured>>,
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
    /// Routes that were in use: a table of some thousand takes milliseconds to give back, which no request shall wait
    /// for.
    retired: Mutex<Vec<Arc<Routes>>>,
    pub(crate) counts: Registry,
    /// What clients have used of their limits; without a lock, and one for all threads.
    pub(crate) limits: limit::Table,
    pub(crate) sink: Option<Arc<Sink>>,
    pub(crate) seed: u64,
    pub(crate) threads: u32,
    /// What endpoints are named with in cookies that keep clients at them.
    pub(crate) session_key: SessionKey,
    /// What checks have found of endpoints.
    pub(crate) verdicts: Verdicts,
    /// What threads leave alone.
    pub(crate) alone: Alone,
    /// Threads that have begun, which have a number each.
    begun: AtomicU64,
    /// What came of each document, for the internal door.
    status: Mutex<Status>,
}

/// Tells what came of each document.
#[derive(Clone)]
pub(crate) struct Status(Arc<dyn Fn() -> String + Send + Sync>);

impl Status {
    pub(crate) fn new(tell: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Status")
    }
}

/// Places of the table of limits: so many clients are told apart.
const CLIENTS: usize = 64 * 1024;

impl Shared {
    /// `seed` must be hard to guess.
    pub(crate) fn new(
        routes: Routes,
        sink: Option<Arc<Sink>>,
        (session_key, verdicts): (SessionKey, Verdicts),
        (seed, threads): (u64, u32),
    ) -> Arc<Self> {
        Arc::new(Self {
            version: AtomicU64::new(0),
            routes: Mutex::new(Arc::new(routes)),
            retired: Mutex::default(),
            counts: Registry::default(),
            limits: limit::Table::new(CLIENTS, seed),
            sink,
            seed,
            threads,
            session_key,
            verdicts,
            alone: Alone::default(),
            begun: AtomicU64::new(0),
            status: Mutex::new(Status::new(|| "{}".to_owned())),
        })
    }

    /// Puts other routes in the place of those in use. Requests under way go on with theirs. Not for a thread that gives
    /// way to those that serve: they would wait for it, should it be stopped while it has the lock.
    pub(crate) fn swap(&self, routes: Routes) {
        let mut current = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *current, Arc::new(routes));
        drop(current);
        self.version.fetch_add(1, Ordering::Release);
        self.retired.lock().unwrap_or_else(PoisonError::into_inner).push(before);
    }

    /// Keeps what tells what came of each document, for whoever asks: many routes are a long text.
    pub(crate) fn show(&self, status: Status) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    /// What came of each document, as it was shown last.
    pub(crate) fn status(&self) -> String {
        let status = self.status.lock().unwrap_or_else(PoisonError::into_inner).clone();
        status.0()
    }

    /// Gives back routes that no thread uses any more. Not for a thread that serves.
    pub(crate) fn clear(&self) {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let unused: Vec<_> = retired.extract_if(.., |routes| Arc::strong_count(routes) == 1).collect();
        drop(retired);
        drop(unused);
    }

    /// The number of one more thread.
    pub(crate) fn number(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed)
    }

    /// Where the draws of a thread begin; never zero.
    pub(crate) fn draws(&self, number: u64) -> u64 {
        (self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_that_a_thread_lets_go_of_are_given_back_by_another() {
        let kept = (SessionKey::new(b"key"), tradewind_data_plane::Checks::new(1).verdicts());
        let shared = Shared::new(Routes::default(), None, kept, (1, 1));
        let held = shared.routes();
        let weak = Arc::downgrade(&held);
        shared.swap(Routes::default());
        shared.clear();
        drop(held);
        assert!(weak.upgrade().is_some(), "the thread that serves has not given them back");
        shared.clear();
        assert!(weak.upgrade().is_none());
    }
}
