//! The phone book: which names are peers, and where they are.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use http::{Request, Response};
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::{Body, FarClient, NearDoor};

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
    entries: Arc<RwLock<BTreeMap<String, Address>>>,
}

impl PhoneBook {
    /// Writes down where `name` is.
    pub fn enter(&self, name: impl Into<String>, address: Address) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).insert(name.into(), address);
    }

    /// A handle on a peer. Whether the name is in the book is checked by [`PhoneBook::require`].
    #[must_use]
    pub fn peer(&self, name: &str) -> Peer {
        Peer { name: name.into(), book: self.clone() }
    }

    /// Checks that `name` is in the book; for start-up.
    ///
    /// # Errors
    /// [`UnknownPeer`] when it is not.
    pub fn require(&self, name: &str) -> Result<(), UnknownPeer> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        if entries.contains_key(name) {
            return Ok(());
        }
        let known = entries.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        Err(UnknownPeer { name: name.to_owned(), known })
    }

    fn find(&self, name: &str) -> Option<Address> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

/// A peer, by its name.
#[derive(Debug, Clone)]
pub struct Peer {
    name: Arc<str>,
    book: PhoneBook,
}

impl Peer {
    /// Its name in the phone book.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends a request as it is and gives the answer as it is.
    ///
    /// # Errors
    /// When no answer arrived. An answer that says that something failed is no error here.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Problem> {
        match self.book.find(&self.name) {
            Some(Address::Near(door)) => door.send(request).await,
            Some(Address::Far(client)) => client.send(request).await,
            None => Err(Problem::new(&UNAVAILABLE).operator(format!("no address for peer {}", self.name))),
        }
    }
}
