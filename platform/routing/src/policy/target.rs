//! What policies may be about: what there is, and whether it is ours.

use std::collections::BTreeSet;

use tradewind_gateway_api::reference::{ParentRef, TargetRef};
use tradewind_gateway_api::{Body, Document};

use crate::attach::Ours;
use crate::documents::Documents;
use crate::rule::BackendId;

/// What there is.
pub(crate) struct Targets<'build> {
    pub(crate) documents: &'build Documents,
    pub(crate) ours: &'build [Ours<'build>],
    /// Services that rules lead to, sorted; on a laptop no document declares them.
    pub(crate) backends: &'build [BackendId],
}

/// What a reference leads to.
pub(super) enum Led {
    /// To something of ours.
    Ours,
    /// To something that another program serves, of which nothing is said here.
    Other,
    /// Nowhere, and why.
    Nowhere(String),
}

impl Targets<'_> {
    pub(super) fn lead(&self, namespace: &str, target: &TargetRef) -> Led {
        let led = match target.kind.as_str() {
            "Gateway" => self.gateway(namespace, target),
            "HTTPRoute" => self.route("HTTPRoute", namespace, target),
            "GRPCRoute" => self.route("GRPCRoute", namespace, target),
            _ => self.service(namespace, target),
        };
        led.unwrap_or_else(|| {
            Led::Nowhere(format!("there is no {} {} in {namespace}", target.kind, target.name))
        })
    }

    fn gateway(&self, namespace: &str, target: &TargetRef) -> Option<Led> {
        let is_meant = |ours: &&Ours<'_>| ours.namespace == namespace && ours.name == target.name;
        let Some(ours) = self.ours.iter().find(is_meant) else {
            return self.documents.get("Gateway", namespace, &target.name).map(|_| Led::Other);
        };
        let names = ours.gateway.listeners.iter().map(|listener| listener.name.as_str());
        Some(section(target, names, "listener"))
    }

    fn route(&self, kind: &'static str, namespace: &str, target: &TargetRef) -> Option<Led> {
        let document = self.documents.get(kind, namespace, &target.name)?;
        let (parents, names): (_, BTreeSet<&str>) = match &document.body {
            Body::HttpRoute(route) => {
                (&route.parent_refs, route.rules.iter().filter_map(|rule| rule.name.as_deref()).collect())
            }
            Body::GrpcRoute(route) => {
                (&route.parent_refs, route.rules.iter().filter_map(|rule| rule.name.as_deref()).collect())
            }
            _ => return None,
        };
        if !self.is_ours(document, parents) {
            return Some(Led::Other);
        }
        Some(section(target, names.into_iter(), "rule"))
    }

    fn is_ours(&self, route: &Document, parents: &[ParentRef]) -> bool {
        let is_meant = |parent: &ParentRef| self.ours.iter().any(|ours| ours.is_meant(parent, route));
        let is_implied = self.ours.first().is_some_and(|ours| ours.is_implied);
        parents.iter().any(is_meant) || (parents.is_empty() && is_implied)
    }

    fn service(&self, namespace: &str, target: &TargetRef) -> Option<Led> {
        let declared = match self.documents.get("Service", namespace, &target.name).map(|found| &found.body) {
            Some(Body::Service(service)) => Some(service),
            _ => None,
        };
        if declared.is_none() && !self.is_led_to(namespace, &target.name) {
            return None;
        }
        let ports = declared.map_or(&[][..], |service| &service.ports);
        Some(section(target, ports.iter().map(|port| port.name.as_str()), "port"))
    }
}

impl Targets<'_> {
    /// Whether rules lead to a service, of which they are sorted.
    fn is_led_to(&self, namespace: &str, service: &str) -> bool {
        let is_before = |id: &BackendId| (id.namespace.as_str(), id.service.as_str()) < (namespace, service);
        let found = self.backends.get(self.backends.partition_point(is_before));
        found.is_some_and(|id| id.namespace == namespace && id.service == service)
    }
}

fn section<'name>(target: &TargetRef, mut names: impl Iterator<Item = &'name str>, what: &str) -> Led {
    match &target.section_name {
        Some(name) if !names.any(|known| known == name) => {
            Led::Nowhere(format!("{} {} has no {what} {name}", target.kind, target.name))
        }
        _ => Led::Ours,
    }
}
