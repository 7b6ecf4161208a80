//! Which endpoint a request belongs to, whatever the load.

use std::net::{IpAddr, SocketAddr};

use http::HeaderName;
use tradewind_edge::balance::Key;
use tradewind_edge::cookie;
use tradewind_edge::session::{SessionCookie, SessionKey};

use crate::request::Request;

/// What decides which endpoint a request goes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum BalanceBy {
    /// The load of two endpoints drawn at random.
    #[default]
    Load,
    /// The address of the client.
    Client,
    /// The value of a header; the load where there is none.
    Header(HeaderName),
    /// The value of a cookie; the load where there is none.
    Cookie(String),
}

/// Keeps a client at one endpoint by a cookie.
#[derive(Debug, Clone)]
pub struct Persistence {
    /// The cookie.
    pub cookie: SessionCookie,
    /// What endpoints are named with in it.
    pub key: SessionKey,
}

/// Where a request belongs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Affinity {
    /// The endpoint that its client is kept at.
    pub(crate) kept_at: Option<SocketAddr>,
    pub(crate) key: Option<Key>,
    /// What the client's cookie names.
    pub(crate) named: Vec<u8>,
}

impl BalanceBy {
    /// The key of whoever nothing else is known of.
    pub(crate) fn key_of_client(&self, client: IpAddr) -> Option<Key> {
        (*self == Self::Client).then(|| match client {
            IpAddr::V4(address) => Key::of(&address.octets()),
            IpAddr::V6(address) => Key::of(&address.octets()),
        })
    }

    pub(crate) fn key(&self, request: &Request<'_>, client: IpAddr) -> Option<Key> {
        match self {
            Self::Load => None,
            Self::Client => self.key_of_client(client),
            Self::Header(name) => request.header(name.as_str()).map(Key::of),
            Self::Cookie(name) => cookie(request, name).map(Key::of),
        }
    }
}

/// The value of a cookie. HTTP/2 may have several fields of them (RFC 9113 §8.2.3).
pub(crate) fn cookie<'head>(request: &Request<'head>, name: &str) -> Option<&'head [u8]> {
    let mut found = None;
    request.headers("cookie", &mut |field| found = found.or_else(|| cookie::value(field, name)));
    found
}
