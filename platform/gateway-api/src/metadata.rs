//! What each document says of itself.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Names, labels and annotations of a document (`ObjectMeta` of Kubernetes, in part).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// The name: a DNS subdomain (RFC 1123).
    pub name: String,
    /// The namespace; `default` where a document of a file names none. Empty for what belongs to no namespace.
    pub namespace: String,
    /// Labels, by which selectors find a document.
    pub labels: BTreeMap<String, String>,
    /// Annotations, for programs and people.
    pub annotations: BTreeMap<String, String>,
    /// When an API server took it (RFC 3339); empty in most files. The older of two that conflict goes first.
    pub creation_timestamp: String,
    /// How often an API server saw its `spec` change; 0 in most files. Status conditions repeat it.
    pub generation: i64,
}
