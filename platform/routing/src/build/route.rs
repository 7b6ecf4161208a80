//! Reads one route among the documents around it.

use tradewind_gateway_api::reference::ParentRef;
use tradewind_gateway_api::{Body, Document, DocumentError};

use super::gateways::{ListenerId, listener_id};
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
}

/// A route that was read.
#[derive(Default)]
pub(super) struct Read {
    pub(super) errors: Vec<DocumentError>,
    /// None where it refers to no gateway of ours.
    pub(super) status: Option<RouteStatus>,
    pub(super) leaned: Leaned,
    /// The listeners that it attached to, one as often as it did.
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
            _ => return Read::default(),
        };
        let metadata = &document.metadata;
        let route = RouteId { kind, namespace: metadata.namespace.clone(), name: metadata.name.clone() };
        let (documents, known) = (self.documents, self.known);
        let mut referrer =
            Referrer { documents, known, route: &route, broken: None, leaned: Leaned::default() };
        let compiled = compile::route(document, &mut referrer);
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
                Ok(found) => {
                    for (listener, hosts) in found {
                        read.listeners.push(listener_id(gateway, listener));
                        let outer = self.policies.outer(gateway, listener);
                        let listening = Pattern::of(listener.hostname.as_deref());
                        add_place(&mut places, Place { port: listener.port, listening, hosts, outer });
                    }
                    Condition::new("Accepted", true, "Accepted", "the route is served")
                }
                Err(condition) => condition,
            };
            statuses.push(ParentStatus { parent, conditions: vec![accepted, resolved.clone()] });
        }
        (places, statuses)
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

/// Two listeners of one port and host are one place.
fn add_place(places: &mut Vec<Place>, new: Place) {
    let is_same = |place: &&mut Place| place.port == new.port && place.listening == new.listening;
    match places.iter_mut().find(is_same) {
        Some(place) => place.outer.extend(new.outer),
        None => places.push(new),
    }
}
