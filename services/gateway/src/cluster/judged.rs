//! What came of the objects that were read.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_gateway_api::{Body, DocumentError};
use tradewind_routing::{Documents, GatewayStatus, PolicyStatus, RouteStatus};

use crate::cluster::view::Name;

/// Which objects were read, in which generation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Basis(BTreeMap<Name, i64>);

impl Basis {
    pub(super) fn add(&mut self, name: Name, generation: i64) {
        self.0.insert(name, generation);
    }
}

/// A `BackendTLSPolicy` that does not hold as it is, and why.
#[derive(Debug, Clone)]
pub(crate) struct Unheld {
    pub(crate) namespace: String,
    pub(crate) policy: String,
    /// Why its services cannot be reached.
    pub(crate) invalid: Option<String>,
    /// Which other policies go first.
    pub(crate) conflict: Option<String>,
    /// Whether it goes first anywhere.
    pub(crate) is_in_effect: bool,
}

/// What came of the objects that were read, whatever has changed since.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    basis: Basis,
    documents: Documents,
    gateways: BTreeMap<(String, String), GatewayStatus>,
    routes: BTreeMap<Name, Arc<RouteStatus>>,
    policies: BTreeMap<Name, PolicyStatus>,
    /// What is wrong with objects that were left out, by what they are called.
    mistakes: BTreeMap<String, String>,
    unheld: Vec<Unheld>,
}

impl Judged {
    /// Puts together what came of documents.
    pub(crate) fn new(
        basis: &Basis,
        documents: &Documents,
        (gateways, routes, policies): (Vec<GatewayStatus>, &[Arc<RouteStatus>], &[PolicyStatus]),
        (errors, unheld): (&[DocumentError], &[Unheld]),
    ) -> Self {
        let mut mistakes: BTreeMap<String, String> = BTreeMap::new();
        for error in errors {
            mistakes.entry(error.file.clone()).or_insert_with(|| error.reason.clone());
        }
        let gateway = |status: GatewayStatus| ((status.namespace.clone(), status.name.clone()), status);
        let route = |status: &Arc<RouteStatus>| {
            let id = &status.route;
            ((id.kind, id.namespace.clone(), id.name.clone()), status.clone())
        };
        let policy = |status: &PolicyStatus| {
            let id = &status.policy;
            ((id.kind, id.namespace.clone(), id.name.clone()), status.clone())
        };
        Self {
            basis: basis.clone(),
            documents: documents.clone(),
            gateways: gateways.into_iter().map(gateway).collect(),
            routes: routes.iter().map(route).collect(),
            policies: policies.iter().map(policy).collect(),
            mistakes,
            unheld: unheld.to_vec(),
        }
    }

    /// The generation in which an object was read; none where it was not.
    pub(super) fn generation(&self, name: &Name) -> Option<i64> {
        self.basis.0.get(name).copied()
    }

    pub(super) fn gateway(&self, namespace: &str, name: &str) -> Option<&GatewayStatus> {
        self.gateways.get(&(namespace.to_owned(), name.to_owned()))
    }

    pub(super) fn route(&self, name: &Name) -> Option<&RouteStatus> {
        self.routes.get(name).map(|status| &**status)
    }

    pub(super) fn routes(&self) -> impl Iterator<Item = &RouteStatus> {
        self.routes.values().map(|status| &**status)
    }

    pub(super) fn policy(&self, name: &Name) -> Option<&PolicyStatus> {
        self.policies.get(name)
    }

    /// What is wrong with an object that was left out.
    pub(super) fn mistake(&self, called: &str) -> Option<&str> {
        self.mistakes.get(called).map(String::as_str)
    }

    pub(super) fn unheld(&self, namespace: &str, policy: &str) -> Option<&Unheld> {
        self.unheld.iter().find(|found| found.namespace == namespace && found.policy == policy)
    }

    pub(super) fn body(&self, kind: &str, namespace: &str, name: &str) -> Option<&Body> {
        self.documents.get(kind, namespace, name).map(|document| &document.body)
    }
}
