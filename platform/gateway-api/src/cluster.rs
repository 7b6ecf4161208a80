//! Documents of Kubernetes itself that routes refer to: where services are, and secrets.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// `Service`: a name, and the ports under it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its ports.
    #[serde(default)]
    pub ports: Vec<ServicePort>,
    /// The name that stands for it outside, of services of the type `ExternalName`.
    pub external_name: Option<String>,
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Its name; may be absent where there is one port.
    #[serde(default)]
    pub name: String,
    /// The number by which routes refer to it.
    pub port: u16,
    /// What is spoken there: `kubernetes.io/h2c`, `kubernetes.io/ws`; HTTP/1.1 when absent.
    pub app_protocol: Option<String>,
}

/// `EndpointSlice`: addresses of a service, named in the label `kubernetes.io/service-name`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointSlice {
    /// `IPv4`, `IPv6` or `FQDN`.
    pub address_type: String,
    /// The endpoints.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Their ports, the same of all; matched with those of the service by name.
    #[serde(default)]
    pub ports: Vec<EndpointPort>,
}

/// One endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its addresses, all of them of the same process; the first is used.
    pub addresses: Vec<String>,
    /// Whether it takes requests.
    #[serde(default)]
    pub conditions: EndpointConditions,
    /// The zone where it runs; empty where nobody knows.
    #[serde(default)]
    pub zone: String,
    /// The node where it runs; empty where nobody knows.
    #[serde(default)]
    pub node_name: String,
    /// Who is meant to call it.
    #[serde(default)]
    pub hints: EndpointHints,
}

/// Who is meant to call an endpoint, as the cluster has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointHints {
    /// Callers in these zones; nobody says so where there are none.
    pub for_zones: Vec<ForZone>,
}

/// A zone whose callers are meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ForZone {
    /// Its name.
    pub name: String,
}

/// Whether an endpoint takes requests. What is absent is as it should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EndpointConditions {
    /// It takes requests.
    pub ready: Option<bool>,
    /// It takes requests, or is ending and would still take them.
    pub serving: Option<bool>,
    /// It is ending.
    pub terminating: Option<bool>,
}

impl EndpointConditions {
    /// Whether new requests may go there.
    #[must_use]
    pub fn takes_requests(self) -> bool {
        self.ready.unwrap_or(true)
    }
}

/// A port of the endpoints of a slice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointPort {
    /// The name of the service's port.
    #[serde(default)]
    pub name: String,
    /// The number at the endpoint.
    pub port: Option<u16>,
}

/// `Secret`: bytes by name that are shown to nobody.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// What it holds, such as `kubernetes.io/tls`.
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    string_data: BTreeMap<String, String>,
}

impl Secret {
    /// The bytes under a name; those given as text go before those given as base64.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        use base64::Engine;
        match (self.string_data.get(name), self.data.get(name)) {
            (Some(text), _) => Some(text.as_bytes().to_vec()),
            (None, Some(text)) => base64::engine::general_purpose::STANDARD.decode(text).ok(),
            (None, None) => None,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.data.keys().chain(self.string_data.keys()).collect();
        formatter
            .debug_struct("Secret")
            .field("kind", &self.kind)
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

/// `ConfigMap`: texts by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ConfigMap {
    /// The texts.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
}
