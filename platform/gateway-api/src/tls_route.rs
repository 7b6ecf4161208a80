//! `TLSRoute`: where connections go by the name that a client asks for, before anything of them is read.

use serde::Deserialize;

use crate::reference::{ObjectRef, ParentRef};

/// What a `TLSRoute` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsRoute {
    /// The gateways it attaches to.
    #[serde(default)]
    pub parent_refs: Vec<ParentRef>,
    /// The names it is for, `*.` in front for any subdomains; at least one.
    pub hostnames: Vec<String>,
    /// Its rules; the definition allows one.
    pub rules: Vec<TlsRule>,
}

/// Where connections go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsRule {
    /// The name.
    pub name: Option<String>,
    /// The backends, by weight.
    pub backend_refs: Vec<TlsBackend>,
}

/// A backend and its share of the connections.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TlsBackend {
    /// Which one.
    #[serde(flatten)]
    pub target: ObjectRef,
    /// Its share, in proportion to the sum over the rule. 0 for none.
    pub weight: u32,
}
