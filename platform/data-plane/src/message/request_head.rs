//! The head that a backend gets.

use std::borrow::Cow;
use std::io::Write;
use std::net::IpAddr;

use crate::edge::Forward;
use crate::edits::Header;
use crate::message::names::{Fate, RETRIES, fate, is_named};
use crate::message::{decimal, field};
use crate::request::{Protocol, Request};
use tradewind_edge::trace::Traceparent;

/// How the body of the request goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// There is none, and none is announced.
    Nothing,
    /// So many bytes.
    Sized(u64),
    /// In chunks of our own.
    Chunked,
}

/// What a head is made of.
#[derive(Clone, Copy)]
pub(crate) struct Making<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) forward: &'a Forward,
    pub(crate) trace: Traceparent,
    pub(crate) sending: Sending,
    /// The protocol that the client wants to upgrade to, and may.
    pub(crate) upgrade: Option<&'a str>,
    /// Whether the client takes trailers.
    pub(crate) takes_trailers: bool,
    /// Whether a `Connection` field names fields that end here.
    pub(crate) names_others: bool,
    /// Whether it would be sent again.
    pub(crate) retries: bool,
}

/// Appends the head of the request as the backend gets it.
pub(crate) fn write(making: Making<'_>, into: &mut Vec<u8>) {
    let Making { request, forward, .. } = making;
    into.extend_from_slice(request.method.as_bytes());
    into.push(b' ');
    into.extend_from_slice(forward.target.as_bytes());
    into.extend_from_slice(b" HTTP/1.1\r\n");
    let host = forward.host.as_deref().unwrap_or(request.authority);
    field(b"host", host.as_bytes(), into);
    fields(making, into);
    framing(making, into);
    into.extend_from_slice(b"\r\n");
}

/// Takes the fields of a head, as a version of HTTP has them.
pub(crate) trait Head {
    /// Takes a field.
    fn field(&mut self, name: &[u8], value: &[u8]);

    /// Takes a field whose value is written by `compose`.
    fn composed(&mut self, name: &[u8], compose: impl FnOnce(&mut Vec<u8>));
}

impl Head for Vec<u8> {
    fn field(&mut self, name: &[u8], value: &[u8]) {
        field(name, value, self);
    }

    fn composed(&mut self, name: &[u8], compose: impl FnOnce(&mut Vec<u8>)) {
        self.extend_from_slice(name);
        self.extend_from_slice(b": ");
        compose(self);
        self.extend_from_slice(b"\r\n");
    }
}

/// Appends the fields that the backend gets, besides those that say whom the request is for and where it ends.
pub(crate) fn fields(making: Making<'_>, into: &mut impl Head) {
    let cookies = crumbs(making.request);
    if making.forward.edits_request() {
        edited(making, cookies.as_deref(), into);
    } else {
        passing(making, cookies.as_deref(), &mut |name, value| into.field(name, value));
    }
    forwarded(making, into);
    into.field(b"traceparent", &making.trace.format());
    if making.retries {
        into.field(RETRIES.as_bytes(), b"1");
    }
}

/// The cookies of a request in one field, where HTTP/2 has cut them into several (RFC 9113 §8.2.3).
fn crumbs(request: &Request<'_>) -> Option<Vec<u8>> {
    if request.protocol != Protocol::Http2 {
        return None;
    }
    let (mut count, mut joined) = (0, Vec::new());
    request.fields.each("cookie", &mut |value| {
        if count > 0 {
            joined.extend_from_slice(b"; ");
        }
        count += 1;
        joined.extend_from_slice(value);
    });
    (count > 1).then_some(joined)
}

/// The fields that go on.
fn passing<'a>(making: Making<'a>, cookies: Option<&'a [u8]>, show: &mut dyn FnMut(&'a [u8], &'a [u8])) {
    let fields = making.request.fields;
    if let Some(cookies) = cookies {
        show(b"cookie", cookies);
    }
    fields.for_each(&mut |name, value| match fate(name) {
        _ if cookies.is_some() && name == b"cookie" => {}
        Fate::Passes | Fate::Retries if making.names_others && is_hop(making, name) => {}
        Fate::Passes => show(name, value),
        Fate::Retries if !making.retries => show(name, value),
        Fate::Forwarded
            if making.forward.trusts_forwarded && !name.eq_ignore_ascii_case(b"x-forwarded-for") =>
        {
            show(name, value);
        }
        _ => {}
    });
}

/// Whether a `Connection` field ends this one.
fn is_hop(making: Making<'_>, name: &[u8]) -> bool {
    let mut is_hop = false;
    making.request.fields.each("connection", &mut |connection| is_hop |= is_named(name, connection));
    is_hop
}

fn edited<'a>(making: Making<'a>, cookies: Option<&'a [u8]>, into: &mut impl Head) {
    let mut headers: Vec<Header<'a>> = Vec::with_capacity(24);
    passing(making, cookies, &mut |name, value| headers.push((Cow::Borrowed(name), Cow::Borrowed(value))));
    if let Some(withheld) = &making.forward.withheld {
        withheld.apply(&mut headers);
    }
    for (name, value) in &making.forward.request_headers {
        let name = name.as_str().as_bytes();
        headers.retain(|(found, _)| !found.eq_ignore_ascii_case(name));
        headers.push((Cow::Borrowed(name), Cow::Borrowed(value.as_bytes())));
    }
    making.forward.request.iter().for_each(|edits| edits.apply(&mut headers));
    headers.iter().for_each(|(name, value)| into.field(name, value));
}

/// Who asks, and whom: what only a gateway can know.
fn forwarded(making: Making<'_>, into: &mut impl Head) {
    let Making { request, forward, .. } = making;
    into.composed(b"x-forwarded-for", |into| {
        if forward.trusts_forwarded {
            request.fields.each("x-forwarded-for", &mut |value| {
                into.extend_from_slice(value);
                into.extend_from_slice(b", ");
            });
        }
        address(request.peer.ip(), into);
    });
    let has = |name| forward.trusts_forwarded && request.fields.first(name).is_some();
    if !has("x-forwarded-proto") {
        let scheme: &[u8] = if request.is_secure { b"https" } else { b"http" };
        into.field(b"x-forwarded-proto", scheme);
    }
    if !has("x-forwarded-host") && !request.authority.is_empty() {
        into.field(b"x-forwarded-host", request.authority.as_bytes());
    }
}

pub(crate) fn address(address: IpAddr, into: &mut Vec<u8>) {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            for (index, octet) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    into.push(b'.');
                }
                decimal(u64::from(octet), into);
            }
        }
        // Writing into memory does not fail.
        IpAddr::V6(address) => write!(into, "{address}").unwrap_or_default(),
    }
}

fn framing(making: Making<'_>, into: &mut Vec<u8>) {
    match making.sending {
        Sending::Nothing => {}
        Sending::Sized(length) => {
            into.extend_from_slice(b"content-length: ");
            decimal(length, into);
            into.extend_from_slice(b"\r\n");
        }
        Sending::Chunked => field(b"transfer-encoding", b"chunked", into),
    }
    if let Some(protocol) = making.upgrade {
        field(b"connection", b"upgrade", into);
        field(b"upgrade", protocol.as_bytes(), into);
    } else if making.takes_trailers {
        field(b"te", b"trailers", into);
        field(b"connection", b"te", into);
    }
}
