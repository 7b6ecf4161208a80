//! Puts together what is told apart by names.

use std::sync::Arc;

use tradewind_gateway_api::gateway::{Listener, TlsMode};
use tradewind_gateway_api::http_route::Timeouts;
use tradewind_gateway_api::tls_route::{TlsBackend, TlsRoute};

use super::{Builder, Place};
use crate::by_name::Mode;
use crate::host::Pattern;
use crate::refer::Referrer;
use crate::rule::{Backend, Rule};

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

/// The rules of a route; the builder says where they stand and which policy holds for them.
pub(super) fn rules(route: &TlsRoute, referrer: &mut Referrer<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (number, rule) in route.rules.iter().enumerate() {
        let backend = |backend: &TlsBackend| Backend {
            target: referrer.target(&backend.target),
            weight: backend.weight,
            steps: Vec::new(),
        };
        rules.push(Rule {
            index: 0,
            number,
            name: rule.name.clone(),
            steps: Vec::new(),
            backends: rule.backend_refs.iter().map(backend).collect(),
            timeouts: Timeouts::default(),
            policy: Arc::default(),
            route: referrer.route.clone(),
        });
    }
    rules
}

impl Builder<'_> {
    /// A listener that has TLS, also where no route attaches: a name that it is for leads nowhere else.
    pub(super) fn named_listener(&mut self, listener: &Listener) {
        let table = &mut self.built.table;
        let Some(mode) = mode(listener) else { return };
        table.secured.insert(listener.port);
        let host = Pattern::of(listener.hostname.as_deref());
        table.names.entry(listener.port).or_default().entry(&host).mode = mode;
    }

    /// Ports where HTTP alone is spoken need not be told apart before TLS ends.
    pub(super) fn finish_names(&mut self) {
        self.built.table.names.retain(|_, names| names.values_mut().any(|one| one.mode != Mode::Http));
    }

    /// Adds a rule at each of its places. Where two routes are for one host, the first has it.
    pub(super) fn named_rule(&mut self, rule: &Rule, places: &[Place]) {
        for place in places {
            let chain = self.policies.chain(&rule.route, rule.name.as_deref(), &place.outer);
            let policy = self.policies.effective(&chain);
            let table = &mut self.built.table;
            let index = table.rules.len();
            table.rules.push(Arc::new(Rule { index, policy, ..rule.clone() }));
            let listening = table.names.entry(place.port).or_default().entry(&place.listening);
            for host in &place.hosts {
                listening.rules.entry(host).get_or_insert(index);
            }
        }
    }
}
