//! Follows references to services.

use std::collections::BTreeSet;

use tradewind_gateway_api::reference::ObjectRef;

use crate::documents::Documents;
use crate::rule::{BackendId, RouteId, Target};

/// Which services there are.
pub trait Known {
    /// Whether there is such a service, and it has that port.
    fn has(&self, backend: &BackendId) -> bool;
}

impl<F: Fn(&BackendId) -> bool> Known for F {
    fn has(&self, backend: &BackendId) -> bool {
        self(backend)
    }
}

/// Why a reference is broken: the word of the specification, and a sentence.
pub(crate) type Broken = (&'static str, String);

/// Follows the references of one route, and remembers the first that is broken.
pub(crate) struct Referrer<'build> {
    pub(crate) documents: &'build Documents,
    pub(crate) known: &'build dyn Known,
    pub(crate) route: &'build RouteId,
    pub(crate) broken: Option<Broken>,
    pub(crate) leaned: Leaned,
}

/// What the answers depended on besides the route.
#[derive(Debug, Default)]
pub(crate) struct Leaned {
    /// Which services there are.
    pub(crate) services: BTreeSet<BackendId>,
    /// Whether another namespace agrees.
    pub(crate) on_grants: bool,
}

impl Referrer<'_> {
    pub(crate) fn target(&mut self, reference: &ObjectRef) -> Target {
        match self.follow(reference) {
            Ok(id) => Target::Service(id),
            Err((word, reason)) => {
                let target = Target::Broken { reason: reason.clone() };
                self.broken.get_or_insert((word, reason));
                target
            }
        }
    }

    fn follow(&mut self, reference: &ObjectRef) -> Result<BackendId, Broken> {
        let ObjectRef { group, kind, name, .. } = reference;
        if !group.is_empty() || kind != "Service" {
            let group = if group.is_empty() { "the core group" } else { group };
            return Err(("InvalidKind", format!("{kind} of {group} is no backend here; Service is")));
        }
        let namespace = reference.namespace.as_ref().unwrap_or(&self.route.namespace);
        let is_beyond = *namespace != self.route.namespace;
        self.leaned.on_grants |= is_beyond;
        if is_beyond && !self.is_granted(namespace, name) {
            let reason =
                format!("no ReferenceGrant of {namespace} lets {} refer to the service {name}", self.route);
            return Err(("RefNotPermitted", reason));
        }
        // The definition asks for the port of a service.
        let port = reference.port.unwrap_or_default();
        let id = BackendId { namespace: namespace.clone(), service: name.clone(), port };
        self.leaned.services.insert(id.clone());
        if self.known.has(&id) {
            Ok(id)
        } else {
            Err(("BackendNotFound", format!("there is no service {name} with port {port} in {namespace}")))
        }
    }

    /// Whether the namespace of a service agrees to be referred to.
    fn is_granted(&self, namespace: &str, service: &str) -> bool {
        let from = (self.route.kind, self.route.namespace.as_str());
        self.documents.permit(from, ("Service", namespace, service))
    }
}
