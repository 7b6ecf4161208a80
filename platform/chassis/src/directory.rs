//! Finding peers while a service runs.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_client::{Peer, PhoneBook};
use tradewind_kernel::SpanRecorder;

use crate::dependency;
use crate::metrics::Metrics;
use crate::plan::Init;

/// The peers of a process by name, for a service that learns only while it runs whom it passes requests on to, as a
/// gateway does whose routes change. Made by [`Init::directory`].
///
/// It knows whoever a door or a setting of this process leads to; what a service names when it starts is found in other
/// processes as well.
#[derive(Clone)]
pub struct Directory {
    book: PhoneBook,
    spans: SpanRecorder,
    metrics: Metrics,
    /// The peers whose endpoints are in the metrics already.
    observed: Arc<Mutex<BTreeSet<String>>>,
}

impl Directory {
    /// Whether there is a peer of that name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.book.require(name).is_ok()
    }

    /// A handle on a peer, if there is one of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Peer> {
        if !self.knows(name) {
            return None;
        }
        let peer = self.book.peer(name).recording(self.spans.clone());
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        if observed.insert(name.to_owned()) {
            dependency::observe_endpoints(&self.metrics, &peer);
        }
        Some(peer)
    }
}

impl<C> Init<C> {
    /// The peers of this process, to be found when they are needed. Those given by [`Init::peer`] until now are known.
    #[must_use]
    pub fn directory(&self) -> Directory {
        let (book, spans, given) = self.calling();
        let observed = Arc::new(Mutex::new(given.iter().cloned().collect()));
        Directory { book, spans, metrics: self.metrics.clone(), observed }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Directory")
    }
}
