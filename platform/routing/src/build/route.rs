//! Reads one route among the documents around it.

use std::collections::BTreeMap;

use tradewind_gateway_api::gateway::Listener;
use tradewind_gateway_api::reference::ParentRef;
use tradewind_gateway_api::{Body, Document, DocumentError};

use super::by_name;
use super::conflicts::{Conflict, ListenerId, listener_id};
use super::hosts::Place as HostPlace;
use crate::attach::{self, Ours};
use crate::compile::{self, Match};
use crate::documents::Documents;
use crate::host::Pattern;
use crate::policy::{Chain, Outer, RulePolicies};
use crate::refer::{Known, Leaned, Referrer};
use crate::rule::{RouteId, Rule};
use crate::status::{Condition, ParentStatus, RouteStatus};

/// What a route is read with.
pub(super) struct Around<'build> {
    pub(super) documents: &'build Documents,
    pub(super) known: &'build dyn Known,
    pub(super) ours: &'build [Ours<'build>],
    pub(super) policies: &'build RulePolicies,
    /// Listeners that are not served.
    pub(super) conflicts: &'build BTreeMap<ListenerId, Conflict>,
}

/// A route that was read.
#[derive(Default)]
pub(super) struct Read {
    pub(super) errors: Vec<DocumentError>,
    /// None where it refers to no gateway of ours.
    pub(super) status: Option<RouteStatus>,
    pub(super) leaned: Leaned,
    /// The listeners that it attached to, each once.
    pub(super) listeners: Vec<ListenerId>,
    pub(super) rules: Vec<Laid>,
}

/// A rule, once for each set of policies that holds at some of its places.
pub(super) struct Laid {
    /// Its number and its policy are for others to say.
    pub(super) rule: Rule,
    pub(super) chain: Chain,
    pub(super) matches: Vec<Match>,
    pub(super) places: Vec<HostPlace>,
}

/// Where a route attaches.
struct Place {
    port: u16,
    /// The host of the listener.
    listening: Pattern,
    /// The hosts of the route there.
    hosts: Vec<Pattern>,
    /// The policies that hold there for every route.
    outer: Outer,
}

impl Around<'_> {
    /// Reads a route.
    pub(super) fn read(&self, document: &Document) -> Read {
        let (kind, parents, hostnames) = match &document.body {
            Body::HttpRoute(route) => ("HTTPRoute", &route.parent_refs, &route.hostnames),
            Body::GrpcRoute(route) => ("GRPCRoute", &route.parent_refs, &route.hostnames),
            Body::TlsRoute(route) => ("TLSRoute", &route.parent_refs, &route.hostnames),
            _ => return Read::default(),
        };
        let metadata = &document.metadata;
        let route = RouteId { kind, namespace: metadata.namespace.clone(), name: metadata.name.clone() };
        let (documents, known) = (self.documents, self.known);
        let mut referrer =
            Referrer { documents, known, route: &route, broken: None, leaned: Leaned::default() };
        let compiled = match &document.body {
            Body::TlsRoute(route) => Ok(by_name::rules(route, &mut referrer)),
            _ => compile::route(document, &mut referrer),
        };
        let Referrer { broken, leaned, .. } = referrer;
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(errors) => return Read { errors, leaned, ..Read::default() },
        };
        let mut read = Read { leaned, ..Read::default() };
        let (places, parents) = self.parents(document, (parents, hostnames), &resolved(broken), &mut read);
        if parents.is_empty() {
            return read;
        }
        read.status = Some(RouteStatus { route, generation: metadata.generation, parents });
        if !places.is_empty() {
            read.rules = compiled.into_iter().flat_map(|compiled| self.rule(compiled, &places)).collect();
        }
        read
    }

    /// Where a route attaches, and what came of each reference to a gateway of ours.
    fn parents(
        &self,
        document: &Document,
        (parents, hostnames): (&[ParentRef], &[String]),
        resolved: &Condition,
        read: &mut Read,
    ) -> (Vec<Place>, Vec<ParentStatus>) {
        let (mut places, mut statuses): (Vec<Place>, _) = (Vec::new(), Vec::new());
        for parent in parents_of(parents, self.ours) {
            let Some(gateway) = self.ours.iter().find(|ours| ours.is_meant(&parent, document)) else {
                continue;
            };
            let accepted = match attach::listeners(gateway, &parent, document, hostnames, self.documents) {
                Ok(found) => self.attach(gateway, found, &mut places, read),
                Err(condition) => condition,
            };
            statuses.push(ParentStatus { parent, conditions: vec![accepted, resolved.clone()] });
        }
        (places, statuses)
    }

    /// Attaches a route to listeners. Those that are not served count it all the same, as the specification wants.
    fn attach(
        &self,
        ours: &Ours<'_>,
        found: Vec<(&Listener, Vec<Pattern>)>,
        places: &mut Vec<Place>,
        read: &mut Read,
    ) -> Condition {
        let mut is_served = false;
        for (listener, hosts) in found {
            let id = listener_id(ours, listener);
            let is_in_conflict = self.conflicts.contains_key(&id);
            is_served |= !is_in_conflict;
            // A route may name a listener twice, by its name and by its port.
            if read.listeners.contains(&id) {
                continue;
            }
            read.listeners.push(id);
            if !is_in_conflict {
                let listening = Pattern::of(listener.hostname.as_deref());
                let outer = self.policies.outer(ours, listener);
                places.push(Place { port: listener.port, listening, hosts, outer });
            }
        }
        let message = match is_served {
            true => "the route is served",
            false => "the route is attached, and its listeners are in conflict with others",
        };
        Condition::new("Accepted", true, "Accepted", message)
    }

    /// A rule, once for each set of policies that holds at some of its places.
    fn rule(&self, compiled: compile::Compiled, places: &[Place]) -> Vec<Laid> {
        let compile::Compiled { rule, matches } = compiled;
        let mut all: Vec<Laid> = Vec::new();
        for place in places {
            let chain = self.policies.chain(&rule.route, rule.name.as_deref(), &place.outer);
            let hosts = place.hosts.iter().map(|host| HostPlace {
                port: place.port,
                listening: place.listening.clone(),
                host: host.clone(),
            });
            match all.iter_mut().find(|laid| laid.chain == chain) {
                Some(laid) => laid.places.extend(hosts),
                None => {
                    let (rule, matches) = (rule.clone(), matches.clone());
                    all.push(Laid { rule, chain, matches, places: hosts.collect() });
                }
            }
        }
        all
    }
}

/// The parents that a route names. One that names none attaches to a gateway that nobody wrote.
fn parents_of(parents: &[ParentRef], ours: &[Ours<'_>]) -> Vec<ParentRef> {
    match ours.first() {
        Some(implied) if parents.is_empty() && implied.is_implied => vec![ParentRef {
            group: "gateway.networking.k8s.io".to_owned(),
            kind: "Gateway".to_owned(),
            namespace: Some(implied.namespace.to_owned()),
            name: implied.name.to_owned(),
            section_name: None,
            port: None,
        }],
        _ => parents.to_vec(),
    }
}

fn resolved(broken: Option<(&'static str, String)>) -> Condition {
    match broken {
        None => Condition::new("ResolvedRefs", true, "ResolvedRefs", "all references lead somewhere"),
        Some((reason, message)) => Condition::new("ResolvedRefs", false, reason, message),
    }
}
