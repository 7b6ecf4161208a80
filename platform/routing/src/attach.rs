//! Which listeners a route attaches to, and for which hosts.

use std::collections::BTreeMap;

use tradewind_gateway_api::Document;
use tradewind_gateway_api::gateway::{From, Gateway, Listener};
use tradewind_gateway_api::reference::ParentRef;

use crate::documents::Documents;
use crate::host::Pattern;
use crate::status::Condition;

pub(crate) const GROUP: &str = "gateway.networking.k8s.io";
const OF_HTTP: [&str; 2] = ["HTTPRoute", "GRPCRoute"];
const OF_TLS: [&str; 1] = ["TLSRoute"];

/// A gateway of ours.
pub(crate) struct Ours<'build> {
    pub(crate) namespace: &'build str,
    pub(crate) name: &'build str,
    pub(crate) generation: i64,
    pub(crate) gateway: &'build Gateway,
    /// Nobody wrote it: it is there because no document declares one, and takes every route.
    pub(crate) is_implied: bool,
}

impl Ours<'_> {
    /// Whether a route refers to it.
    pub(crate) fn is_meant(&self, parent: &ParentRef, route: &Document) -> bool {
        let is_gateway = parent.group == GROUP && parent.kind == "Gateway";
        let namespace = parent.namespace.as_ref().unwrap_or(&route.metadata.namespace);
        is_gateway && (self.is_implied || (parent.name == self.name && namespace == self.namespace))
    }
}

/// Kinds of routes that a listener takes.
pub(crate) fn supported_kinds(listener: &Listener) -> Vec<&'static str> {
    let known = match listener.protocol.as_str() {
        "HTTP" | "HTTPS" => &OF_HTTP[..],
        "TLS" => &OF_TLS[..],
        _ => return Vec::new(),
    };
    let allowed = &listener.allowed_routes.kinds;
    let is_allowed = |kind: &&str| {
        allowed.is_empty() || allowed.iter().any(|allowed| allowed.group == GROUP && allowed.kind == **kind)
    };
    known.iter().copied().filter(is_allowed).collect()
}

/// The listeners of a gateway that take a route, each with the hosts that it takes it for.
///
/// # Errors
///
/// Why none does.
pub(crate) fn listeners<'gateway>(
    ours: &Ours<'gateway>,
    parent: &ParentRef,
    route: &Document,
    hostnames: &[String],
    documents: &Documents,
) -> Result<Vec<(&'gateway Listener, Vec<Pattern>)>, Condition> {
    let refused = |reason, message: String| Err(Condition::new("Accepted", false, reason, message));
    let is_named = |listener: &&Listener| {
        parent.section_name.as_ref().is_none_or(|name| *name == listener.name)
            && parent.port.is_none_or(|port| port == listener.port)
    };
    let named: Vec<&Listener> =
        ours.gateway.listeners.iter().filter(|listener| ours.is_implied || is_named(listener)).collect();
    if named.is_empty() {
        let message = format!("gateway {}/{} has no such listener", ours.namespace, ours.name);
        return refused("NoMatchingParent", message);
    }
    let open: Vec<&Listener> =
        named.into_iter().filter(|listener| takes(ours, listener, route, documents)).collect();
    if open.is_empty() {
        let message =
            format!("no listener of {}/{} takes such a route from there", ours.namespace, ours.name);
        return refused("NotAllowedByListeners", message);
    }
    let hosts = |listener: &'gateway Listener| (listener, shared(listener, hostnames));
    let found: Vec<_> = open.into_iter().map(hosts).filter(|(_, hosts)| !hosts.is_empty()).collect();
    if found.is_empty() {
        let message = format!("no listener of {}/{} is for its hosts", ours.namespace, ours.name);
        return refused("NoMatchingListenerHostname", message);
    }
    Ok(found)
}

/// Whether a listener takes routes of this kind from this namespace.
fn takes(ours: &Ours<'_>, listener: &Listener, route: &Document, documents: &Documents) -> bool {
    let namespace = route.metadata.namespace.as_str();
    let namespaces = &listener.allowed_routes.namespaces;
    let from = match namespaces.from {
        From::All => true,
        From::Same => namespace == ours.namespace,
        From::Selector => {
            let none = BTreeMap::new();
            let labels =
                documents.get("Namespace", "", namespace).map_or(&none, |found| &found.metadata.labels);
            namespaces.selector.as_ref().is_some_and(|selector| selector.fits(labels))
        }
        From::None => false,
    };
    from && supported_kinds(listener).contains(&route.body.kind())
}

/// The hosts that a listener and a route both mean.
fn shared(listener: &Listener, hostnames: &[String]) -> Vec<Pattern> {
    let listening = Pattern::of(listener.hostname.as_deref());
    if hostnames.is_empty() {
        return vec![listening];
    }
    let mut hosts: Vec<Pattern> =
        hostnames.iter().filter_map(|host| Pattern::of(Some(host)).both(&listening)).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}
