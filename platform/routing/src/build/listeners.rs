//! What came of listeners and their gateways.

use std::collections::BTreeMap;

use tradewind_gateway_api::Body;
use tradewind_gateway_api::gateway::{Listener, TlsMode};
use tradewind_gateway_api::reference::ObjectRef;

use super::conflicts::{Conflict, ListenerId, listener_id};
use crate::attach::{self, GROUP, Ours};
use crate::documents::Documents;
use crate::refer::Broken;
use crate::status::{Condition, GatewayStatus, ListenerStatus};

/// What listeners are judged by.
pub(super) struct Judged<'build> {
    pub(super) documents: &'build Documents,
    /// Listeners that are not served.
    pub(super) conflicts: &'build BTreeMap<ListenerId, Conflict>,
    /// How many routes attached: those of requests, and those of connections.
    pub(super) attached: [&'build BTreeMap<ListenerId, usize>; 2],
}

impl Judged<'_> {
    pub(super) fn status(&self, ours: &Ours<'_>) -> GatewayStatus {
        let listeners: Vec<ListenerStatus> =
            ours.gateway.listeners.iter().map(|listener| self.listener_status(ours, listener)).collect();
        let mut status = GatewayStatus {
            namespace: ours.namespace.to_owned(),
            name: ours.name.to_owned(),
            generation: ours.generation,
            conditions: Vec::new(),
            listeners,
        };
        status.sum_up();
        status
    }

    fn listener_status(&self, ours: &Ours<'_>, listener: &Listener) -> ListenerStatus {
        let id = listener_id(ours, listener);
        let supported_kinds = attach::supported_kinds(listener);
        let conflict = self.conflicts.get(&id);
        let certificates = self.certificates(ours, listener);
        let programmed = if supported_kinds.is_empty() || conflict.is_some() || certificates.is_err() {
            Condition::new("Programmed", false, "Invalid", "the listener is not served")
        } else {
            Condition::new("Programmed", true, "Programmed", "the listener is in use")
        };
        ListenerStatus {
            name: listener.name.clone(),
            attached_routes: self.attached.iter().filter_map(|attached| attached.get(&id)).sum(),
            conditions: vec![
                accepted(listener, conflict),
                resolved(listener, &supported_kinds, certificates),
                programmed,
                conflicted(conflict),
            ],
            supported_kinds,
        }
    }

    /// Whether the certificates that a listener names are there. Whether they can be used is for others to say.
    fn certificates(&self, ours: &Ours<'_>, listener: &Listener) -> Result<(), Broken> {
        let tls = match (listener.protocol.as_str(), &listener.tls) {
            ("HTTPS" | "TLS", Some(tls)) if tls.mode == TlsMode::Terminate => tls,
            ("HTTPS", _) => return Err(("InvalidCertificateRef", "it names no certificate".to_owned())),
            _ => return Ok(()),
        };
        if tls.certificate_refs.is_empty() {
            return Err(("InvalidCertificateRef", "it names no certificate".to_owned()));
        }
        tls.certificate_refs.iter().try_for_each(|reference| self.certificate(ours, reference))
    }

    fn certificate(&self, ours: &Ours<'_>, reference: &ObjectRef) -> Result<(), Broken> {
        let ObjectRef { group, kind, name, .. } = reference;
        let invalid = |reason: String| Err(("InvalidCertificateRef", reason));
        if !group.is_empty() || kind != "Secret" {
            return invalid(format!("{kind} {name} is no certificate here; a Secret is"));
        }
        let namespace = reference.namespace.as_deref().unwrap_or(ours.namespace);
        let is_granted = || self.documents.permit(("Gateway", ours.namespace), ("Secret", namespace, name));
        if namespace != ours.namespace && !is_granted() {
            let reason = format!("no ReferenceGrant of {namespace} allows the Secret {name}");
            return Err(("RefNotPermitted", reason));
        }
        let document = self.documents.get("Secret", namespace, name);
        let Some(Body::Secret(secret)) = document.map(|document| &document.body) else {
            return invalid(format!("there is no Secret {name} in {namespace}"));
        };
        if secret.kind != "kubernetes.io/tls" {
            return invalid(format!("Secret {namespace}/{name} is not of the type kubernetes.io/tls"));
        }
        match ["tls.crt", "tls.key"].into_iter().find(|part| secret.bytes(part).is_none()) {
            Some(missing) => invalid(format!("Secret {namespace}/{name} lacks {missing}")),
            None => Ok(()),
        }
    }
}

fn accepted(listener: &Listener, conflict: Option<&Conflict>) -> Condition {
    if !matches!(listener.protocol.as_str(), "HTTP" | "HTTPS" | "TLS") {
        let message = format!("{} is not spoken here; HTTP, HTTPS and TLS are", listener.protocol);
        return Condition::new("Accepted", false, "UnsupportedProtocol", message);
    }
    match conflict {
        Some(Conflict { reason, message }) => Condition::new("Accepted", false, reason, message.clone()),
        None => Condition::new("Accepted", true, "Accepted", "the listener can be served"),
    }
}

fn resolved(listener: &Listener, supported: &[&str], certificates: Result<(), Broken>) -> Condition {
    if let Err((reason, message)) = certificates {
        return Condition::new("ResolvedRefs", false, reason, message);
    }
    let mut asked = listener.allowed_routes.kinds.iter();
    if asked.all(|asked| asked.group == GROUP && supported.contains(&asked.kind.as_str())) {
        return Condition::new("ResolvedRefs", true, "ResolvedRefs", "all references lead somewhere");
    }
    let message = "HTTP and HTTPS are for HTTPRoute and GRPCRoute, TLS is for TLSRoute";
    Condition::new("ResolvedRefs", false, "InvalidRouteKinds", message)
}

fn conflicted(conflict: Option<&Conflict>) -> Condition {
    match conflict {
        Some(Conflict { reason, message }) => Condition::new("Conflicted", true, reason, message.clone()),
        None => Condition::new("Conflicted", false, "NoConflicts", "it can be told apart from all others"),
    }
}
