//! `HTTPRoute`.

use std::time::Duration;

use serde::Deserialize;

use crate::duration;
use crate::filter::Filter;
use crate::reference::{ObjectRef, ParentRef};

/// What an `HTTPRoute` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRoute {
    /// The gateways it attaches to.
    #[serde(default)]
    pub parent_refs: Vec<ParentRef>,
    /// The hosts it is for, `*.` in front for any subdomains; all hosts of the listener when empty.
    #[serde(default)]
    pub hostnames: Vec<String>,
    /// Its rules.
    pub rules: Vec<HttpRule>,
}

/// One rule: which requests, and what happens to them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRule {
    /// The name, by which a policy may be about this rule alone.
    pub name: Option<String>,
    /// A request that fits one of these belongs to the rule.
    pub matches: Vec<HttpMatch>,
    /// What is done on the way.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Where requests go, by weight.
    #[serde(default)]
    pub backend_refs: Vec<HttpBackend>,
    /// How long a request may take.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// Bounds of time of a rule. Absent: the gateway's own. Zero: none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Timeouts {
    /// From the first byte of a request to the last of its answer, tries included.
    #[serde(deserialize_with = "duration::deserialize")]
    pub request: Option<Duration>,
    /// The same of one try.
    #[serde(deserialize_with = "duration::deserialize")]
    pub backend_request: Option<Duration>,
}

/// What a request must have; all of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpMatch {
    /// The path.
    pub path: PathMatch,
    /// Headers, each of another name.
    #[serde(default)]
    pub headers: Vec<ValueMatch>,
    /// Query parameters, each of another name. Of several of one name the first counts.
    #[serde(default)]
    pub query_params: Vec<ValueMatch>,
    /// The method; any when absent.
    pub method: Option<String>,
}

/// Which paths.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", content = "value")]
pub enum PathMatch {
    /// This path alone.
    Exact(String),
    /// This path and those below it, by whole segments.
    #[serde(rename = "PathPrefix")]
    Prefix(String),
    /// Paths that the expression describes as a whole.
    RegularExpression(String),
}

/// Which values of a header or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ValueMatch {
    /// Its name; of headers in any case.
    pub name: String,
    /// Its value.
    #[serde(flatten)]
    pub value: ValuePattern,
}

/// A value, or what describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", content = "value")]
pub enum ValuePattern {
    /// This value alone.
    Exact(String),
    /// Values that the expression describes as a whole.
    RegularExpression(String),
}

/// A backend and its share of the requests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpBackend {
    /// Which one.
    #[serde(flatten)]
    pub target: ObjectRef,
    /// Its share, in proportion to the sum over the rule. 0 for none.
    pub weight: u32,
    /// What is done to requests that go there, besides the filters of the rule.
    #[serde(default)]
    pub filters: Vec<Filter>,
}
