//! What came of each document, as JSON in the words of the Gateway API.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tradewind_gateway_api::{Body, DocumentError};
use tradewind_routing::{Built, Condition, Documents, GatewayStatus, PolicyStatus, RouteStatus};

use crate::cluster::{Basis, Judged, Unheld};
use crate::standalone::certificates::Unusable;
use crate::standalone::ports::Closed;

/// What came of the documents in use. What becomes of ports is added when it is told.
#[derive(Default)]
pub(crate) struct Statuses {
    gateways: Vec<GatewayStatus>,
    /// The port of each listener, by gateway and name.
    ports: BTreeMap<(String, String, String), u16>,
    routes: Vec<Arc<RouteStatus>>,
    policies: Vec<PolicyStatus>,
    /// Of documents that are objects of a cluster.
    of_objects: Option<OfObjects>,
}

/// What else is told of objects.
struct OfObjects {
    basis: Basis,
    documents: Documents,
    errors: Vec<DocumentError>,
    unheld: Vec<Unheld>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    gateways: Vec<Gateway<'a>>,
    routes: Vec<Route<'a>>,
    policies: Vec<Policy<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gateway<'a> {
    namespace: &'a str,
    name: &'a str,
    observed_generation: i64,
    conditions: Vec<Shown<'a>>,
    listeners: Vec<Listener<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listener<'a> {
    name: &'a str,
    supported_kinds: Vec<Kind<'a>>,
    attached_routes: usize,
    conditions: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Kind<'a> {
    group: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Route<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    observed_generation: i64,
    parents: Vec<Parent<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parent<'a> {
    parent_ref: Reference<'a>,
    conditions: Vec<Shown<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Policy<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    observed_generation: i64,
    ancestors: Vec<Ancestor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ancestor<'a> {
    ancestor_ref: Reference<'a>,
    conditions: Vec<Shown<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference<'a> {
    group: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    section_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    status: &'static str,
    reason: &'a str,
    message: &'a str,
}

impl Statuses {
    /// Of documents, of whose certificates some cannot be used.
    pub(crate) fn new(documents: &Documents, built: &Built, unusable: &[Unusable]) -> Self {
        let (mut gateways, mut ports) = (built.gateways.clone(), BTreeMap::new());
        for status in &mut gateways {
            for Unusable { namespace, gateway, listener, reason } in unusable {
                if *namespace == status.namespace && *gateway == status.name {
                    status.close(listener, "ResolvedRefs", "InvalidCertificateRef", reason);
                }
            }
            let document = documents.get("Gateway", &status.namespace, &status.name);
            let Some(Body::Gateway(gateway)) = document.map(|document| &document.body) else { continue };
            for listener in &gateway.listeners {
                let key = (status.namespace.clone(), status.name.clone(), listener.name.clone());
                ports.insert(key, listener.port);
            }
        }
        Self {
            gateways,
            ports,
            routes: built.routes.clone(),
            policies: built.policies.clone(),
            of_objects: None,
        }
    }

    /// The same, of documents that are these objects.
    pub(crate) fn of_objects(
        mut self,
        (basis, documents): (Basis, &Documents),
        errors: &[DocumentError],
        unheld: &[Unheld],
    ) -> Self {
        let (documents, errors, unheld) = (documents.clone(), errors.to_vec(), unheld.to_vec());
        self.of_objects = Some(OfObjects { basis, documents, errors, unheld });
        self
    }

    /// What the objects of a cluster have to say of it, where these ports are not open.
    pub(crate) fn judged(&self, closed: &BTreeMap<u16, Closed>) -> Option<Judged> {
        let OfObjects { basis, documents, errors, unheld } = self.of_objects.as_ref()?;
        let statuses = (self.gateways(closed), &self.routes[..], &self.policies[..]);
        Some(Judged::new(basis, documents, statuses, (errors, unheld)))
    }

    /// Tells the operator which listeners are not served as they ask for.
    pub(crate) fn tell(&self) {
        for gateway in &self.gateways {
            for listener in &gateway.listeners {
                for condition in listener.conditions.iter().filter(|condition| !condition.is_good()) {
                    let Condition { kind, reason, message, .. } = condition;
                    let of = format!("{}/{}", gateway.namespace, gateway.name);
                    tracing::warn!(
                        gateway = of,
                        listener = listener.name,
                        condition = kind,
                        reason,
                        message,
                        "a listener is not served in full"
                    );
                }
            }
        }
    }

    /// The gateways, where these ports are not open.
    fn gateways(&self, closed: &BTreeMap<u16, Closed>) -> Vec<GatewayStatus> {
        let mut gateways = self.gateways.clone();
        for gateway in &mut gateways {
            let names: Vec<String> = gateway.listeners.iter().map(|listener| listener.name.clone()).collect();
            for name in names {
                let key = (gateway.namespace.clone(), gateway.name.clone(), name);
                match self.ports.get(&key).and_then(|port| closed.get(port)) {
                    None => {}
                    Some(Closed::Certificates(reason)) => {
                        gateway.close(&key.2, "ResolvedRefs", "InvalidCertificateRef", reason);
                    }
                    Some(Closed::Unavailable(reason)) => {
                        gateway.close(&key.2, "Accepted", "PortUnavailable", reason);
                    }
                }
            }
        }
        gateways
    }

    /// All of it as JSON, where these ports are not open.
    pub(crate) fn json(&self, closed: &BTreeMap<u16, Closed>) -> String {
        let gateways = self.gateways(closed);
        let told = Told {
            gateways: gateways.iter().map(shown_gateway).collect(),
            routes: self.routes.iter().map(|status| shown_route(status)).collect(),
            policies: self.policies.iter().map(shown_policy).collect(),
        };
        // Nothing of it is of a kind that JSON does not know.
        serde_json::to_string_pretty(&told).unwrap_or_default()
    }
}

fn shown_gateway(status: &GatewayStatus) -> Gateway<'_> {
    let kind = |kind| Kind { group: "gateway.networking.k8s.io", kind };
    let listeners = status.listeners.iter().map(|listener| Listener {
        name: &listener.name,
        supported_kinds: listener.supported_kinds.iter().copied().map(kind).collect(),
        attached_routes: listener.attached_routes,
        conditions: shown(&listener.conditions),
    });
    Gateway {
        namespace: &status.namespace,
        name: &status.name,
        observed_generation: status.generation,
        conditions: shown(&status.conditions),
        listeners: listeners.collect(),
    }
}

fn shown_route(status: &RouteStatus) -> Route<'_> {
    let parents = status.parents.iter().map(|parent| Parent {
        parent_ref: Reference {
            group: &parent.parent.group,
            kind: &parent.parent.kind,
            namespace: parent.parent.namespace.as_deref(),
            name: &parent.parent.name,
            section_name: parent.parent.section_name.as_deref(),
            port: parent.parent.port,
        },
        conditions: shown(&parent.conditions),
    });
    Route {
        kind: status.route.kind,
        namespace: &status.route.namespace,
        name: &status.route.name,
        observed_generation: status.generation,
        parents: parents.collect(),
    }
}

fn shown_policy(status: &PolicyStatus) -> Policy<'_> {
    let ancestors = status.ancestors.iter().map(|ancestor| Ancestor {
        ancestor_ref: Reference {
            group: &ancestor.ancestor.group,
            kind: &ancestor.ancestor.kind,
            namespace: None,
            name: &ancestor.ancestor.name,
            section_name: ancestor.ancestor.section_name.as_deref(),
            port: None,
        },
        conditions: shown(&ancestor.conditions),
    });
    Policy {
        kind: status.policy.kind,
        namespace: &status.policy.namespace,
        name: &status.policy.name,
        observed_generation: status.generation,
        ancestors: ancestors.collect(),
    }
}

fn shown(conditions: &[Condition]) -> Vec<Shown<'_>> {
    let shown = conditions.iter().map(|condition| Shown {
        kind: condition.kind,
        status: if condition.holds { "True" } else { "False" },
        reason: condition.reason,
        message: &condition.message,
    });
    shown.collect()
}
