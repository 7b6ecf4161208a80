//! Where the endpoints of a peer are, and who knows: a list, the domain name system, a registry, or a Kubernetes
//! cluster.

mod dns;
mod fixed;
mod slices;
mod whereabouts;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;

use crate::balance::{Endpoints, Located};
use crate::{Address, BoxFuture, FarClient, InvalidAddress};

pub use dns::Dns;
pub use fixed::Fixed;
pub use slices::{Slices, Standpoint};
pub use whereabouts::{InvalidWhereabouts, Whereabouts};

/// An instance, as a source tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where its door is, as `host:port`.
    pub address: String,
    /// Which instance it is, where the source knows: another one behind the same address is a new endpoint.
    pub instance: Option<String>,
    /// Whether it is about to stop.
    pub is_leaving: bool,
    /// Whether it is in another zone, and those of this one are enough.
    pub is_elsewhere: bool,
}

impl Found {
    /// An instance of which nothing but its address is known.
    #[must_use]
    pub fn at(address: String) -> Self {
        Self { address, instance: None, is_leaving: false, is_elsewhere: false }
    }
}

/// Who knows where the endpoints of one peer are.
pub trait Discovery: Send {
    /// Waits until there is something new to say, and says where all of them are. The first time it says at once what
    /// it knows. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Why it does not know; what it said before stays true. It is asked again at once and waits by itself.
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<Found>, String>>;
}

/// Makes the client of an address.
pub type Connect = Arc<dyn Fn(&str) -> Result<FarClient, InvalidAddress> + Send + Sync>;

/// Keeps endpoints true by what a source says.
pub struct Follower {
    endpoints: Endpoints,
    source: Box<dyn Discovery>,
    connect: Connect,
    clients: BTreeMap<String, FarClient>,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("clients", &self.clients.keys()).finish_non_exhaustive()
    }
}

impl Follower {
    /// Tells `endpoints` what `source` says; clients are made by `connect`. What it knows at once is told at once.
    #[must_use]
    pub fn new(endpoints: Endpoints, source: Box<dyn Discovery>, connect: Connect) -> Self {
        let mut follower = Self { endpoints, source, connect, clients: BTreeMap::new() };
        // What is not known yet comes when it is run.
        follower.step().now_or_never().unwrap_or_default();
        follower
    }

    /// Follows the source until it is dropped. Run it as a task.
    ///
    /// The last endpoints are never given up: neither when the source is away, nor when it says that there are none.
    /// Whoever calls them finds out in any case, and a source may be wrong.
    pub async fn run(mut self) {
        loop {
            self.step().await;
        }
    }

    async fn step(&mut self) {
        match self.source.next().await {
            Ok(found) if found.is_empty() && !self.clients.is_empty() => {
                self.endpoints.set_trouble("it knows of no instance any more; the last ones are kept");
            }
            Ok(found) => {
                if let Err(error) = self.take(found) {
                    self.endpoints.set_trouble(error.to_string());
                }
            }
            Err(trouble) => self.endpoints.set_trouble(trouble),
        }
    }

    fn take(&mut self, found: Vec<Found>) -> Result<(), InvalidAddress> {
        let (mut clients, mut located) = (BTreeMap::new(), Vec::new());
        for Found { address, instance, is_leaving, is_elsewhere } in found {
            // Who stays keeps its connections.
            let client = match self.clients.remove(&address) {
                Some(client) => client,
                None => (self.connect)(&address)?,
            };
            clients.insert(address.clone(), client.clone());
            let address_of = Address::Far(client);
            located.push(Located { name: address, address: address_of, instance, is_leaving, is_elsewhere });
        }
        self.clients = clients;
        self.endpoints.set(located);
        Ok(())
    }
}
