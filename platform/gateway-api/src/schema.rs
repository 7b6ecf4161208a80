//! Structural schemas: what a definition asks of the values of a document.
//!
//! The keywords are those of a Kubernetes structural schema (the `openAPIV3Schema` of a
//! `CustomResourceDefinition`, `apiextensions.k8s.io/v1`). A keyword that is not known here stops the reading of
//! the definition: a check that is silently left out would let a bad document through.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::rule::Rule;

/// What a value must be.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Schema {
    #[serde(rename = "type")]
    pub(crate) kind: Option<Type>,
    pub(crate) properties: BTreeMap<String, Schema>,
    pub(crate) required: Vec<String>,
    pub(crate) additional_properties: Option<Box<Schema>>,
    pub(crate) max_properties: Option<usize>,
    pub(crate) items: Option<Box<Schema>>,
    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    #[serde(rename = "enum")]
    pub(crate) allowed: Vec<Json>,
    pub(crate) pattern: Option<Pattern>,
    /// In characters, as the API server counts.
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    pub(crate) format: Option<Format>,
    pub(crate) default: Option<Json>,
    pub(crate) one_of: Vec<Schema>,
    pub(crate) any_of: Vec<Schema>,
    pub(crate) not: Option<Box<Schema>>,
    #[serde(rename = "x-kubernetes-validations")]
    pub(crate) rules: Vec<Rule>,
    #[serde(rename = "x-kubernetes-list-type")]
    pub(crate) list: ListType,
    #[serde(rename = "x-kubernetes-list-map-keys")]
    pub(crate) list_keys: Vec<String>,
    /// How an update merges; a file is always a whole document.
    #[serde(rename = "x-kubernetes-map-type")]
    _map: Option<String>,
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    pub(crate) keeps_unknown: bool,
    #[serde(rename = "x-kubernetes-int-or-string")]
    pub(crate) int_or_string: bool,
}

impl Schema {
    /// Any mapping.
    pub(crate) fn mapping() -> Self {
        Self { kind: Some(Type::Object), keeps_unknown: true, ..Self::default() }
    }

    /// Any text.
    pub(crate) fn text() -> Self {
        Self { kind: Some(Type::String), ..Self::default() }
    }
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    Object,
    Array,
    String,
    Integer,
    Boolean,
}

/// Which items of a list may not stand there twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ListType {
    #[default]
    Atomic,
    /// No two equal items.
    Set,
    /// No two items that agree in all of `x-kubernetes-list-map-keys`.
    Map,
}

/// A named form of text or number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Int32,
    Int64,
    Ipv4,
    Ipv6,
    /// Base64 with padding (RFC 4648 §4).
    Byte,
    /// A block of addresses (RFC 4632).
    Cidr,
}

/// A regular expression, compiled when it is first asked.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Pattern {
    pub(crate) text: String,
    compiled: OnceLock<Result<Regex, String>>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl Pattern {
    /// Whether any part of `text` matches; the expressions carry their own anchors.
    ///
    /// # Errors
    ///
    /// Why the expression itself cannot be read.
    pub(crate) fn matches(&self, text: &str) -> Result<bool, &str> {
        let compiled =
            self.compiled.get_or_init(|| Regex::new(&self.text).map_err(|error| error.to_string()));
        compiled.as_ref().map(|regex| regex.is_match(text)).map_err(String::as_str)
    }
}
