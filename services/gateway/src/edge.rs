//! Decides for the data plane: what the route documents say of a request, without waiting and without a lock.

mod counts;
mod decide;
mod headers;
mod rule;
mod thread;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_data_plane::{Edge, EdgeThread};
use tradewind_routing::{BackendId, Table};

pub(crate) use counts::Registry;

use crate::edge::thread::ThreadEdge;

/// Where requests go at the moment. Never changes: other documents are another one.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    pub(crate) table: Table,
    pub(crate) endpoints: BTreeMap<BackendId, Vec<SocketAddr>>,
}

/// What all threads share. On the way of a request they look at one number; only when it has changed do they fetch
/// what is behind the lock.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    version: AtomicU64,
    routes: Mutex<Arc<Routes>>,
    pub(crate) counts: Registry,
}

impl Shared {
    pub(crate) fn new(routes: Routes) -> Arc<Self> {
        let shared = Arc::new(Self::default());
        shared.swap(routes);
        shared
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
