//! A request as the edge sees it.

use std::net::SocketAddr;
use std::time::Duration;

use http::HeaderMap;
use tradewind_http_validation::head::Fields as Spans;

/// The version of HTTP that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
}

impl Protocol {
    /// As logs name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }
}

/// The head of a request, which has one meaning.
#[derive(Debug, Clone, Copy)]
pub struct Request<'head> {
    pub(crate) method: &'head str,
    pub(crate) target: &'head str,
    pub(crate) authority: &'head str,
    pub(crate) fields: Fields<'head>,
    pub(crate) body: Option<u64>,
    pub(crate) protocol: Protocol,
    pub(crate) peer: SocketAddr,
    pub(crate) port: u16,
    pub(crate) is_secure: bool,
    pub(crate) server_name: Option<&'head str>,
    /// Since the start of the server, and microseconds since 1970.
    pub(crate) came: (Duration, u64),
}

/// Fields, however the version of HTTP keeps them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fields<'head> {
    Spans(Spans<'head>),
    Map(&'head HeaderMap),
}

/// A head that another server than this one has read, strictly, from a client without TLS.
#[derive(Debug, Clone, Copy)]
pub struct ReadElsewhere<'head> {
    /// The method.
    pub method: &'head str,
    /// The path with perhaps a query.
    pub target: &'head str,
    /// Whom the request is for: host and perhaps port.
    pub authority: &'head str,
    /// The fields.
    pub headers: &'head HeaderMap,
    /// The length of the body, where it is known.
    pub body: Option<u64>,
    /// Who has opened the connection.
    pub peer: SocketAddr,
    /// The port of the listener, as routes name it.
    pub port: u16,
    /// When it came, on a clock that only goes forward, and in microseconds since 1970.
    pub came: (Duration, u64),
}

impl<'head> From<ReadElsewhere<'head>> for Request<'head> {
    fn from(head: ReadElsewhere<'head>) -> Self {
        Self {
            method: head.method,
            target: head.target,
            authority: head.authority,
            fields: Fields::Map(head.headers),
            body: head.body,
            protocol: Protocol::Http11,
            peer: head.peer,
            port: head.port,
            is_secure: false,
            server_name: None,
            came: head.came,
        }
    }
}

impl<'head> Fields<'head> {
    pub(crate) fn for_each(&self, show: &mut dyn FnMut(&'head [u8], &'head [u8])) {
        match self {
            Self::Spans(spans) => spans.iter().for_each(|(name, value)| show(name, value)),
            Self::Map(map) => {
                map.iter().for_each(|(name, value)| show(name.as_str().as_bytes(), value.as_bytes()));
            }
        }
    }

    pub(crate) fn each(&self, name: &str, show: &mut dyn FnMut(&'head [u8])) {
        match self {
            Self::Spans(spans) => spans.all(name).for_each(show),
            Self::Map(map) => map.get_all(name).iter().for_each(|value| show(value.as_bytes())),
        }
    }

    pub(crate) fn first(&self, name: &str) -> Option<&'head [u8]> {
        match self {
            Self::Spans(spans) => spans.first(name),
            Self::Map(map) => map.get(name).map(http::HeaderValue::as_bytes),
        }
    }
}

impl<'head> Request<'head> {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &'head str {
        self.method
    }

    /// The path as it came, without the query; `*` for `OPTIONS *`.
    #[must_use]
    pub fn path(&self) -> &'head str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    /// The query, without `?`.
    #[must_use]
    pub fn query(&self) -> Option<&'head str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Whom the request is for: host and perhaps port. Empty for HTTP/1.0 without `Host`.
    #[must_use]
    pub fn authority(&self) -> &'head str {
        self.authority
    }

    /// The first value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'head [u8]> {
        self.fields.first(name)
    }

    /// Shows each value of a header, by its name in lower case.
    pub fn headers(&self, name: &str, show: &mut dyn FnMut(&'head [u8])) {
        self.fields.each(name, show);
    }

    /// The length of the body, where it is known; `Some(0)` without one.
    #[must_use]
    pub fn body_length(&self) -> Option<u64> {
        self.body
    }

    /// The version of HTTP that the client speaks.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Who has opened the connection: a client, or a proxy before us.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The port of the listener, as routes name it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection has TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// When its head was whole: since about the start of the process, on a clock that only goes forward.
    #[must_use]
    pub fn came(&self) -> Duration {
        self.came.0
    }

    /// When its head was whole, in microseconds since 1970.
    #[must_use]
    pub fn came_at(&self) -> u64 {
        self.came.1
    }

    /// The host that the client asked for in its TLS handshake, where it did.
    #[must_use]
    pub fn server_name(&self) -> Option<&'head str> {
        self.server_name
    }
}
