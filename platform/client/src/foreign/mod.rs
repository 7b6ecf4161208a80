//! Requests to addresses that somebody outside named: no peers, and nothing of the fleet goes with them.
//!
//! Such an address may be a trap: it may lead to what only this network can reach, answer without end, or send us on.
//! So names are judged by what they resolve to ([`ForeignClient::new`]), answers are read up to a bound, redirects are
//! not followed, and every request has a limit.

mod connect;
mod place;

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::uri::{InvalidUri, Scheme};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tradewind_kernel::Clock;

use self::connect::{Connector, Private};
use self::place::is_public;
use crate::{Body, BoxFuture};

/// The longest address, in bytes.
const MAX_LENGTH: usize = 2_048;

/// How long an unused connection is kept.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

/// Unused connections kept per address.
const IDLE_CONNECTIONS: usize = 4;

/// An absolute address of the web, as somebody outside gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignUrl(Uri);

/// Why a text is no address that may be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidUrl(&'static str);

impl FromStr for ForeignUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidUrl("it is longer than 2048 characters"));
        }
        let uri: Uri =
            text.parse().map_err(|_| InvalidUrl("it is no absolute address such as https://host/path"))?;
        if uri.scheme() != Some(&Scheme::HTTPS) && uri.scheme() != Some(&Scheme::HTTP) {
            return Err(InvalidUrl("it has to begin with https://"));
        }
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if authority.contains('@') {
            return Err(InvalidUrl("it must not hold a user or a password"));
        }
        if text.contains('#') {
            return Err(InvalidUrl("it must not have a fragment"));
        }
        match uri.host() {
            None | Some("") => Err(InvalidUrl("it names no host")),
            Some(_) => Ok(Self(uri)),
        }
    }
}

impl ForeignUrl {
    /// Its host, for logs: what follows may hold a secret of its owner.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// The address as a target of requests.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

impl fmt::Display for ForeignUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct ForeignAnswer {
    /// The status, whatever it says.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The beginning of the body, up to the bound that was given.
    pub beginning: Bytes,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForeignError {
    /// The address is not one that may be called.
    #[error("the address is refused: {0}")]
    Refused(String),
    /// The answer was not there in time.
    #[error("there was no answer within {} s", .0.as_secs())]
    Late(Duration),
    /// There was no connection, or it broke.
    #[error("the address cannot be reached: {0}")]
    Unreachable(String),
}

/// What carries a request to the door that the host of an address names, where there are no sockets.
type Carry =
    Arc<dyn Fn(&str, Request<Body>) -> BoxFuture<'static, Result<Response<Body>, String>> + Send + Sync>;

#[derive(Clone)]
enum Reach {
    Sockets(Box<Client<Connector, Body>>),
    Fleet(Carry),
    Nowhere,
}

/// Sends requests to foreign addresses.
#[derive(Clone)]
pub struct ForeignClient {
    reach: Reach,
    allow_private: bool,
    clock: Clock,
}

impl ForeignClient {
    /// A client for public addresses, by `https` only. With `allow_private` also for those of this machine and its
    /// networks, and in the clear: for laptops and tests.
    #[must_use]
    pub fn new(allow_private: bool, clock: Clock) -> Self {
        let reach = Connector::new(allow_private, clock.clone()).map_or(Reach::Nowhere, |connector| {
            let client = Client::builder(TokioExecutor::new())
                .pool_idle_timeout(IDLE_LIMIT)
                .pool_max_idle_per_host(IDLE_CONNECTIONS)
                .pool_timer(TokioTimer::new())
                .build(connector);
            Reach::Sockets(Box::new(client))
        });
        Self { reach, allow_private, clock }
    }

    /// A client where there are no sockets: `carry` takes the host of an address for the name of a door, and says why
    /// when nothing came back. For simulation.
    #[must_use]
    pub fn among(
        carry: impl Fn(&str, Request<Body>) -> BoxFuture<'static, Result<Response<Body>, String>>
        + Send
        + Sync
        + 'static,
        allow_private: bool,
        clock: Clock,
    ) -> Self {
        Self { reach: Reach::Fleet(Arc::new(carry)), allow_private, clock }
    }

    /// Whether an address may be called, as far as it says itself: what a name leads to is judged with each request.
    ///
    /// # Errors
    /// [`ForeignError::Refused`] with the reason.
    pub fn admit(&self, url: &ForeignUrl) -> Result<(), ForeignError> {
        let refused = |reason: &str| Err(ForeignError::Refused(reason.to_owned()));
        if self.allow_private {
            return Ok(());
        }
        if url.0.scheme() != Some(&Scheme::HTTPS) {
            return refused("it has to begin with https://");
        }
        let host = url.host().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        if host == "localhost" || host.ends_with(".localhost") {
            return refused("it names this machine");
        }
        match host.parse::<IpAddr>() {
            Ok(address) if !is_public(address) => refused("it is an address of a private network"),
            _ => Ok(()),
        }
    }

    /// Sends a request, whose target is absolute, and gives what came back within `limit`, with up to `most` bytes of
    /// its body. A redirect is an answer like others.
    ///
    /// # Errors
    /// Why nothing came back.
    pub async fn send(
        &self,
        url: &ForeignUrl,
        mut request: Request<Body>,
        (limit, most): (Duration, usize),
    ) -> Result<ForeignAnswer, ForeignError> {
        self.admit(url)?;
        *request.uri_mut() = url.0.clone();
        let exchange = async {
            let response = self.exchange(url, request).await?;
            let (parts, body) = response.into_parts();
            let beginning = beginning(body, most).await;
            Ok(ForeignAnswer { status: parts.status, headers: parts.headers, beginning })
        };
        self.clock.timeout(limit, exchange).await.map_err(|_| ForeignError::Late(limit))?
    }

    async fn exchange(
        &self,
        url: &ForeignUrl,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, ForeignError> {
        match &self.reach {
            Reach::Sockets(client) => {
                let response = client.request(request).await.map_err(|error| explained(&error))?;
                Ok(response.map(Body::incoming))
            }
            Reach::Fleet(carry) => {
                let target = url.0.path_and_query().map_or("/", |target| target.as_str());
                let wrong = |error: InvalidUri| ForeignError::Unreachable(error.to_string());
                *request.uri_mut() = target.parse().map_err(wrong)?;
                carry(url.host(), request).await.map_err(ForeignError::Unreachable)
            }
            Reach::Nowhere => {
                Err(ForeignError::Unreachable("the cryptographic library refuses to work".to_owned()))
            }
        }
    }
}

impl fmt::Debug for ForeignClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignClient").field("allow_private", &self.allow_private).finish_non_exhaustive()
    }
}

/// The reason, which lies below what the client says.
fn explained(error: &hyper_util::client::legacy::Error) -> ForeignError {
    let mut text = String::new();
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(error) = cause {
        if let Some(private) = error.downcast_ref::<Private>() {
            return ForeignError::Refused(private.to_string());
        }
        text = error.to_string();
        cause = error.source();
    }
    ForeignError::Unreachable(if text.is_empty() { error.to_string() } else { text })
}

/// The first bytes of a body; one that breaks off ends there.
async fn beginning(mut body: Body, most: usize) -> Bytes {
    let mut read = BytesMut::new();
    while read.len() < most {
        let Some(Ok(piece)) = body.next().await else { break };
        let room = most.saturating_sub(read.len());
        read.extend_from_slice(piece.get(..room).unwrap_or(&piece));
    }
    read.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_absolute_and_holds_no_secret() {
        for (text, part) in [
            ("/path", "https://"),
            ("ftp://example.com/", "https://"),
            ("https://user:word@example.com/", "password"),
            ("https://example.com/#part", "fragment"),
            ("https://", "absolute"),
            ("not an address", "absolute"),
        ] {
            let error = text.parse::<ForeignUrl>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!("https://example.com:8443/hooks?x=1".parse::<ForeignUrl>().is_ok());
        assert!(format!("https://example.com/{}", "x".repeat(2_048)).parse::<ForeignUrl>().is_err());
    }

    #[test]
    fn what_leads_into_our_networks_is_refused_unless_it_is_allowed() {
        let judged = |allow: bool, text: &str| {
            ForeignClient::new(allow, Clock::system()).admit(&text.parse().unwrap()).is_ok()
        };
        for text in [
            "http://example.com/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert!(!judged(false, text), "{text}");
            assert!(judged(true, text), "{text}");
        }
        assert!(judged(false, "https://example.com/hook") && judged(false, "https://8.8.8.8/"));
    }
}
