//! `BackendPolicy`: how requests get to the endpoints of a service.

use std::time::Duration;

use http::HeaderName;
use serde::{Deserialize, Deserializer, de::Error};

use super::health::HealthCheck;
use super::read;
use crate::duration;
use crate::reference::TargetRef;

/// What a `BackendPolicy` says. What is absent in one about a port is left to the one about the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendPolicy {
    /// Services, or ports of services by name.
    pub target_refs: Vec<TargetRef>,
    /// Which endpoint gets a request.
    pub load_balancer: Option<LoadBalancer>,
    /// Keeps a client at one endpoint.
    pub session_persistence: Option<SessionPersistence>,
    /// What is spoken to the endpoints.
    pub protocol: Option<BackendProtocol>,
    /// How endpoints are found out that do not work.
    pub health_check: Option<HealthCheck>,
    /// Bounds over all endpoints.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// Bounds of connections.
    pub timeouts: Option<BackendTimeouts>,
    /// A bound on requests under way that follows how long answers take.
    pub adaptive_concurrency: Option<AdaptiveConcurrency>,
    /// How a new endpoint begins.
    pub slow_start: Option<SlowStart>,
}

/// Which endpoint gets a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LoadBalancer {
    /// The quicker and less busy of two drawn at random. The default: it leaves a slow endpoint alone without being
    /// told.
    #[default]
    PeakEwma,
    /// What has the same key goes to the same endpoint, for caches.
    ConsistentHash(HashKey),
}

/// What is hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HashKey {
    /// The address of the client.
    Client,
    /// The value of a header.
    Header(HeaderName),
    /// The value of a cookie.
    Cookie(String),
}

#[derive(Deserialize)]
struct Key {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
}

impl<'de> Deserialize<'de> for LoadBalancer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            #[serde(rename = "type")]
            kind: String,
            consistent_hash: Option<Key>,
        }
        let Wire { kind, consistent_hash } = Wire::deserialize(deserializer)?;
        match (kind.as_str(), consistent_hash) {
            ("PeakEwma", None) => Ok(Self::PeakEwma),
            ("ConsistentHash", Some(key)) => key.read().map(Self::ConsistentHash).map_err(D::Error::custom),
            (kind, _) => Err(D::Error::custom(format!("{kind} does not go with this consistentHash"))),
        }
    }
}

impl Key {
    fn read(self) -> Result<HashKey, String> {
        match (self.kind.as_str(), self.name) {
            ("Client", None) => Ok(HashKey::Client),
            ("Header", Some(name)) => {
                name.parse().map(HashKey::Header).map_err(|_| format!("{name} is no name of a header"))
            }
            ("Cookie", Some(name)) => Ok(HashKey::Cookie(name)),
            (kind, _) => Err(format!("{kind} does not go with this name")),
        }
    }
}

/// Keeps a client at one endpoint by a cookie, as long as there is that endpoint. Where no policy has this, none is
/// kept: what an endpoint alone knows is lost with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionPersistence {
    /// The name of the cookie; `tradewind-session` by default.
    pub session_name: String,
    /// How long it holds; by default until the browser is closed.
    #[serde(default, deserialize_with = "duration::deserialize")]
    pub absolute_timeout: Option<Duration>,
}

/// What is spoken to the endpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum BackendProtocol {
    /// HTTP/1.1. The default, since every server speaks it.
    #[default]
    #[serde(rename = "HTTP1")]
    Http1,
    /// HTTP/2 without TLS and without asking first (RFC 9113 §3.3).
    H2C,
}

/// Bounds over all endpoints of a service. What is beyond them is answered with 503 at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitBreaker {
    /// Connections. 1,024 by default.
    pub max_connections: u32,
    /// Requests that wait for a connection or for their turn. 256 by default: a longer queue only makes more of them
    /// too late.
    pub max_pending_requests: u32,
    /// Requests under way. 1,024 by default.
    pub max_parallel_requests: u32,
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self { max_connections: 1_024, max_pending_requests: 256, max_parallel_requests: 1_024 }
    }
}

/// Bounds of connections; those of requests are the route's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct BackendTimeouts {
    /// Until there is one. 2 s by default: long enough for a packet that was lost to be sent again.
    #[serde(deserialize_with = "read::duration")]
    pub connect: Duration,
    /// One that nobody used for so long is closed. 20 s by default, less than what servers and translators of
    /// addresses wait before they forget it.
    #[serde(deserialize_with = "read::duration")]
    pub idle: Duration,
}

impl Default for BackendTimeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), idle: Duration::from_secs(20) }
    }
}

/// A bound on requests under way that follows how long answers take. It is there by default: no fixed bound fits the
/// service of tomorrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdaptiveConcurrency {
    /// Whether it is there.
    pub enabled: bool,
    /// Never less. 8 by default, so that a few slow answers do not close the way.
    pub min_limit: u32,
    /// Never more. 1,024 by default, as many as may be under way at all.
    pub max_limit: u32,
    /// The share of the bound, of a hundred, that is kept for requests of the priority `Critical`. 10 by default.
    pub reserve_for_critical_percent: u32,
}

impl Default for AdaptiveConcurrency {
    fn default() -> Self {
        Self { enabled: true, min_limit: 8, max_limit: 1_024, reserve_for_critical_percent: 10 }
    }
}

/// How a new endpoint begins: with few requests, and more and more, while its caches are cold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct SlowStart {
    /// How long until it has its full share; 10 s by default, zero for at once.
    #[serde(deserialize_with = "read::duration")]
    pub window: Duration,
}

impl Default for SlowStart {
    fn default() -> Self {
        Self { window: Duration::from_secs(10) }
    }
}
