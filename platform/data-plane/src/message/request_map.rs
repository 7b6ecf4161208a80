//! The head that a backend of HTTP/2 gets.

use std::net::SocketAddr;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};

use crate::message::names::{Fate, fate};
use crate::message::request_head::{Head, Making, Sending, fields};

/// A part of a head that HTTP/2 cannot carry: it is the client's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    Method,
    Target,
    Host,
}

/// The head of the request as the backend gets it. `address` takes the place of a host that nobody has named.
pub(crate) fn request(
    making: Making<'_>,
    is_secure: bool,
    address: SocketAddr,
) -> Result<Request<()>, Unfit> {
    let Making { request, forward, .. } = making;
    let host = forward.host.as_deref().unwrap_or(request.authority);
    let authority =
        if host.is_empty() { Authority::try_from(address.to_string()) } else { Authority::try_from(host) };
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if is_secure { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(authority.map_err(|_| Unfit::Host)?);
    let target = PathAndQuery::try_from(&*forward.target);
    parts.path_and_query = Some(target.map_err(|_| Unfit::Target)?);
    let mut made = Request::new(());
    *made.method_mut() = Method::from_bytes(request.method.as_bytes()).map_err(|_| Unfit::Method)?;
    *made.uri_mut() = Uri::from_parts(parts).map_err(|_| Unfit::Target)?;
    *made.version_mut() = http::Version::HTTP_2;
    let mut head = Map(HeaderMap::with_capacity(24));
    fields(making, &mut head);
    let Map(mut map) = head;
    if let Sending::Sized(length) = making.sending {
        map.insert(header::CONTENT_LENGTH, length.into());
    }
    if making.takes_trailers {
        map.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    *made.headers_mut() = map;
    Ok(made)
}

/// The fields of a head, where HTTP/2 has them.
struct Map(HeaderMap);

impl Head for Map {
    fn field(&mut self, name: &[u8], value: &[u8]) {
        // An edit may name what HTTP/2 has no place for (RFC 9113 §8.2.2), or says elsewhere.
        if matches!(fate(name), Fate::Ends | Fate::Host | Fate::Length) {
            return;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            self.0.append(name, value);
        }
    }

    fn composed(&mut self, name: &[u8], compose: impl FnOnce(&mut Vec<u8>)) {
        let mut value = Vec::with_capacity(64);
        compose(&mut value);
        self.field(name, &value);
    }
}
