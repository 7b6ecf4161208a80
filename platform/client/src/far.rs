//! Peers behind an address: HTTP/1.1 over pooled connections, and HTTP/2 over one for requests that ask for it.

use std::time::Duration;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::Body;

/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long an unused connection is kept.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// Unused connections kept per address.
const IDLE_CONNECTIONS: usize = 64;

/// How often a peer with HTTP/2 calls under way is asked whether it is still there, and how long it has to say so.
/// HTTP/1.1 needs neither: there a call that gets no answer takes its connection with it.
const ALIVE_EVERY: Duration = Duration::from_secs(10);
const ALIVE_LIMIT: Duration = Duration::from_secs(5);

/// The greatest size of the headers of an HTTP/2 answer, in bytes.
const MAX_HEADERS: u32 = 32 * 1024;

/// The text is no `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address: expected host:port, found {0:?}")]
pub struct InvalidAddress(pub String);

/// Sends requests to one address.
#[derive(Debug, Clone)]
pub struct FarClient {
    authority: Authority,
    client: Client<HttpConnector, Body>,
    /// For requests of version HTTP/2, with prior knowledge: nobody is asked whether they speak it (RFC 9113 §3.3).
    multiplexed: Client<HttpConnector, Body>,
}

impl FarClient {
    /// A client for `address`, such as `127.0.0.1:8080`. Connections open when they are first needed.
    ///
    /// # Errors
    /// [`InvalidAddress`] when the text is no `host:port`.
    pub fn new(address: &str) -> Result<Self, InvalidAddress> {
        let authority: Authority = address.parse().map_err(|_| InvalidAddress(address.to_owned()))?;
        if authority.port_u16().is_none() {
            return Err(InvalidAddress(address.to_owned()));
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_LIMIT));
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
            .build(connector);
        Ok(Self { authority, client, multiplexed })
    }

    /// Sends a request; its target is the path and query, the address is this client's. A request of version
    /// HTTP/2 goes over HTTP/2, any other over HTTP/1.1.
    ///
    /// # Errors
    /// [`UNAVAILABLE`] when no connection could be opened or it broke before the answer.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, Problem> {
        let target = request.uri().path_and_query().cloned();
        let target = target.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri =
            Uri::builder().scheme(Scheme::HTTP).authority(self.authority.clone()).path_and_query(target);
        *request.uri_mut() = uri.build().map_err(Problem::internal)?;
        let client = if request.version() == Version::HTTP_2 { &self.multiplexed } else { &self.client };
        let response = client.request(request).await.map_err(|error| {
            Problem::new(&UNAVAILABLE)
                .detail("The request was not answered: the peer cannot be reached.")
                .retry_after(Duration::from_secs(1))
                .operator(format!("{}: {error}: {:?}", self.authority, std::error::Error::source(&error)))
        })?;
        Ok(response.map(Body::incoming))
    }
}
