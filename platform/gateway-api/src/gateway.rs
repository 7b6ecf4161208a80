//! `Gateway` and `GatewayClass`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::reference::ObjectRef;

/// What a `GatewayClass` says: which program serves the gateways of the class.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayClass {
    /// The program, as a domain and a path.
    pub controller_name: String,
}

/// What a `Gateway` says: where to listen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// The class it belongs to.
    pub gateway_class_name: String,
    /// Where it listens; each listener has another name.
    pub listeners: Vec<Listener>,
    /// Certificates of the gateway itself and of its clients.
    #[serde(default)]
    pub tls: GatewayTls,
}

/// One port, one protocol, and which hosts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Its name; a route's `sectionName`.
    pub name: String,
    /// The host, `*.` in front for any subdomains; every host when absent or empty.
    pub hostname: Option<String>,
    /// The port.
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP`, or one with a domain in front.
    pub protocol: String,
    /// How connections are secured.
    pub tls: Option<ListenerTls>,
    /// Which routes may attach.
    pub allowed_routes: AllowedRoutes,
}

/// How a listener secures connections.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerTls {
    /// Whether connections end here.
    pub mode: TlsMode,
    /// The certificates, in `Secret` documents; of several that fit a name the first.
    #[serde(default)]
    pub certificate_refs: Vec<ObjectRef>,
    /// Settings of this gateway alone, each with a domain in front.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// Whether connections end here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum TlsMode {
    /// They end here.
    Terminate,
    /// They are passed on as they are, by the name in their first message.
    Passthrough,
}

/// Which routes may attach to a listener.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AllowedRoutes {
    /// From which namespaces.
    pub namespaces: RouteNamespaces,
    /// Of which kinds; those of the protocol when empty.
    #[serde(default)]
    pub kinds: Vec<RouteKind>,
}

/// From which namespaces routes may come.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RouteNamespaces {
    /// Which ones.
    pub from: From,
    /// Labels of namespaces, where `from` is a selector.
    pub selector: Option<Selector>,
}

/// Which namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum From {
    /// All of them.
    All,
    /// Those whose labels fit.
    Selector,
    /// That of the gateway.
    Same,
    /// None.
    None,
}

/// Labels that a document must have; all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// Labels with these values.
    pub match_labels: BTreeMap<String, String>,
    /// Conditions on labels.
    pub match_expressions: Vec<Requirement>,
}

/// A condition on one label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Requirement {
    /// The label.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values of the first two.
    #[serde(default)]
    pub values: Vec<String>,
}

impl Selector {
    /// Whether these labels fit. A condition with an operator that does not exist fits nothing.
    #[must_use]
    pub fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        let equal = self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
        equal && self.match_expressions.iter().all(|requirement| requirement.fits(labels))
    }
}

impl Requirement {
    fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

/// A kind of route.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RouteKind {
    /// The API group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

/// Certificates of a gateway and of its clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayTls {
    /// Towards backends.
    pub backend: Option<BackendTls>,
    /// Towards clients.
    pub frontend: Option<FrontendTls>,
}

/// Who the gateway is to its backends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendTls {
    /// A certificate and its key.
    pub client_certificate_ref: Option<ObjectRef>,
}

/// What clients have to show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrontendTls {
    /// On every secured listener.
    pub default: ClientTls,
    /// On the listeners of one port instead.
    #[serde(default)]
    pub per_port: Vec<PortTls>,
}

/// What clients have to show on one port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PortTls {
    /// The port.
    pub port: u16,
    /// What clients have to show there.
    pub tls: ClientTls,
}

/// What clients have to show; nothing when empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientTls {
    /// A certificate.
    pub validation: Option<ClientValidation>,
}

/// Which certificates of clients are taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientValidation {
    /// Who may have signed them.
    pub ca_certificate_refs: Vec<ObjectRef>,
    /// Whether one that is missing or not valid closes the connection.
    pub mode: ClientValidationMode,
}

/// Whether a certificate that is missing or not valid closes the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ClientValidationMode {
    /// It does.
    AllowValidOnly,
    /// It does not; the backend decides.
    AllowInsecureFallback,
}
