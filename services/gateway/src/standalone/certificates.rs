//! Certificates from documents: of listeners and of their clients.

use std::collections::BTreeMap;

use tradewind_data_plane::{Certificate, ClientAuthority, ServerTls};
use tradewind_gateway_api::Body;
use tradewind_gateway_api::gateway::{ClientValidationMode, Gateway, Listener, TlsMode};
use tradewind_gateway_api::policy::listener::ClientCertificateMode;
use tradewind_gateway_api::reference::ObjectRef;
use tradewind_routing::{Built, Condition, Documents, GatewayStatus};

/// What the listeners of a port show, and what they ask of clients.
#[derive(Default)]
pub(crate) struct OfPort {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) clients: Option<ClientAuthority>,
}

impl OfPort {
    /// TLS of these.
    ///
    /// # Errors
    ///
    /// What cannot be used.
    pub(crate) fn tls(self) -> Result<ServerTls, String> {
        ServerTls::new(self.certificates, self.clients.as_ref())
    }
}

/// A listener whose certificates cannot be used.
pub(crate) struct Unusable {
    pub(crate) namespace: String,
    pub(crate) gateway: String,
    pub(crate) listener: String,
    pub(crate) reason: String,
}

/// Certificates by port, of those ports on which TLS ends, and the listeners that have none. A port without any is not
/// opened.
pub(crate) fn of_listeners(documents: &Documents, built: &Built) -> (BTreeMap<u16, OfPort>, Vec<Unusable>) {
    let (mut ports, mut unusable): (BTreeMap<u16, OfPort>, _) = (BTreeMap::new(), Vec::new());
    for status in &built.gateways {
        let document = documents.get("Gateway", &status.namespace, &status.name);
        let Some(Body::Gateway(gateway)) = document.map(|document| &document.body) else { continue };
        for listener in gateway.listeners.iter().filter(|listener| ends_tls(listener, status)) {
            let mut refuse = |reason: String| {
                let (namespace, gateway) = (status.namespace.clone(), status.name.clone());
                unusable.push(Unusable { namespace, gateway, listener: listener.name.clone(), reason });
            };
            let of_port = ports.entry(listener.port).or_default();
            match of_listener(documents, &status.namespace, listener) {
                Ok(found) => of_port.certificates.extend(found),
                Err(reason) => {
                    let (gateway, listener) = (&status.name, &listener.name);
                    tracing::error!(gateway, listener, reason, "a listener has no certificate");
                    refuse(reason);
                }
            }
            match clients(documents, (&status.namespace, gateway), built, listener.port) {
                Ok(clients) => of_port.clients = clients,
                Err(reason) => {
                    tracing::error!(reason, "certificates of clients cannot be verified, so none is served");
                    of_port.certificates.clear();
                    refuse(reason);
                }
            }
        }
    }
    (ports, unusable)
}

/// Whether a listener ends TLS. One that is in conflict with others has nothing to show.
fn ends_tls(listener: &Listener, status: &GatewayStatus) -> bool {
    let mode = listener.tls.as_ref().map(|tls| tls.mode);
    let is_conflicted = |condition: &Condition| condition.kind == "Conflicted" && condition.holds;
    let of_listener = status.listeners.iter().find(|known| known.name == listener.name);
    let is_open = of_listener.is_some_and(|known| !known.conditions.iter().any(is_conflicted));
    let ends = listener.protocol == "HTTPS" || listener.protocol == "TLS" && mode == Some(TlsMode::Terminate);
    ends && is_open
}

fn of_listener(
    documents: &Documents,
    namespace: &str,
    listener: &Listener,
) -> Result<Vec<Certificate>, String> {
    let tls = listener.tls.as_ref().ok_or("spec.listeners.tls is missing")?;
    let names: Vec<String> = listener.hostname.iter().filter(|name| !name.is_empty()).cloned().collect();
    let read = |reference: &ObjectRef| {
        let (chain, key) = secret(documents, namespace, reference)?;
        Certificate::from_pem(names.clone(), &chain, &key)
            .map_err(|reason| format!("Secret {}: {reason}", reference.name))
    };
    tls.certificate_refs.iter().map(read).collect()
}

/// The chain and the key of a secret.
fn secret(documents: &Documents, from: &str, reference: &ObjectRef) -> Result<(Vec<u8>, Vec<u8>), String> {
    let namespace = reference.namespace.as_deref().unwrap_or(from);
    if !reference.group.is_empty() || reference.kind != "Secret" {
        return Err(format!("{} {} is no certificate here; a Secret is", reference.kind, reference.name));
    }
    let is_granted = || documents.permit(("Gateway", from), ("Secret", namespace, &reference.name));
    if namespace != from && !is_granted() {
        return Err(format!(
            "Secret {namespace}/{}: no ReferenceGrant of {namespace} allows it",
            reference.name
        ));
    }
    let document = documents.get("Secret", namespace, &reference.name);
    let Some(Body::Secret(secret)) = document.map(|document| &document.body) else {
        return Err(format!("Secret {namespace}/{}: there is none", reference.name));
    };
    let bytes = |name: &str| {
        secret.bytes(name).ok_or_else(|| format!("Secret {namespace}/{}: {name} is missing", reference.name))
    };
    Ok((bytes("tls.crt")?, bytes("tls.key")?))
}

/// What clients have to show on a port: what a policy says, else what the gateway says.
fn clients(
    documents: &Documents,
    (namespace, gateway): (&str, &Gateway),
    built: &Built,
    port: u16,
) -> Result<Option<ClientAuthority>, String> {
    if let Some(policy) = &built.table.listener_policy(port).client_certificate {
        let is_required = match policy.mode {
            ClientCertificateMode::Disabled => return Ok(None),
            ClientCertificateMode::Optional => false,
            ClientCertificateMode::Required => true,
        };
        let authorities = authorities(documents, namespace, &policy.ca_certificate_refs)?;
        return Ok(Some(ClientAuthority { authorities, is_required }));
    }
    let Some(frontend) = &gateway.tls.frontend else { return Ok(None) };
    let of_port = frontend.per_port.iter().find(|of_port| of_port.port == port);
    let tls = of_port.map_or(&frontend.default, |of_port| &of_port.tls);
    let Some(validation) = &tls.validation else { return Ok(None) };
    let authorities = authorities(documents, namespace, &validation.ca_certificate_refs)?;
    let is_required = validation.mode == ClientValidationMode::AllowValidOnly;
    Ok(Some(ClientAuthority { authorities, is_required }))
}

/// All authorities together, in PEM.
fn authorities(documents: &Documents, from: &str, references: &[ObjectRef]) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    for reference in references {
        let namespace = reference.namespace.as_deref().unwrap_or(from);
        all.extend(authority(documents, namespace, &reference.kind, &reference.name)?);
        all.push(b'\n');
    }
    Ok(all)
}

pub(super) fn authority(
    documents: &Documents,
    namespace: &str,
    kind: &str,
    name: &str,
) -> Result<Vec<u8>, String> {
    let missing = || format!("{kind} {namespace}/{name}: there is no ca.crt");
    let kind = if kind == "Secret" { "Secret" } else { "ConfigMap" };
    match documents.get(kind, namespace, name).map(|document| &document.body) {
        Some(Body::ConfigMap(map)) => {
            map.data.get("ca.crt").map(|text| text.as_bytes().to_vec()).ok_or_else(missing)
        }
        Some(Body::Secret(secret)) => secret.bytes("ca.crt").ok_or_else(missing),
        _ => Err(missing()),
    }
}
