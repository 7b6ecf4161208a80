//! References from one document to another.

use serde::Deserialize;

/// What a route attaches to: a gateway, or one listener of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    /// The API group; `gateway.networking.k8s.io` unless said otherwise.
    pub group: String,
    /// The kind; `Gateway` unless said otherwise.
    pub kind: String,
    /// The namespace; that of the route when absent.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The listener; all of them when absent.
    pub section_name: Option<String>,
    /// The port of the listeners; all of them when absent.
    pub port: Option<u16>,
}

/// A reference to a document of any kind in any namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// The API group; empty for the core group.
    #[serde(default)]
    pub group: String,
    /// The kind, such as `Service` or `Secret`.
    pub kind: String,
    /// The namespace; that of the referring document when absent.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The port; of services only.
    pub port: Option<u16>,
}

/// A reference to a document of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalRef {
    /// The API group; empty for the core group.
    #[serde(default)]
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// What a policy is about: a document of the same namespace, or one section of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetRef {
    /// The API group; empty for the core group.
    #[serde(default)]
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
    /// A listener of a gateway, a rule of a route or a port of a service; all of it when absent.
    pub section_name: Option<String>,
}
