//! What a request finds.

use std::fmt;
use std::sync::Arc;

use tradewind_gateway_api::filter::{Cors, Fraction};
use tradewind_gateway_api::http_route::Timeouts;

use crate::change::{HeaderChanges, PathChange};
use crate::effective::EffectiveRoutePolicy;

/// A rule of a route, put together with those of other documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its number in the table. It keeps it as long as nothing about it changes; numbers that are free are taken again. Rules
    /// of connections have another one in each table, above all others.
    pub index: usize,
    /// The route that it is of.
    pub route: RouteId,
    /// Which of the route's rules, counted from 0.
    pub number: usize,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// What is done on the way, in this order.
    pub steps: Vec<Step>,
    /// Where requests go. Empty: nowhere, which is 500 unless a filter answers.
    pub backends: Vec<Backend>,
    /// How long requests may take.
    pub timeouts: Timeouts,
    /// What holds for its requests, all policies taken together. Where different policies hold at different listeners,
    /// a rule stands in the table once for each.
    pub policy: Arc<EffectiveRoutePolicy>,
}

/// A route by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteId {
    /// `HTTPRoute`, `GRPCRoute` or `TLSRoute`.
    pub kind: &'static str,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl fmt::Display for RouteId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// A backend and its share of the requests of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Where requests go.
    pub target: Target,
    /// Its share, in proportion to the sum over the rule.
    pub weight: u32,
    /// What is done besides the filters of the rule.
    pub steps: Vec<Step>,
}

/// Where requests of a backend go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a service.
    Service(BackendId),
    /// Nowhere: the reference leads nowhere, or may not be followed. Its share of requests is answered with 500.
    Broken {
        /// Why, for the operator.
        reason: String,
    },
}

/// One step on the way of a request: a filter of the document, its references followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Changes the headers of the request.
    RequestHeaders(HeaderChanges),
    /// Changes the headers of the answer.
    ResponseHeaders(HeaderChanges),
    /// Sends a copy elsewhere.
    Mirror {
        /// Where to.
        target: Target,
        /// Of how many requests.
        share: Fraction,
    },
    /// Answers with another address.
    Redirect(Redirect),
    /// Changes host and path before forwarding.
    Rewrite(Rewrite),
    /// Cross-origin resource sharing.
    Cors(Cors),
    /// A step that cannot be taken. A request that comes to it is answered with 500, since to leave it out could
    /// leave out what protects a service.
    Broken {
        /// Why, for the operator.
        reason: String,
    },
}

/// The address that a redirect names; what is absent stays as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// The host.
    pub hostname: Option<String>,
    /// The path.
    pub path: Option<PathChange>,
    /// The port; that of the scheme where only the scheme is given, else that of the listener.
    pub port: Option<u16>,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
}

/// The address that a backend sees; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The host.
    pub hostname: Option<String>,
    /// The path.
    pub path: Option<PathChange>,
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId {
    /// The namespace.
    pub namespace: String,
    /// The name of the service.
    pub service: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for BackendId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}:{}", self.namespace, self.service, self.port)
    }
}
