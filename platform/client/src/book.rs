//! The phone book: which names are peers, and where they are.

use std::collections::{BTreeMap, btree_map};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use http::{Request, Response};
use tradewind_kernel::{Clock, Entropy, SpanRecorder};
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::balance::Endpoints;
use crate::forward::Pace;
use crate::guard::{Guard, PeerState};
use crate::{Address, Body, Policies};

/// A name that no door answers to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown peer {name:?}; known are: {known}")]
pub struct UnknownPeer {
    /// The name that was looked up.
    pub name: String,
    /// The names that are in the book.
    pub known: String,
}

/// Names and addresses of peers; clones share one book.
///
/// It is filled after all doors are built, so that peers may call each other in a circle.
#[derive(Debug, Clone)]
pub struct PhoneBook {
    entries: Arc<RwLock<BTreeMap<String, Entry>>>,
    clock: Clock,
    entropy: Entropy,
}

/// The peer and what stands before it for all of its callers.
#[derive(Debug)]
struct Entry {
    guard: Arc<Guard>,
    /// Whether anybody said where it is.
    is_entered: bool,
}

/// On the time and randomness of the operating system.
impl Default for PhoneBook {
    fn default() -> Self {
        Self::new(Clock::system(), Entropy::system())
    }
}

impl PhoneBook {
    /// An empty book. What is known of its peers is timed by `clock`; endpoints are drawn from `entropy`.
    #[must_use]
    pub fn new(clock: Clock, entropy: Entropy) -> Self {
        Self { entries: Arc::default(), clock, entropy }
    }

    /// Writes down where `name` is, for good. A peer that moves keeps its policies and what they know, but for its
    /// breaker: that is about the endpoint.
    pub fn enter(&self, name: impl Into<String>, address: Address) {
        let name = name.into();
        let endpoints = Endpoints::one(self.clock.clone(), self.entropy.fork(&name), address);
        self.enter_endpoints(name, endpoints);
    }

    /// Writes down who knows where `name` is. Several names may share the endpoints, and then share what is known of
    /// them.
    pub fn enter_endpoints(&self, name: impl Into<String>, endpoints: Endpoints) {
        match self.write().entry(name.into()) {
            btree_map::Entry::Occupied(mut known) => {
                let entry = known.get_mut();
                entry.guard = Arc::new(entry.guard.moved(endpoints));
                entry.is_entered = true;
            }
            btree_map::Entry::Vacant(place) => {
                let guard = Arc::new(Guard::new(place.key(), Policies::default(), endpoints));
                place.insert(Entry { guard, is_entered: true });
            }
        }
    }

    /// Puts these policies before `name`, for all of its callers, and forgets what the former ones knew. Calls
    /// under way end under the former ones. Without it the defaults of [`Policies`] hold.
    pub fn set_policies(&self, name: impl Into<String>, policies: Policies) {
        match self.write().entry(name.into()) {
            btree_map::Entry::Occupied(mut known) => {
                let entry = known.get_mut();
                let endpoints = entry.guard.endpoints().clone();
                entry.guard = Arc::new(Guard::new(entry.guard.peer(), policies, endpoints));
            }
            btree_map::Entry::Vacant(place) => {
                let entropy = self.entropy.fork(place.key());
                let endpoints = Endpoints::new(self.clock.clone(), entropy, "nobody");
                let guard = Arc::new(Guard::new(place.key(), policies, endpoints));
                place.insert(Entry { guard, is_entered: false });
            }
        }
    }

    /// What the policies of all peers know, by name; for metrics.
    #[must_use]
    pub fn peers_state(&self) -> Vec<PeerState> {
        self.read().values().map(|entry| entry.guard.peer_state()).collect()
    }

    /// A handle on a peer. Whether the name is in the book is checked by [`PhoneBook::require`].
    #[must_use]
    pub fn peer(&self, name: &str) -> Peer {
        Peer { name: name.into(), book: self.clone(), spans: SpanRecorder::default() }
    }

    /// Checks that `name` is in the book; for start-up.
    ///
    /// # Errors
    /// [`UnknownPeer`] when it is not.
    pub fn require(&self, name: &str) -> Result<(), UnknownPeer> {
        let entries = self.read();
        let known = entries.iter().filter(|(_, entry)| entry.is_entered).map(|(known, _)| known.as_str());
        let known: Vec<&str> = known.collect();
        if known.contains(&name) {
            return Ok(());
        }
        let known = known.join(", ");
        Err(UnknownPeer { name: name.to_owned(), known })
    }

    fn guard(&self, name: &str) -> Option<Arc<Guard>> {
        self.read().get(name).map(|entry| entry.guard.clone())
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Entry>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A peer, by its name.
#[derive(Debug, Clone)]
pub struct Peer {
    name: Arc<str>,
    book: PhoneBook,
    spans: SpanRecorder,
}

impl Peer {
    /// Its name in the phone book.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its policies know; `None` for a name that is not in the book. For metrics.
    #[must_use]
    pub fn state(&self) -> Option<PeerState> {
        self.book.guard(&self.name).map(|guard| guard.peer_state())
    }

    /// Records each try of a [`Caller`](crate::Caller) on this peer.
    #[must_use]
    pub fn recording(mut self, spans: SpanRecorder) -> Self {
        self.spans = spans;
        self
    }

    /// Sends a request as it is and gives the answer as it is: for passing on what others ask. Neither bulkhead,
    /// throttle nor breaker stands in the way, and a failure that was answered is the answer; calls of one's own go
    /// through [`Caller`](crate::Caller).
    ///
    /// A request that got no answer is sent once more, to another endpoint if there is one, where that is safe: it may
    /// arrive twice (by its method, or its `Idempotency-Key`), or it never left. So is one that an instance answers
    /// with 503, if there is another. The retry budget of the peer holds here too. A body of more than 64 KiB, or of a
    /// length that is not known, is not kept and goes once.
    ///
    /// # Errors
    /// When no answer arrived. An answer that says that something failed is no error here.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Problem> {
        self.guard()?.forward(request, Pace::Measured).await
    }

    /// What stands before the peer.
    pub(crate) fn guard(&self) -> Result<Arc<Guard>, Problem> {
        self.book
            .guard(&self.name)
            .ok_or_else(|| Problem::new(&UNAVAILABLE).operator(format!("no address for peer {}", self.name)))
    }

    pub(crate) fn spans(&self) -> &SpanRecorder {
        &self.spans
    }
}
