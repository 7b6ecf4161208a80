//! Peers behind an address: HTTP/1.1 over pooled connections, and HTTP/2 over one for requests that ask for it.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::uri::{Authority, PathAndQuery};
use http::{Request, Response, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tradewind_identity::Identity;
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::Body;
use crate::body::broken_body;
use crate::connect::Connector;
use crate::unanswered::{Cause, Unanswered};

/// How long an unused connection is kept: less than a door keeps it, so that none is taken up that the door closes.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

/// Unused connections kept per address.
const IDLE_CONNECTIONS: usize = 64;

/// How often a peer with HTTP/2 calls under way is asked whether it is still there, and how long it has to say so.
/// HTTP/1.1 needs neither: there a call that gets no answer takes its connection with it.
const ALIVE_EVERY: Duration = Duration::from_secs(10);
const ALIVE_LIMIT: Duration = Duration::from_secs(5);

/// The greatest size of the headers of an HTTP/2 answer, in bytes.
const MAX_HEADERS: u32 = 32 * 1024;

/// What an address begins with that is spoken to in the clear, whatever identity this side has.
const IN_THE_CLEAR: &str = "http://";

/// The text is no `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address: expected host:port, found {0:?}")]
pub struct InvalidAddress(pub String);

/// Sends requests to one address.
#[derive(Debug, Clone)]
pub struct FarClient {
    authority: Authority,
    is_plain: bool,
    connector: Connector,
    pool: Arc<Mutex<Pool>>,
}

/// Connections that were opened with one certificate.
#[derive(Debug)]
struct Pool {
    generation: u64,
    client: Client<Connector, Body>,
    /// For requests of version HTTP/2, with prior knowledge: nobody is asked whether they speak it (RFC 9113 §3.3).
    multiplexed: Client<Connector, Body>,
}

impl Pool {
    fn new(connector: &Connector) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_LIMIT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_timer(TokioTimer::new())
            .build(connector.clone());
        let multiplexed = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .timer(TokioTimer::new())
            .http2_keep_alive_interval(ALIVE_EVERY)
            .http2_keep_alive_timeout(ALIVE_LIMIT)
            .http2_max_header_list_size(MAX_HEADERS)
            .pool_idle_timeout(IDLE_LIMIT)
            .pool_timer(TokioTimer::new())
            .build(connector.clone().multiplexed());
        Self { generation: connector.generation(), client, multiplexed }
    }
}

impl FarClient {
    /// A client for `address`, such as `127.0.0.1:8080`. Connections open when they are first needed, in the clear
    /// unless [`FarClient::with_identity`] follows. An address such as `http://127.0.0.1:8080` is one of a peer that
    /// does not speak TLS: it stays in the clear.
    ///
    /// # Errors
    /// [`InvalidAddress`] when the text is no `host:port`.
    pub fn new(address: &str) -> Result<Self, InvalidAddress> {
        let plain = address.strip_prefix(IN_THE_CLEAR);
        let host = plain.unwrap_or(address);
        let authority: Authority = host.parse().map_err(|_| InvalidAddress(address.to_owned()))?;
        if authority.port_u16().is_none() {
            return Err(InvalidAddress(address.to_owned()));
        }
        let connector = Connector::plain();
        let pool = Arc::new(Mutex::new(Pool::new(&connector)));
        Ok(Self { authority, is_plain: plain.is_some(), connector, pool })
    }

    /// Shows `identity` to the peer and accepts only the service `service` there, wherever its address leads. When the
    /// files of the identity change, new requests take new connections; those under way end on theirs.
    #[must_use]
    pub fn with_identity(self, identity: &Identity, service: &str) -> Self {
        if self.is_plain {
            return self;
        }
        let connector = self.connector.secured(identity, service);
        let pool = Arc::new(Mutex::new(Pool::new(&connector)));
        Self { connector, pool, ..self }
    }

    /// The address, as `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        self.authority.to_string()
    }

    /// Sends a request; its target is the path and query, the address is this client's. A request of version
    /// HTTP/2 goes over HTTP/2, any other over HTTP/1.1.
    ///
    /// # Errors
    /// [`UNAVAILABLE`] when no connection could be opened or it broke before the answer.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Problem> {
        Ok(self.try_send(request).await?)
    }

    /// The same, and says whether the peer may have acted on a request that was not answered.
    pub(crate) async fn try_send(&self, mut request: Request<Body>) -> Result<Response<Body>, Unanswered> {
        let target = request.uri().path_and_query().cloned();
        let target = target.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let scheme = self.connector.scheme();
        let uri = Uri::builder().scheme(scheme).authority(self.authority.clone()).path_and_query(target);
        *request.uri_mut() = uri
            .build()
            .map_err(|error| Unanswered { problem: Problem::internal(error), cause: Cause::Busy })?;
        let client = self.client(request.version());
        let response = client.request(request).await.map_err(|error| {
            if let Some(problem) = broken_body(&error) {
                return Unanswered { problem, cause: Cause::Broken };
            }
            let problem = Problem::new(&UNAVAILABLE)
                .detail("The request was not answered: the peer cannot be reached.")
                .retry_after(Duration::from_secs(1))
                .operator(format!("{}: {}", self.authority, with_causes(&error)));
            Unanswered { problem, cause: Cause::of(&error) }
        })?;
        Ok(response.map(Body::incoming))
    }

    /// The connections of today's certificate. Those of an older one close when their requests are answered.
    fn client(&self, version: Version) -> Client<Connector, Body> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.generation != self.connector.generation() {
            *pool = Pool::new(&self.connector);
        }
        if version == Version::HTTP_2 { pool.multiplexed.clone() } else { pool.client.clone() }
    }
}

/// An error and what led to it: the outermost says little of why a connection failed.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
