//! A document that fits its definition.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::backend_tls::BackendTlsPolicy;
use crate::cluster::{ConfigMap, EndpointSlice, Secret, Service};
use crate::error::DocumentError;
use crate::gateway::{Gateway, GatewayClass};
use crate::grant::ReferenceGrant;
use crate::grpc_route::GrpcRoute;
use crate::http_route::HttpRoute;
use crate::metadata::Metadata;
use crate::policy::{BackendPolicy, ListenerPolicy, RoutePolicy};
use crate::tls_route::TlsRoute;
use crate::yaml::{Entry, Node, Place, Value};

/// A document, its defaults filled in.
#[derive(Clone)]
pub struct Document {
    /// Its names and labels.
    pub metadata: Metadata,
    /// What it says.
    pub body: Body,
    file: String,
    root: Node,
}

/// What a document says, by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// `GatewayClass`.
    GatewayClass(GatewayClass),
    /// `Gateway`.
    Gateway(Gateway),
    /// `HTTPRoute`.
    HttpRoute(HttpRoute),
    /// `GRPCRoute`.
    GrpcRoute(GrpcRoute),
    /// `TLSRoute`.
    TlsRoute(TlsRoute),
    /// `ReferenceGrant`.
    ReferenceGrant(ReferenceGrant),
    /// `BackendTLSPolicy`.
    BackendTlsPolicy(BackendTlsPolicy),
    /// `RoutePolicy`.
    RoutePolicy(Box<RoutePolicy>),
    /// `BackendPolicy`.
    BackendPolicy(Box<BackendPolicy>),
    /// `ListenerPolicy`.
    ListenerPolicy(Box<ListenerPolicy>),
    /// `Namespace`, of which the labels count.
    Namespace,
    /// `Service`.
    Service(Service),
    /// `EndpointSlice`.
    EndpointSlice(EndpointSlice),
    /// `Secret`.
    Secret(Secret),
    /// `ConfigMap`.
    ConfigMap(ConfigMap),
}

impl Body {
    /// The kind, as documents write it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::GatewayClass(_) => "GatewayClass",
            Self::Gateway(_) => "Gateway",
            Self::HttpRoute(_) => "HTTPRoute",
            Self::GrpcRoute(_) => "GRPCRoute",
            Self::TlsRoute(_) => "TLSRoute",
            Self::ReferenceGrant(_) => "ReferenceGrant",
            Self::BackendTlsPolicy(_) => "BackendTLSPolicy",
            Self::RoutePolicy(_) => "RoutePolicy",
            Self::BackendPolicy(_) => "BackendPolicy",
            Self::ListenerPolicy(_) => "ListenerPolicy",
            Self::Namespace => "Namespace",
            Self::Service(_) => "Service",
            Self::EndpointSlice(_) => "EndpointSlice",
            Self::Secret(_) => "Secret",
            Self::ConfigMap(_) => "ConfigMap",
        }
    }
}

impl Document {
    /// Takes a document that was checked.
    pub(crate) fn new(file: &str, kind: &str, namespaced: bool, root: Node) -> Result<Self, String> {
        let mut metadata: Metadata = field(&root, "metadata")?;
        if namespaced && metadata.namespace.is_empty() {
            "default".clone_into(&mut metadata.namespace);
        }
        let body = match kind {
            "GatewayClass" => Body::GatewayClass(field(&root, "spec")?),
            "Gateway" => Body::Gateway(field(&root, "spec")?),
            "HTTPRoute" => Body::HttpRoute(field(&root, "spec")?),
            "GRPCRoute" => Body::GrpcRoute(field(&root, "spec")?),
            "TLSRoute" => Body::TlsRoute(field(&root, "spec")?),
            "ReferenceGrant" => Body::ReferenceGrant(field(&root, "spec")?),
            "BackendTLSPolicy" => Body::BackendTlsPolicy(field(&root, "spec")?),
            "RoutePolicy" => Body::RoutePolicy(field(&root, "spec")?),
            "BackendPolicy" => Body::BackendPolicy(field(&root, "spec")?),
            "ListenerPolicy" => Body::ListenerPolicy(field(&root, "spec")?),
            "Namespace" => Body::Namespace,
            "Service" => Body::Service(field(&root, "spec")?),
            "EndpointSlice" => Body::EndpointSlice(typed(&root)?),
            "Secret" => Body::Secret(typed(&root)?),
            "ConfigMap" => Body::ConfigMap(typed(&root)?),
            other => return Err(format!("documents of the kind {other} are not read here")),
        };
        Ok(Self { metadata, body, file: file.to_owned(), root })
    }

    /// The file that it stands in, as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// An error at one of its fields, such as `spec.rules[0].backendRefs[1].name`; at the nearest one around it that
    /// stands in the file.
    #[must_use]
    pub fn error(&self, way: &str, reason: &str) -> DocumentError {
        let Place { line, column } = self.place(way);
        DocumentError { file: self.file.clone(), line, column, reason: format!("`{way}` {reason}") }
    }

    /// Where it begins: line and column, counted from 1.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        let Place { line, column } = self.place("metadata.name");
        (line, column)
    }

    fn place(&self, way: &str) -> Place {
        let mut node = &self.root;
        for part in way.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
            let below = match &node.value {
                Value::Mapping(entries) => {
                    entries.iter().find(|entry| entry.key == part).map(|entry| &entry.node)
                }
                Value::List(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            let Some(below) = below else { break };
            node = below;
        }
        node.place
    }
}

/// Without the tree, in which secrets stand as they were written.
impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Document");
        shown.field("metadata", &self.metadata).field("body", &self.body).field("file", &self.file);
        shown.finish_non_exhaustive()
    }
}

/// A field as the type that it describes; an empty mapping where it is left out.
fn field<T: DeserializeOwned>(root: &Node, name: &str) -> Result<T, String> {
    let Value::Mapping(entries) = &root.value else {
        return Err("the document must be a mapping".to_owned());
    };
    let found = entries.iter().find(|entry| entry.key == name);
    let json = found.map_or_else(|| Json::Object(Map::new()), |entry| json(&entry.node));
    serde_json::from_value(json).map_err(|error| format!("`{name}`: {error}"))
}

fn typed<T: DeserializeOwned>(root: &Node) -> Result<T, String> {
    serde_json::from_value(json(root)).map_err(|error| error.to_string())
}

pub(crate) fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Text(text) | Value::Word(text) => Json::String(text.clone()),
        Value::Number(digits) => digits.parse::<i64>().map_or(Json::Null, Json::from),
        Value::Boolean(value) => Json::Bool(*value),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Mapping(entries) => {
            Json::Object(entries.iter().map(|Entry { key, node, .. }| (key.clone(), json(node))).collect())
        }
    }
}
