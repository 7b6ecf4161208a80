//! `BackendTLSPolicy`: what came of it at each gateway whose routes lead to its services.

use std::collections::BTreeSet;

use serde_json::Value;
use tradewind_gateway_api::Body;
use tradewind_gateway_api::backend_tls::BackendTlsPolicy;
use tradewind_gateway_api::reference::{ObjectRef, ParentRef};
use tradewind_kubernetes::Object;
use tradewind_routing::{Condition, RouteId, RouteStatus};

use super::conditions::condition;
use super::entries::{Entry, reference};
use super::{Scene, Status};
use crate::cluster::judged::Unheld;
use crate::cluster::view::Name;

const GROUP: &str = "gateway.networking.k8s.io";

impl Scene<'_> {
    pub(super) fn of_backend_tls(&self, name: &Name, object: &Object, status: &mut Status) {
        let (_, namespace, policy) = name;
        let Some(Body::BackendTlsPolicy(body)) = self.judged.body("BackendTLSPolicy", namespace, policy)
        else {
            return;
        };
        let conditions = conditions(body, self.judged.unheld(namespace, policy));
        let entry = |(namespace, name): (String, String)| Entry {
            reference: Value::Object(reference(GROUP, "Gateway", Some(&namespace), &name, None)),
            conditions: conditions.clone(),
        };
        let ours: Vec<Entry> = self.gateways_before(namespace, body).into_iter().map(entry).collect();
        self.set_ancestors(object, status, &ours, |gateway| self.is_ours_to_say(object, gateway));
    }

    /// The gateways of ours that have a route to one of the services.
    fn gateways_before(&self, namespace: &str, policy: &BackendTlsPolicy) -> BTreeSet<(String, String)> {
        let is_meant = |service: &ObjectRef, of: &RouteId| {
            let at = service.namespace.as_ref().unwrap_or(&of.namespace);
            at == namespace && policy.target_refs.iter().any(|target| target.name == service.name)
        };
        let leads = |status: &&RouteStatus| {
            let id = &status.route;
            let body = self.judged.body(id.kind, &id.namespace, &id.name);
            body.is_some_and(|body| services(body).iter().any(|service| is_meant(service, id)))
        };
        let mut gateways = BTreeSet::new();
        for status in self.judged.routes().filter(leads) {
            let accepted = status.parents.iter().filter(|parent| {
                parent.conditions.iter().any(|condition| condition.kind == "Accepted" && condition.holds)
            });
            gateways.extend(accepted.map(|parent| gateway(&parent.parent, &status.route)));
        }
        gateways
    }
}

fn gateway(parent: &ParentRef, route: &RouteId) -> (String, String) {
    let namespace = parent.namespace.as_ref().unwrap_or(&route.namespace);
    (namespace.clone(), parent.name.clone())
}

/// The backends of a route.
fn services(body: &Body) -> Vec<&ObjectRef> {
    match body {
        Body::HttpRoute(route) => {
            route.rules.iter().flat_map(|rule| &rule.backend_refs).map(|backend| &backend.target).collect()
        }
        Body::GrpcRoute(route) => {
            route.rules.iter().flat_map(|rule| &rule.backend_refs).map(|backend| &backend.target).collect()
        }
        Body::TlsRoute(route) => {
            route.rules.iter().flat_map(|rule| &rule.backend_refs).map(|backend| &backend.target).collect()
        }
        _ => Vec::new(),
    }
}

fn conditions(policy: &BackendTlsPolicy, unheld: Option<&Unheld>) -> Vec<Condition> {
    let invalid = unheld.and_then(|unheld| unheld.invalid.as_deref());
    let is_by_reference = !policy.validation.ca_certificate_refs.is_empty();
    let accepted = match (unheld.and_then(|unheld| Some((unheld, unheld.conflict.as_deref()?))), invalid) {
        (Some((unheld, conflict)), _) if !unheld.is_in_effect => {
            condition("Accepted", false, "Conflicted", conflict)
        }
        (_, Some(reason)) if is_by_reference => condition("Accepted", false, "NoValidCACertificate", reason),
        (_, Some(reason)) => condition("Accepted", false, "Invalid", reason),
        (Some((_, conflict)), None) => {
            let message = format!("connections are secured as it says, but not everywhere: {conflict}");
            condition("Accepted", true, "Accepted", message)
        }
        (None, None) => condition("Accepted", true, "Accepted", "connections are secured as it says"),
    };
    let resolved = match invalid {
        Some(reason) if is_by_reference => {
            condition("ResolvedRefs", false, "InvalidCACertificateRef", reason)
        }
        Some(_) => condition("ResolvedRefs", true, "ResolvedRefs", "it refers to nothing"),
        None => condition("ResolvedRefs", true, "ResolvedRefs", "all references lead somewhere"),
    };
    vec![accepted, resolved]
}
