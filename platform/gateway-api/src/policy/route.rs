//! `RoutePolicy`: who may send a request, how many, and what the gateway adds on the way.

use serde::Deserialize;

use super::access::Access;
use super::compression::Compression;
use super::jwt::Jwt;
use super::retry::{Priority, RateLimit, Retry};
use super::security_headers::SecurityHeaders;
use crate::reference::TargetRef;

/// What a `RoutePolicy` says. What is absent is left to a less specific policy: that of the route after that of a rule,
/// then that of the listener, then that of the gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutePolicy {
    /// Routes or gateways, or rules or listeners of them by name.
    pub target_refs: Vec<TargetRef>,
    /// Which tokens a request needs.
    pub jwt: Option<Jwt>,
    /// From which addresses requests may come.
    pub access: Option<Access>,
    /// Bounds on requests over time; a request must be within each of them. Empty: none.
    pub rate_limits: Option<Vec<RateLimit>>,
    /// Further tries.
    pub retry: Option<Retry>,
    /// What is refused first.
    pub priority: Option<Priority>,
    /// Compression of answers.
    pub compression: Option<Compression>,
    /// Headers for browsers.
    pub security_headers: Option<SecurityHeaders>,
    /// The greatest body of a request. Greater ones are answered with 413.
    pub max_body_bytes: Option<u64>,
}
