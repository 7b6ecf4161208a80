//! What holds for a rule, a service or a port, all policies taken together.

use std::fmt;

use tradewind_gateway_api::policy::access::{Access, Cidr};
use tradewind_gateway_api::policy::backend::{
    AdaptiveConcurrency, BackendProtocol, BackendTimeouts, CircuitBreaker, LoadBalancer, SessionPersistence,
    SlowStart,
};
use tradewind_gateway_api::policy::compression::Compression;
use tradewind_gateway_api::policy::health::HealthCheck;
use tradewind_gateway_api::policy::jwt::Jwt;
use tradewind_gateway_api::policy::listener::{
    AccessLog, ClientCertificateMode, Http2, ListenerLimits, ListenerTimeouts, ProxyProtocol,
};
use tradewind_gateway_api::policy::retry::{Priority, RateLimit, Retry};
use tradewind_gateway_api::policy::security_headers::SecurityHeaders;
use tradewind_gateway_api::reference::ObjectRef;

/// A policy by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyId {
    /// `RoutePolicy`, `BackendPolicy` or `ListenerPolicy`.
    pub kind: &'static str,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl fmt::Display for PolicyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// What holds for the requests of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveRoutePolicy {
    /// Which tokens a request needs; none are looked at when absent. The mode is never `Disabled`.
    pub jwt: Option<Jwt>,
    /// From which addresses requests may come.
    pub access: Access,
    /// A request must be within each of them.
    pub rate_limits: Vec<EffectiveRateLimit>,
    /// Further tries.
    pub retry: Retry,
    /// What is refused first.
    pub priority: Priority,
    /// Compression of answers, with one algorithm at least; none when absent.
    pub compression: Option<Compression>,
    /// Headers for browsers.
    pub security_headers: SecurityHeaders,
    /// The greatest body of a request, in bytes. 1 MiB where nobody says: more than forms and documents need, and what
    /// a service can hold a thousand times.
    pub max_body_bytes: u64,
    /// A policy that could not be read, and why, for the operator. A request that comes to it is answered with 500,
    /// since to leave the policy out could leave out what protects a service.
    pub broken: Option<String>,
}

/// A bound on requests over time, and the policy that has it.
///
/// Requests are counted over all rules that the policy is about, so that a bound of a gateway is one bound; only those
/// by `Route` are counted for each route apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveRateLimit {
    /// The policy; with the name of the bound, what is counted together.
    pub policy: PolicyId,
    /// The bound.
    pub limit: RateLimit,
}

/// The greatest body of a request where nobody says.
const MAX_BODY_BYTES: u64 = 1_024 * 1_024;

impl Default for EffectiveRoutePolicy {
    fn default() -> Self {
        Self {
            jwt: None,
            access: Access::default(),
            rate_limits: Vec::new(),
            retry: Retry::default(),
            priority: Priority::default(),
            compression: None,
            security_headers: SecurityHeaders::default(),
            max_body_bytes: MAX_BODY_BYTES,
            broken: None,
        }
    }
}

/// What holds for requests to a port of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveBackendPolicy {
    /// Which endpoint gets a request.
    pub load_balancer: LoadBalancer,
    /// Keeps a client at one endpoint; none is kept when absent.
    pub session_persistence: Option<SessionPersistence>,
    /// What is spoken; where no policy says, what `appProtocol` of the port says.
    pub protocol: BackendProtocol,
    /// How endpoints are found out that do not work.
    pub health_check: HealthCheck,
    /// Bounds over all endpoints.
    pub circuit_breaker: CircuitBreaker,
    /// Bounds of connections.
    pub timeouts: BackendTimeouts,
    /// A bound on requests under way that follows how long answers take.
    pub adaptive_concurrency: AdaptiveConcurrency,
    /// How a new endpoint begins.
    pub slow_start: SlowStart,
}

/// What holds for the connections of a port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveListenerPolicy {
    /// Whose `X-Forwarded-For` and `Forwarded` are believed. Nobody's where no policy says, since anybody can write
    /// them.
    pub trusted_proxies: Vec<Cidr>,
    /// Whether connections begin with a line that says who the client is.
    pub proxy_protocol: ProxyProtocol,
    /// Bounds of connections and of the heads of requests.
    pub limits: ListenerLimits,
    /// Bounds of the phases of a connection.
    pub timeouts: ListenerTimeouts,
    /// Bounds of HTTP/2.
    pub http2: Http2,
    /// Whether clients show a certificate. When absent, what `spec.tls.frontend` of the gateway says holds.
    pub client_certificate: Option<EffectiveClientCertificate>,
    /// A line for each request.
    pub access_log: AccessLog,
    /// A policy that could not be read, and why, for the operator. Requests that come in by the port are answered with
    /// 500, since the policy could ask for certificates.
    pub broken: Option<String>,
}

/// Whether clients show a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveClientCertificate {
    /// Whether they must.
    pub mode: ClientCertificateMode,
    /// Who may have signed it, with their namespaces; they may be missing, in which case nobody did.
    pub ca_certificate_refs: Vec<ObjectRef>,
}
