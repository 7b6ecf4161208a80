//! `ListenerPolicy`: how connections of clients are taken.

use std::time::Duration;

use serde::Deserialize;

use super::access::Cidr;
use super::read;
use crate::filter::Fraction;
use crate::reference::{LocalRef, TargetRef};

/// What a `ListenerPolicy` says. What is absent in one about a listener is left to the one about the gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerPolicy {
    /// Gateways, or listeners of gateways by name.
    pub target_refs: Vec<TargetRef>,
    /// Whose `X-Forwarded-For` and `Forwarded` are believed.
    pub trusted_proxies: Option<Vec<Cidr>>,
    /// Whether connections begin with a line that says who the client is.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// Bounds of connections and of the heads of requests.
    pub limits: Option<ListenerLimits>,
    /// Bounds of the phases of a connection.
    pub timeouts: Option<ListenerTimeouts>,
    /// Bounds of HTTP/2.
    pub http2: Option<Http2>,
    /// Whether clients show a certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// A line for each request.
    pub access_log: Option<AccessLog>,
}

/// Whether connections begin with a line that says who the client is (the PROXY protocol).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct ProxyProtocol {
    /// Whether they do.
    pub mode: ProxyProtocolMode,
}

/// Whether connections begin with such a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum ProxyProtocolMode {
    /// They do not. The default, since anybody could write one.
    #[default]
    Disabled,
}

/// Bounds of connections and of the heads of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerLimits {
    /// Connections at a time; further ones wait in the backlog of the system. 10,000 by default, what a process with
    /// the usual bound on files can hold twice.
    pub max_connections: u32,
    /// The same of one address. 1,000 by default: a company behind one address is one client, and a browser opens six.
    pub max_connections_per_client: u32,
    /// Then a connection is closed. 10,000 by default, so that clients spread over replicas that are new.
    pub max_requests_per_connection: u32,
    /// Request line and headers together; greater ones are answered with 431. 32 KiB by default: tokens and cookies fit.
    pub max_head_bytes: u32,
    /// More are answered with 431. 100 by default; browsers send about twenty.
    pub max_headers: u32,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_connections_per_client: 1_000,
            max_requests_per_connection: 10_000,
            max_head_bytes: 32 * 1_024,
            max_headers: 100,
        }
    }
}

/// Bounds of the phases of a connection, so that nobody holds one for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerTimeouts {
    /// The handshake of TLS. 10 s by default: several round trips over a bad line.
    #[serde(deserialize_with = "read::duration")]
    pub tls_handshake: Duration,
    /// From the first byte of a request to the end of its head. 10 s by default: a head is one packet or two.
    #[serde(deserialize_with = "read::duration")]
    pub request_head: Duration,
    /// Between two pieces of a body. 30 s by default: a slow upload is allowed, a silent one is not.
    #[serde(deserialize_with = "read::duration")]
    pub request_body_idle: Duration,
    /// Between two requests. 75 s by default, longer than the minute of most balancers, so that it is the balancer that
    /// closes and no request is sent into a connection that ends.
    #[serde(deserialize_with = "read::duration")]
    pub idle: Duration,
    /// While the client takes nothing of an answer. 30 s by default.
    #[serde(deserialize_with = "read::duration")]
    pub write_stall: Duration,
    /// Then a connection is closed after the request under way. An hour by default, so that clients spread over
    /// replicas that are new.
    #[serde(deserialize_with = "read::duration")]
    pub max_connection_age: Duration,
}

impl Default for ListenerTimeouts {
    fn default() -> Self {
        Self {
            tls_handshake: Duration::from_secs(10),
            request_head: Duration::from_secs(10),
            request_body_idle: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            write_stall: Duration::from_secs(30),
            max_connection_age: Duration::from_secs(3_600),
        }
    }
}

/// Bounds of HTTP/2 (RFC 9113).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Http2 {
    /// Requests of a connection at a time. 100 by default, the least that the standard recommends (§6.5.2).
    pub max_concurrent_streams: u32,
    /// A client that takes back more requests than this is disconnected. 600 by default: each has cost work already,
    /// and ten in a second is more than a person does.
    pub max_resets_per_minute: u32,
    /// Bytes of a body that may be under way. 256 KiB by default, four times the standard's, for uploads from far.
    pub initial_stream_window_size: u32,
    /// The same over all requests of a connection. 1 MiB by default.
    pub initial_connection_window_size: u32,
}

impl Default for Http2 {
    fn default() -> Self {
        Self {
            max_concurrent_streams: 100,
            max_resets_per_minute: 600,
            initial_stream_window_size: 256 * 1_024,
            initial_connection_window_size: 1_024 * 1_024,
        }
    }
}

/// Whether clients show a certificate (mutual TLS). Where no policy has this, what `spec.tls.frontend` of the gateway
/// says holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCertificate {
    /// Whether they must. `Required` by default: who names authorities wants their certificates.
    pub mode: ClientCertificateMode,
    /// Who may have signed it: `ca.crt` of documents of the policy's namespace. None only where the mode is `Disabled`.
    pub ca_certificate_refs: Vec<LocalRef>,
}

/// Whether clients must show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ClientCertificateMode {
    /// They must.
    Required,
    /// They may; one that is not valid closes the connection.
    Optional,
    /// They are not asked, whatever a less specific policy says.
    Disabled,
}

/// A line for each request. There is one by default: what was not written down cannot be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessLog {
    /// Whether there is.
    pub enabled: bool,
    /// Of so many requests so many; all by default. Answers of 500 and above are always written.
    pub sampling_fraction: Option<Fraction>,
}

impl Default for AccessLog {
    fn default() -> Self {
        Self { enabled: true, sampling_fraction: None }
    }
}
