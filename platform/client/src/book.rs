//! The phone book: which names are peers, and where they are.

use std::collections::{BTreeMap, btree_map};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use http::{Request, Response};
use tradewind_kernel::SpanRecorder;
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::guard::{Guard, PeerState};
use crate::{Body, FarClient, NearDoor, Policies};

/// Where a peer is.
#[derive(Debug, Clone)]
pub enum Address {
    /// In this process.
    Near(NearDoor),
    /// Behind an address.
    Far(FarClient),
}

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
#[derive(Debug, Clone, Default)]
pub struct PhoneBook {
    entries: Arc<RwLock<BTreeMap<String, Entry>>>,
}

/// Where a peer is, and what stands before it for all of its callers.
#[derive(Debug)]
struct Entry {
    address: Option<Address>,
    guard: Arc<Guard>,
}

impl Entry {
    fn new(name: &str, policies: Policies) -> Self {
        Self { address: None, guard: Arc::new(Guard::new(name, policies)) }
    }
}

impl PhoneBook {
    /// Writes down where `name` is. A peer that moves keeps its policies and what they know, but for its breaker:
    /// that is about the endpoint.
    pub fn enter(&self, name: impl Into<String>, address: Address) {
        let name = name.into();
        let mut entries = self.write();
        let entry = entries.entry(name).or_insert_with_key(|name| Entry::new(name, Policies::default()));
        entry.guard.forget_endpoint();
        entry.address = Some(address);
    }

    /// Puts these policies before `name`, for all of its callers, and forgets what the former ones knew. Calls
    /// under way end under the former ones. Without it the defaults of [`Policies`] hold.
    pub fn set_policies(&self, name: impl Into<String>, policies: Policies) {
        let name = name.into();
        let fresh = Entry::new(&name, policies);
        match self.write().entry(name) {
            btree_map::Entry::Occupied(mut known) => known.get_mut().guard = fresh.guard,
            btree_map::Entry::Vacant(place) => drop(place.insert(fresh)),
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
        let known =
            entries.iter().filter(|(_, entry)| entry.address.is_some()).map(|(known, _)| known.as_str());
        let known: Vec<&str> = known.collect();
        if known.contains(&name) {
            return Ok(());
        }
        let known = known.join(", ");
        Err(UnknownPeer { name: name.to_owned(), known })
    }

    fn find(&self, name: &str) -> Option<Address> {
        self.read().get(name)?.address.clone()
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

    /// Sends a request as it is and gives the answer as it is: for passing on what others ask. No policy stands
    /// in the way and none learns from it; calls of one's own go through [`Caller`](crate::Caller).
    ///
    /// # Errors
    /// When no answer arrived. An answer that says that something failed is no error here.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Problem> {
        match self.book.find(&self.name) {
            Some(Address::Near(door)) => door.send(request).await,
            Some(Address::Far(client)) => client.send(request).await,
            None => Err(self.unknown()),
        }
    }

    /// What stands before the peer.
    pub(crate) fn guard(&self) -> Result<Arc<Guard>, Problem> {
        self.book.guard(&self.name).ok_or_else(|| self.unknown())
    }

    pub(crate) fn spans(&self) -> &SpanRecorder {
        &self.spans
    }

    fn unknown(&self) -> Problem {
        Problem::new(&UNAVAILABLE).operator(format!("no address for peer {}", self.name))
    }
}
