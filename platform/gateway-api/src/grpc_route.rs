//! `GRPCRoute`.

use serde::Deserialize;

use crate::filter::Filter;
use crate::http_route::{HttpBackend, ValueMatch};
use crate::reference::ParentRef;

/// What a `GRPCRoute` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrpcRoute {
    /// The gateways it attaches to.
    #[serde(default)]
    pub parent_refs: Vec<ParentRef>,
    /// The hosts it is for, `*.` in front for any subdomains; all hosts of the listener when empty.
    #[serde(default)]
    pub hostnames: Vec<String>,
    /// Its rules; none takes every call.
    #[serde(default)]
    pub rules: Vec<GrpcRule>,
}

/// One rule: which calls, and what happens to them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrpcRule {
    /// The name, by which a policy may be about this rule alone.
    pub name: Option<String>,
    /// A call that fits one of these belongs to the rule; every call when empty.
    #[serde(default)]
    pub matches: Vec<GrpcMatch>,
    /// What is done on the way.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Where calls go, by weight.
    #[serde(default)]
    pub backend_refs: Vec<HttpBackend>,
}

/// What a call must have; all of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GrpcMatch {
    /// Service and method; any when absent.
    pub method: Option<MethodMatch>,
    /// Headers, each of another name.
    #[serde(default)]
    pub headers: Vec<ValueMatch>,
}

/// Which methods of which services.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type")]
pub enum MethodMatch {
    /// These names.
    Exact {
        /// The service with its package; any when absent.
        service: Option<String>,
        /// The method; any when absent.
        method: Option<String>,
    },
    /// Names that the expressions describe as a whole.
    RegularExpression {
        /// The service with its package; any when absent.
        service: Option<String>,
        /// The method; any when absent.
        method: Option<String>,
    },
}
