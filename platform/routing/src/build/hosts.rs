//! Which matches there are for each host, and an index for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::order::Order;
use crate::host::{HostMap, Pattern};
use crate::index::{Entry, Index};
use crate::pace::Pace;
use crate::table::Listening;

/// A host of some routes at a listener.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) port: u16,
    /// The host of the listener.
    pub(super) listening: Pattern,
    pub(super) host: Pattern,
}

/// The hosts of all routes. Only of those about which something changes is there a new index.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    entries: BTreeMap<Place, BTreeMap<Arc<Order>, Vec<Arc<Entry>>>>,
    changed: BTreeSet<Place>,
    ports: BTreeMap<u16, HostMap<Listening>>,
}

impl Hosts {
    /// A port is there even where nothing is for requests.
    pub(super) fn open(&mut self, port: u16) {
        self.ports.entry(port).or_default();
    }

    /// Listeners are there even where no route attaches: a host that one is for is answered by no other.
    pub(super) fn listen(&mut self, port: u16, host: &Pattern) {
        self.ports.entry(port).or_default().entry(host);
    }

    /// Adds a match of a route, behind those that it has there.
    pub(super) fn add(&mut self, place: &Place, order: &Arc<Order>, entry: Arc<Entry>) {
        let routes = self.entries.entry(place.clone()).or_default();
        routes.entry(order.clone()).or_default().push(entry);
        self.changed.insert(place.clone());
    }

    /// Takes away what a route has there.
    pub(super) fn remove(&mut self, place: &Place, order: &Order) {
        if let Some(routes) = self.entries.get_mut(place) {
            routes.remove(order);
            self.changed.insert(place.clone());
        }
    }

    /// What a request is looked up in, as all this stands.
    pub(super) fn ports(&mut self, pace: &mut Pace) -> BTreeMap<u16, HostMap<Listening>> {
        for place in std::mem::take(&mut self.changed) {
            let hosts = &mut self.ports.entry(place.port).or_default().entry(&place.listening).hosts;
            match self.entries.get(&place).filter(|routes| !routes.is_empty()) {
                Some(routes) => {
                    *hosts.entry(&place.host) = Arc::new(Index::of(routes.values().flatten(), pace));
                }
                None => {
                    hosts.remove(&place.host);
                    self.entries.remove(&place);
                }
            }
        }
        self.ports.clone()
    }
}
