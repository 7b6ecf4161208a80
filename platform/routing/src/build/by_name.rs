//! Puts together what is told apart by names. The listeners are the same for as long as the gateways are; the routes are
//! few, and read at each build anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tradewind_gateway_api::Document;
use tradewind_gateway_api::gateway::{Listener, TlsMode};
use tradewind_gateway_api::http_route::Timeouts;
use tradewind_gateway_api::tls_route::{TlsBackend, TlsRoute};

use super::conflicts::ListenerId;
use super::order::Order;
use super::policies::{self, Policies};
use super::route::{Around, Laid, Read};
use super::routes::Routes;
use super::services::Services;
use crate::by_name::{Mode, Names};
use crate::compile::Compiled;
use crate::host::Pattern;
use crate::refer::Referrer;
use crate::rule::{Backend, BackendId, Rule};
use crate::status::RouteStatus;
use crate::table::services;

/// What a listener does with connections that it tells apart by names.
fn mode(listener: &Listener) -> Option<Mode> {
    let mode = listener.tls.as_ref().map(|tls| tls.mode);
    match (listener.protocol.as_str(), mode) {
        ("HTTPS", _) => Some(Mode::Http),
        ("TLS", Some(TlsMode::Passthrough)) => Some(Mode::Passthrough),
        ("TLS", _) => Some(Mode::Terminate),
        _ => None,
    }
}

/// The rules of a route.
pub(super) fn rules(route: &TlsRoute, referrer: &mut Referrer<'_>) -> Vec<Compiled> {
    let mut rules = Vec::new();
    for (number, rule) in route.rules.iter().enumerate() {
        let backend = |backend: &TlsBackend| Backend {
            target: referrer.target(&backend.target),
            weight: backend.weight,
            steps: Vec::new(),
        };
        let rule = Rule {
            index: 0,
            number,
            name: rule.name.clone(),
            steps: Vec::new(),
            backends: rule.backend_refs.iter().map(backend).collect(),
            timeouts: Timeouts::default(),
            policy: Arc::default(),
            route: referrer.route.clone(),
        };
        rules.push(Compiled { rule, matches: Vec::new() });
    }
    rules
}

/// What is told apart by names.
#[derive(Debug, Default)]
pub(super) struct ByName {
    /// The listeners of each port that has TLS, without rules.
    listeners: BTreeMap<u16, Names>,
    /// The ports of which not all connections are HTTP within TLS that ends here.
    apart: BTreeSet<u16>,
    held: Held,
}

/// What the rules of the last build count for.
#[derive(Debug, Default)]
struct Held {
    services: Vec<BackendId>,
    policies: Vec<policies::Names>,
}

impl Held {
    fn give_back(self, services: &mut Services, policies: &mut Policies) {
        self.services.iter().for_each(|id| services.lead_to_no_more(id));
        self.policies.iter().for_each(|names| policies.give_back(names));
    }
}

/// What the routes come to.
#[derive(Default)]
pub(super) struct Named {
    pub(super) names: BTreeMap<u16, Names>,
    pub(super) rules: Vec<Arc<Rule>>,
    pub(super) statuses: Vec<Arc<RouteStatus>>,
    /// How many routes attached.
    pub(super) attached: BTreeMap<ListenerId, usize>,
}

impl ByName {
    /// A listener that has TLS, also where no route attaches: a name that it is for leads nowhere else.
    pub(super) fn listen(&mut self, listener: &Listener) {
        let Some(mode) = mode(listener) else { return };
        let host = Pattern::of(listener.hostname.as_deref());
        self.listeners.entry(listener.port).or_default().entry(&host).mode = mode;
        if mode != Mode::Http {
            self.apart.insert(listener.port);
        }
    }

    /// The ports whose connections have TLS.
    pub(super) fn secured(&self) -> BTreeSet<u16> {
        self.listeners.keys().copied().collect()
    }

    /// Reads the routes. Where two are for one host, the first has it.
    pub(super) fn read(&mut self, around: &Around<'_>, routes: &mut Routes) -> Named {
        // Ports where HTTP alone is spoken need not be told apart before TLS ends.
        let apart = self.listeners.iter().filter(|(port, _)| self.apart.contains(*port));
        let names = apart.map(|(port, names)| (*port, names.clone())).collect();
        let mut named = Named { names, ..Named::default() };
        let mut documents: Vec<&Document> = around.documents.of_kind("TLSRoute").collect();
        documents.sort_by_cached_key(|document| Order::of(document));
        let mut held = Held::default();
        for document in documents {
            let Read { status, listeners, rules, .. } = around.read(document);
            named.statuses.extend(status.map(Arc::new));
            for listener in listeners {
                *named.attached.entry(listener).or_default() += 1;
            }
            rules.into_iter().for_each(|laid| named.lay(laid, around, routes, &mut held));
        }
        // What both builds have has never been gone.
        let before = std::mem::replace(&mut self.held, held);
        before.give_back(&mut routes.services, &mut routes.policies);
        named
    }
}

impl Named {
    fn lay(&mut self, laid: Laid, around: &Around<'_>, routes: &mut Routes, held: &mut Held) {
        let (names, policy) = routes.policies.take(&laid.chain, around.policies);
        held.policies.push(names);
        // The numbers behind those of the other rules.
        let index = routes.rule_numbers() + self.rules.len();
        let rule = Arc::new(Rule { index, policy, ..laid.rule });
        for id in services(&rule) {
            routes.services.lead_to(id);
            held.services.push(id.clone());
        }
        for place in &laid.places {
            let listening = self.names.entry(place.port).or_default().entry(&place.listening);
            listening.rules.entry(&place.host).get_or_insert_with(|| rule.clone());
        }
        self.rules.push(rule);
    }
}
