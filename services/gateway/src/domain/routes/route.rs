//! What a route is, and what is said of a document that holds none.

use crate::domain::path::CanonicalPath;
use std::fmt;

/// One match of one rule, and the service behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `metadata.name` of the document.
    pub name: String,
    /// Which of `spec.rules`, counted from 0.
    pub rule: usize,
    /// The paths that the route is for.
    pub matching: PathMatch,
    /// Where requests go.
    pub backend: Backend,
    /// The path as a metrics label: `/a` for an exact match, `/a/*` for a prefix. There are as many labels as
    /// routes, whatever clients send.
    pub template: String,
}

/// Which paths a route is for. Matching is case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathMatch {
    /// This path alone.
    Exact(CanonicalPath),
    /// This path and all paths below it, by whole segments: `/foo` matches `/foo`, `/foo/` and `/foo/bar`,
    /// not `/foobar`. Without a trailing slash, except for `/`, which matches every path.
    Prefix(CanonicalPath),
}

/// Where the requests of a route go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The name of the service: a DNS label (RFC 1123 §2.1) of at most 63 bytes.
    pub service: String,
    /// The port of the service, from 1 on.
    pub port: u16,
}

impl Backend {
    /// The name under which the phone book knows it: `service:port`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.port)
    }
}

/// What is wrong in a route document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteError {
    /// The name of the file as it was given.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What to change, for the person who wrote the document.
    pub reason: String,
}

impl fmt::Display for RouteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}: {}", self.file, self.line, self.column, self.reason)
    }
}

impl std::error::Error for RouteError {}
