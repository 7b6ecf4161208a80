//! Puts a table together.

mod by_name;
mod conflicts;
mod hosts;
mod listeners;
mod numbers;
mod order;
mod ours;
mod policies;
mod route;
mod routes;
mod services;
mod stale;

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_gateway_api::{Document, DocumentError};

use crate::attach::{self, Ours};
use crate::by_name::Names;
use crate::documents::Documents;
use crate::effective::{EffectiveBackendPolicy, EffectiveListenerPolicy};
use crate::host::Pattern;
use crate::pace::Pace;
use crate::policy::{self, AtTargets, Attached, RulePolicies, Targets};
use crate::refer::Known;
use crate::rule::{BackendId, Rule};
use crate::status::{GatewayStatus, PolicyStatus, RouteStatus};
use crate::table::Table;
use by_name::ByName;
use conflicts::{Conflict, ListenerId, conflicts, listener_id};
use listeners::Judged;
use order::Order;
use ours::{implied, ours};

pub use ours::Served;
use route::Around;
use routes::Routes;
use stale::{ROUTES, Stand, stale};

/// What every route is read with.
const SURROUNDINGS: [&str; 3] = ["Gateway", "GatewayClass", "Namespace"];

/// What says how services are reached.
const OF_SERVICES: [&str; 2] = ["BackendPolicy", "Service"];

/// A table, and what came of each document.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// The table.
    pub table: Table,
    /// Of the gateways that are ours.
    pub gateways: Vec<GatewayStatus>,
    /// Of the routes that refer to one of them.
    pub routes: Vec<Arc<RouteStatus>>,
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
        Builder::default().build(documents, port, known)
    }
}

/// Puts one table together after the other. What the documents of the one before have come to is taken over where
/// nothing is other: the next costs what has changed, and a little for each route.
#[derive(Debug, Default)]
pub struct Builder {
    pace: Pace,
    served: Served,
    port: u16,
    documents: Documents,
    at_targets: AtTargets,
    /// Listeners that are not served.
    conflicts: BTreeMap<ListenerId, Conflict>,
    routes: Routes,
    by_name: ByName,
    of_services: (Arc<[BackendId]>, OfServices),
    of_ports: OfPorts,
    defaults: (Arc<EffectiveBackendPolicy>, Arc<EffectiveListenerPolicy>),
}

impl Builder {
    /// One that calls this after each piece of work, which takes some ten microseconds: a thread may let others have
    /// their turn then.
    #[must_use]
    pub fn taking_turns(turn: fn()) -> Self {
        Self { pace: Pace::new(turn), ..Self::default() }
    }

    /// The same for other gateways than those of documents in files.
    #[must_use]
    pub fn serving(mut self, served: Served) -> Self {
        self.served = served;
        self
    }

    /// As [`Table::build`], whatever was built before. Documents that are the same must be the very same, shared with
    /// the build before: others are taken for others.
    pub fn build(&mut self, documents: &Documents, port: u16, known: &dyn Known) -> Built {
        let implied = implied(port);
        let served = self.served.clone();
        let ours = ours(documents, &implied, &served);
        if self.port != port || !documents.agree(&self.documents, &SURROUNDINGS) {
            *self = Self { port, pace: self.pace, served: served.clone(), ..Self::default() };
            self.listen(&ours);
        }
        let mut errors = Vec::new();
        let policies = RulePolicies::new(&Targets { documents, ours: &ours, backends: &[] }, &mut errors);
        let at_targets = policies.attached.at_targets();
        let conflicts = std::mem::take(&mut self.conflicts);
        let around = Around { documents, known, ours: &ours, policies: &policies, conflicts: &conflicts };
        self.follow(&around, &at_targets);
        let named = self.by_name.read(&around, &mut self.routes);
        errors.extend(self.routes.errors().cloned());
        self.pace.turn();
        let (backend_policies, listener_policies, statuses) = self.others(documents, &ours);
        self.documents = documents.clone();
        self.at_targets = at_targets;
        let statuses = policies.attached.into_statuses().chain(statuses);
        let attached = [&self.routes.attached, &named.attached];
        let judged = Judged { documents, conflicts: &conflicts, attached };
        let gateways = ours.iter().map(|ours| judged.status(ours)).collect();
        self.conflicts = conflicts;
        let (mut routes, mut rules) = self.routes.all(&mut self.pace);
        routes.extend(named.statuses);
        rules.extend(named.rules);
        Built {
            table: self.table((rules, named.names), backend_policies, listener_policies),
            gateways,
            routes,
            policies: statuses.collect(),
            errors,
        }
    }

    fn listen(&mut self, ours: &[Ours<'_>]) {
        self.conflicts = conflicts(ours);
        let all = ours.iter().flat_map(|ours| ours.gateway.listeners.iter().map(move |one| (ours, one)));
        for (ours, listener) in all {
            let is_in_conflict = self.conflicts.contains_key(&listener_id(ours, listener));
            if is_in_conflict || attach::supported_kinds(listener).is_empty() {
                continue;
            }
            self.routes.hosts.open(listener.port);
            if listener.protocol != "TLS" {
                self.routes.hosts.listen(listener.port, &Pattern::of(listener.hostname.as_deref()));
            }
            self.by_name.listen(listener);
        }
    }

    /// Takes away what cannot stay, and adds what is new, in the order of precedence.
    fn follow(&mut self, around: &Around<'_>, at_targets: &AtTargets) {
        let before = Stand { documents: &self.documents, at_targets: &self.at_targets };
        let now = Stand { documents: around.documents, at_targets };
        let stale = stale(&self.routes, (&before, &now), around.known);
        let new = ROUTES.into_iter().flat_map(|kind| now.documents.beyond(before.documents, kind));
        let mut fresh: BTreeMap<Order, Arc<Document>> =
            new.map(|document| (Order::of(document), document.clone())).collect();
        self.routes.policies.begin();
        for order in stale {
            let taken = self.routes.remove(&order);
            if let Some(document) = taken.filter(|document| around.documents.holds(document)) {
                fresh.insert(order, document);
            }
        }
        for document in fresh.into_values() {
            self.routes.add(document, around);
            self.pace.step();
        }
    }

    /// The policies of services and of ports, and what came of each.
    fn others(&mut self, documents: &Documents, ours: &[Ours<'_>]) -> Others {
        let backends = self.routes.services.all();
        let targets = Targets { documents, ours, backends: &backends };
        let of_services = Attached::new("BackendPolicy", &targets);
        let is_same =
            Arc::ptr_eq(&backends, &self.of_services.0) && documents.agree(&self.documents, &OF_SERVICES);
        if !is_same {
            let mut made = policy::services(&of_services, &targets);
            keep_same(&mut made, &self.of_services.1);
            self.of_services = (backends.clone(), Arc::new(made));
        }
        let mut of_ports = Attached::new("ListenerPolicy", &targets);
        let mut made = policy::listeners(&mut of_ports, &targets);
        keep_same(&mut made, &self.of_ports);
        self.of_ports.clone_from(&made);
        let statuses = of_services.into_statuses().chain(of_ports.into_statuses()).collect();
        (self.of_services.1.clone(), made, statuses)
    }

    fn table(
        &mut self,
        (rules, names): (Vec<Arc<Rule>>, BTreeMap<u16, Names>),
        backend_policies: OfServices,
        listener_policies: OfPorts,
    ) -> Table {
        self.pace.turn();
        Table {
            ports: self.routes.hosts.ports(&mut self.pace),
            rules,
            names,
            secured: self.by_name.secured(),
            entries: self.routes.entries.clone(),
            backends: self.routes.services.all(),
            policies: self.routes.policies.all(),
            backend_policies,
            listener_policies,
            defaults: self.defaults.clone(),
        }
    }
}

type OfServices = Arc<BTreeMap<BackendId, Arc<EffectiveBackendPolicy>>>;
type OfPorts = BTreeMap<u16, Arc<EffectiveListenerPolicy>>;
type Others = (OfServices, OfPorts, Vec<PolicyStatus>);

/// Puts the very same in the place of what is equal.
fn keep_same<K: Ord, T: PartialEq>(made: &mut BTreeMap<K, Arc<T>>, before: &BTreeMap<K, Arc<T>>) {
    for (key, value) in made {
        if let Some(before) = before.get(key).filter(|before| *before == value) {
            *value = before.clone();
        }
    }
}
