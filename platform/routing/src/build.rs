//! Puts a table together.

mod by_name;
mod conflicts;
mod listeners;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tradewind_gateway_api::gateway::{AllowedRoutes, From, Gateway, GatewayTls, Listener, RouteNamespaces};
use tradewind_gateway_api::reference::ParentRef;
use tradewind_gateway_api::{Body, Document, DocumentError};

use crate::attach::{self, Ours};
use crate::build::conflicts::{Conflict, Key};
use crate::compile::{self, Compiled, Match, Path};
use crate::documents::Documents;
use crate::host::{HostMap, Pattern};
use crate::index::{Candidate, Index};
use crate::policy::{self, Attached, Chain, Outer, RulePolicies, Targets};
use crate::refer::{Known, Referrer};
use crate::rule::{RouteId, Rule};
use crate::status::{Condition, GatewayStatus, ParentStatus, PolicyStatus, RouteStatus};
use crate::table::{Entry, Listening, Table};

/// The class whose gateways are ours where no document says which program a class is of.
const CLASS: &str = "tradewind";
/// The program that a `GatewayClass` of ours names.
const CONTROLLER: &str = "tradewind.dev/gateway";

/// A table, and what came of each document.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// The table.
    pub table: Table,
    /// Of the gateways that are ours.
    pub gateways: Vec<GatewayStatus>,
    /// Of the routes that refer to one of them.
    pub routes: Vec<RouteStatus>,
    /// Of the policies about something that is ours or is not there.
    pub policies: Vec<PolicyStatus>,
    /// What is wrong with documents that were left out.
    pub errors: Vec<DocumentError>,
}

impl Table {
    /// Puts the documents of a gateway together.
    ///
    /// Ours are the gateways whose class names the controller `tradewind.dev/gateway`, or, where no document declares
    /// the class, whose class is `tradewind`. Where no document declares any gateway there is one all the same, so that
    /// a folder of routes is enough: it listens for HTTP on `port`, and takes every route, whichever parent it names.
    #[must_use]
    pub fn build(documents: &Documents, port: u16, known: &dyn Known) -> Built {
        let implied = implied(port);
        let ours = ours(documents, &implied);
        let mut built = Built::default();
        let targets = Targets { documents, ours: &ours, backends: &[] };
        let policies = RulePolicies::new(&targets, &mut built.errors);
        let (attached, conflicts) = (BTreeMap::new(), conflicts::conflicts(&ours));
        let mut builder = Builder { documents, known, built, attached, conflicts, policies };
        for gateway in &ours {
            builder.listeners(gateway);
        }
        for route in documents.routes() {
            builder.route(route, &ours);
        }
        builder.finish(&ours)
    }
}

fn ours<'build>(documents: &'build Documents, implied: &'build Gateway) -> Vec<Ours<'build>> {
    if documents.gateways().next().is_none() {
        return vec![Ours {
            namespace: "default",
            name: "tradewind",
            generation: 0,
            gateway: implied,
            is_implied: true,
        }];
    }
    let is_ours = |gateway: &Gateway| {
        let mut classes = documents.classes();
        match classes.find(|(document, _)| document.metadata.name == gateway.gateway_class_name) {
            Some((_, class)) => class.controller_name == CONTROLLER,
            None => gateway.gateway_class_name == CLASS,
        }
    };
    let found = documents.gateways().filter(|(_, gateway)| is_ours(gateway));
    found
        .map(|(document, gateway)| Ours {
            namespace: &document.metadata.namespace,
            name: &document.metadata.name,
            generation: document.metadata.generation,
            gateway,
            is_implied: false,
        })
        .collect()
}

/// The gateway that is there when nobody wrote one.
fn implied(port: u16) -> Gateway {
    let namespaces = RouteNamespaces { from: From::All, selector: None };
    let listener = Listener {
        name: "http".to_owned(),
        hostname: None,
        port,
        protocol: "HTTP".to_owned(),
        tls: None,
        allowed_routes: AllowedRoutes { namespaces, kinds: Vec::new() },
    };
    Gateway { gateway_class_name: CLASS.to_owned(), listeners: vec![listener], tls: GatewayTls::default() }
}

struct Builder<'build> {
    documents: &'build Documents,
    known: &'build dyn Known,
    built: Built,
    /// The routes that attached, by listener.
    attached: BTreeMap<Key, BTreeSet<RouteId>>,
    /// Listeners that are not served.
    conflicts: BTreeMap<Key, Conflict>,
    policies: RulePolicies<'build>,
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

impl<'build> Builder<'build> {
    /// Listeners are there even where no route attaches: a host that one is for is answered by no other.
    fn listeners(&mut self, ours: &Ours<'_>) {
        for listener in &ours.gateway.listeners {
            if attach::supported_kinds(listener).is_empty() || self.is_in_conflict(ours, listener) {
                continue;
            }
            let hosts = self.built.table.ports.entry(listener.port).or_default();
            if listener.protocol != "TLS" {
                hosts.entry(&Pattern::of(listener.hostname.as_deref()));
            }
            self.named_listener(listener);
        }
    }

    fn is_in_conflict(&self, ours: &Ours<'_>, listener: &Listener) -> bool {
        self.conflicts.contains_key(&conflicts::key(ours, &listener.name))
    }

    fn route(&mut self, document: &Document, ours: &[Ours<'_>]) {
        let (kind, parents, hostnames) = match &document.body {
            Body::HttpRoute(route) => ("HTTPRoute", &route.parent_refs, &route.hostnames),
            Body::GrpcRoute(route) => ("GRPCRoute", &route.parent_refs, &route.hostnames),
            Body::TlsRoute(route) => ("TLSRoute", &route.parent_refs, &route.hostnames),
            _ => return,
        };
        let metadata = &document.metadata;
        let route = RouteId { kind, namespace: metadata.namespace.clone(), name: metadata.name.clone() };
        let mut referrer =
            Referrer { documents: self.documents, known: self.known, route: &route, broken: None };
        let (compiled, named) = match &document.body {
            Body::TlsRoute(route) => (Vec::new(), by_name::rules(route, &mut referrer)),
            _ => match compile::route(document, &mut referrer) {
                Ok(compiled) => (compiled, Vec::new()),
                Err(errors) => return self.built.errors.extend(errors),
            },
        };
        let resolved = resolved(referrer.broken);
        let (places, parents) =
            self.parents(document, &parents_of(parents, ours), hostnames, ours, (&route, &resolved));
        if parents.is_empty() {
            return;
        }
        let generation = metadata.generation;
        self.built.routes.push(RouteStatus { route: route.clone(), generation, parents });
        if !places.is_empty() {
            compiled.iter().for_each(|compiled| self.rule(compiled, &places));
            named.iter().for_each(|rule| self.named_rule(rule, &places));
        }
    }

    /// Where a route attaches, and what came of each reference to a gateway of ours.
    fn parents(
        &mut self,
        document: &Document,
        parents: &[ParentRef],
        hostnames: &[String],
        ours: &[Ours<'_>],
        (route, resolved): (&RouteId, &Condition),
    ) -> (Vec<Place>, Vec<ParentStatus>) {
        let (mut places, mut statuses): (Vec<Place>, _) = (Vec::new(), Vec::new());
        for parent in parents {
            let Some(gateway) = ours.iter().find(|ours| ours.is_meant(parent, document)) else {
                continue;
            };
            let accepted = match attach::listeners(gateway, parent, document, hostnames, self.documents) {
                Ok(found) => self.attach(route, gateway, found, &mut places),
                Err(condition) => condition,
            };
            statuses
                .push(ParentStatus { parent: parent.clone(), conditions: vec![accepted, resolved.clone()] });
        }
        (places, statuses)
    }

    /// Attaches a route to listeners. Those that are not served count it all the same, as the specification wants.
    fn attach(
        &mut self,
        route: &RouteId,
        ours: &Ours<'_>,
        found: Vec<(&Listener, Vec<Pattern>)>,
        places: &mut Vec<Place>,
    ) -> Condition {
        let mut is_served = false;
        for (listener, hosts) in found {
            let key = conflicts::key(ours, &listener.name);
            self.attached.entry(key).or_default().insert(route.clone());
            if self.is_in_conflict(ours, listener) {
                continue;
            }
            is_served = true;
            let listening = Pattern::of(listener.hostname.as_deref());
            // A route may name a listener twice, by its name and by its port.
            if !places.iter().any(|place| place.port == listener.port && place.listening == listening) {
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

    /// Adds a rule, once for each set of policies that holds at some of its places.
    fn rule(&mut self, compiled: &Compiled, places: &[Place]) {
        let mut sets: Vec<(Chain, Vec<&Place>)> = Vec::new();
        for place in places {
            let Rule { route, name, .. } = &compiled.rule;
            let chain = self.policies.chain(route, name.as_deref(), &place.outer);
            match sets.iter_mut().find(|(known, _)| *known == chain) {
                Some((_, places)) => places.push(place),
                None => sets.push((chain, vec![place])),
            }
        }
        for (chain, places) in sets {
            let index = self.built.table.rules.len();
            let policy = self.policies.effective(&chain);
            self.built.table.rules.push(Arc::new(Rule { index, policy, ..compiled.rule.clone() }));
            self.matches(index, &compiled.matches, &places);
        }
    }

    fn matches(&mut self, rule: usize, matches: &[Match], places: &[&Place]) {
        let table = &mut self.built.table;
        for found in matches {
            let entry = table.entries.len();
            let prefix = match &found.path {
                Path::Prefix(path) => Some(path.clone()),
                Path::Exact(_) | Path::Expression(_) => None,
            };
            table.entries.push(Entry { rule, template: found.template.as_str().into(), prefix });
            for place in places {
                let listening: &mut Listening =
                    table.ports.entry(place.port).or_default().entry(&place.listening);
                for host in &place.hosts {
                    add(listening.hosts.entry(host), found, entry);
                }
            }
        }
    }

    fn finish(mut self, ours: &[Ours<'build>]) -> Built {
        self.finish_names();
        for listening in self.built.table.ports.values_mut().flat_map(HostMap::values_mut) {
            listening.hosts.values_mut().for_each(Index::finish);
        }
        self.built.gateways = ours.iter().map(|ours| self.status(ours)).collect();
        let backends = self.built.table.backends();
        let targets = Targets { documents: self.documents, ours, backends: &backends };
        let of_services = Attached::new("BackendPolicy", &targets);
        self.built.table.backend_policies = policy::services(&of_services, &targets);
        let mut of_ports = Attached::new("ListenerPolicy", &targets);
        self.built.table.listener_policies = policy::listeners(&mut of_ports, &targets);
        let statuses = self.policies.attached.into_statuses().chain(of_services.into_statuses());
        self.built.policies = statuses.chain(of_ports.into_statuses()).collect();
        self.built
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

fn add(index: &mut Index, found: &Match, entry: usize) {
    let candidate = Candidate { conditions: found.conditions.clone(), entry };
    match &found.path {
        Path::Exact(path) => index.add_exact(path, candidate),
        Path::Prefix(path) => index.add_prefix(path, candidate),
        Path::Expression(regex) => index.add_expression(regex.clone(), candidate),
    }
}
