//! Which listeners cannot be told apart.
//!
//! All gateways of ours share the addresses of one program, so their listeners are one set. Of those that a connection
//! or a request could belong to alike none is served: to choose one would be to guess.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_gateway_api::gateway::Listener;

use crate::attach::Ours;
use crate::host::Pattern;

/// A listener: namespace and name of its gateway, and its own name.
pub(super) type ListenerId = (String, String, String);

/// The name of a listener among all.
pub(super) fn listener_id(ours: &Ours<'_>, listener: &Listener) -> ListenerId {
    (ours.namespace.to_owned(), ours.name.to_owned(), listener.name.clone())
}

/// Why a listener is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    /// The word that the specification has for it.
    pub(super) reason: &'static str,
    pub(super) message: String,
}

/// A listener that is known by its protocol.
struct One {
    key: ListenerId,
    protocol: String,
    host: Pattern,
}

/// The listeners that are in conflict with others.
pub(super) fn conflicts(ours: &[Ours<'_>]) -> BTreeMap<ListenerId, Conflict> {
    let mut ports: BTreeMap<u16, Vec<One>> = BTreeMap::new();
    for gateway in ours {
        for listener in &gateway.gateway.listeners {
            let protocol = listener.protocol.clone();
            if matches!(protocol.as_str(), "HTTP" | "HTTPS" | "TLS") {
                let host = Pattern::of(listener.hostname.as_deref());
                let one = One { key: listener_id(gateway, listener), protocol, host };
                ports.entry(listener.port).or_default().push(one);
            }
        }
    }
    ports.iter().flat_map(|(port, all)| on_port(*port, all)).collect()
}

fn on_port(port: u16, all: &[One]) -> Vec<(ListenerId, Conflict)> {
    let is_clear = |one: &One| one.protocol == "HTTP";
    if all.iter().any(is_clear) && !all.iter().all(is_clear) {
        let protocols: BTreeSet<&str> = all.iter().map(|one| one.protocol.as_str()).collect();
        let protocols: Vec<&str> = protocols.into_iter().collect();
        let message = format!("port {port} cannot be for {} at a time", protocols.join(" and "));
        let conflict = Conflict { reason: "ProtocolConflict", message };
        return all.iter().map(|one| (one.key.clone(), conflict.clone())).collect();
    }
    let mut hosts: BTreeMap<&Pattern, Vec<&One>> = BTreeMap::new();
    all.iter().for_each(|one| hosts.entry(&one.host).or_default().push(one));
    hosts.into_values().filter(|same| same.len() > 1).flat_map(|same| of_host(port, &same)).collect()
}

fn of_host(port: u16, same: &[&One]) -> Vec<(ListenerId, Conflict)> {
    let is_one_protocol = same.windows(2).all(|pair| matches!(pair, [a, b] if a.protocol == b.protocol));
    let reason = if is_one_protocol { "HostnameConflict" } else { "ProtocolConflict" };
    let conflict = |one: &&One| {
        let is_other = |other: &&&One| other.key != one.key;
        let named = |other: &&One| {
            let (namespace, gateway, listener) = &other.key;
            format!("{listener} of {namespace}/{gateway}")
        };
        let others: Vec<String> = same.iter().filter(is_other).map(named).collect();
        let message = format!("port {port} and the same hostname are claimed by {}", others.join(" and "));
        (one.key.clone(), Conflict { reason, message })
    };
    same.iter().map(conflict).collect()
}
