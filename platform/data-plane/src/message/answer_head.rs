//! The head that a client of HTTP/1 gets.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue, StatusCode};
use tradewind_problem::RETRIED;

use crate::compression::Coded;
use crate::edge::Forward;
use crate::edits::Header;
use crate::message::names::{Fate, fate, is_named};
use crate::message::{decimal, field};
use crate::request::Fields;

/// How the body of the answer goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Giving {
    /// There is none, and what it would be is not said, as for 204.
    Nothing,
    /// So many bytes; also of an answer that has none, to `HEAD`, say.
    Sized(u64),
    /// In chunks of our own.
    Chunked,
    /// Until the connection is closed.
    UntilClose,
}

/// What a head is made of besides its status and fields.
#[derive(Clone, Copy)]
pub(crate) struct Making<'a> {
    pub(crate) forward: &'a Forward,
    pub(crate) coded: Coded,
    pub(crate) giving: Giving,
    /// Whether the connection may carry another request.
    pub(crate) persists: bool,
    /// Whether the client has to be told so: it speaks HTTP/1.0.
    pub(crate) says_so: bool,
    /// Whether the client is a hop that is to hear that further tries were decided about.
    pub(crate) retried: bool,
}

/// Appends the head of an answer of a backend as the client gets it.
pub(crate) fn write(status: u16, reason: &[u8], fields: Fields<'_>, making: Making<'_>, into: &mut Vec<u8>) {
    status_line(status, reason, into);
    let passed = (making.forward, making.retried);
    passing(fields, passed, making.coded, &mut |name, value| field(name, value, into));
    framing(making.giving, into);
    connection(making.persists, making.says_so, into);
    into.extend_from_slice(b"\r\n");
}

/// The fields of an answer that go on, with all changes made, and the mark of one whose tries were decided about.
pub(crate) fn passing(
    fields: Fields<'_>,
    passed: (&Forward, bool),
    coded: Coded,
    show: &mut dyn FnMut(&[u8], &[u8]),
) {
    if coded != Coded::No {
        plainly(fields, passed, &mut |name, value| coded.field(name, value, show));
        return coded.more(show);
    }
    plainly(fields, passed, show);
}

fn plainly(fields: Fields<'_>, (forward, retried): (&Forward, bool), show: &mut dyn FnMut(&[u8], &[u8])) {
    let defaults = &*forward.response_defaults;
    let mut given = 0_u32;
    let mut noting = |name: &[u8], value: &[u8]| {
        given |= is_default(defaults, name);
        show(name, value);
    };
    if forward.edits_response() {
        edited(fields, forward, &mut noting);
    } else {
        unedited(fields, &mut |name, value| noting(name, value));
    }
    for (index, (name, value)) in defaults.iter().enumerate() {
        if given & (1 << (index % 32)) == 0 {
            show(name.as_str().as_bytes(), value.as_bytes());
        }
    }
    if let Some(cookie) = &*forward.cookie.borrow() {
        show(b"set-cookie", cookie.as_bytes());
    }
    if retried {
        show(RETRIED.as_str().as_bytes(), b"1");
    }
}

/// The bits of the defaults that have this name.
fn is_default(defaults: &[(HeaderName, HeaderValue)], name: &[u8]) -> u32 {
    let is = |default: &HeaderName| {
        let default = default.as_str().as_bytes();
        default.len() == name.len() && default.eq_ignore_ascii_case(name)
    };
    let places = defaults.iter().enumerate().filter(|(_, (default, _))| is(default));
    places.fold(0, |given, (index, _)| given | 1 << (index % 32))
}

/// The fields of hints that go on, with the changes that the rule makes of the answer's.
pub(crate) fn hints(fields: Fields<'_>, forward: &Forward, show: &mut dyn FnMut(&[u8], &[u8])) {
    let mut headers: Vec<Header<'_>> = Vec::new();
    unedited(fields, &mut |name, value| headers.push((Cow::Borrowed(name), Cow::Borrowed(value))));
    forward.response.iter().for_each(|edits| edits.apply(&mut headers));
    let goes_on = |name: &[u8]| !matches!(fate(name), Fate::Ends | Fate::Length);
    headers.iter().filter(|(name, _)| goes_on(name)).for_each(|(name, value)| show(name, value));
}

fn edited(fields: Fields<'_>, forward: &Forward, show: &mut dyn FnMut(&[u8], &[u8])) {
    let mut headers: Vec<Header<'_>> = Vec::with_capacity(24);
    unedited(fields, &mut |name, value| headers.push((Cow::Borrowed(name), Cow::Borrowed(value))));
    forward.response.iter().for_each(|edits| edits.apply(&mut headers));
    for (name, _) in &forward.response_headers {
        // What varies, varies for both.
        if name != http::header::VARY {
            headers.retain(|(found, _)| !found.eq_ignore_ascii_case(name.as_str().as_bytes()));
        }
    }
    for (name, value) in &forward.response_headers {
        headers.push((Cow::Borrowed(name.as_str().as_bytes()), Cow::Borrowed(value.as_bytes())));
    }
    headers.iter().for_each(|(name, value)| show(name, value));
}

fn unedited<'a>(fields: Fields<'a>, show: &mut dyn FnMut(&'a [u8], &'a [u8])) {
    // Between hops that want to hear of it only: a client outside decides about its own tries.
    let retried = RETRIED;
    let retried = retried.as_str().as_bytes();
    let names_others = fields.first("connection").is_some();
    let is_hop = |name: &[u8]| {
        let mut is_hop = false;
        fields.each("connection", &mut |connection| is_hop |= is_named(name, connection));
        is_hop
    };
    fields.for_each(&mut |name, value| {
        let passes = matches!(fate(name), Fate::Passes | Fate::Trace | Fate::Forwarded)
            && !(name.len() == retried.len() && name.eq_ignore_ascii_case(retried))
            && !(names_others && is_hop(name));
        if passes {
            show(name, value);
        }
    });
}

/// Appends the first line of an answer.
pub(crate) fn status_line(status: u16, reason: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(b"HTTP/1.1 ");
    decimal(u64::from(status), into);
    into.push(b' ');
    let usual = || StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let reason = if reason.is_empty() { usual().unwrap_or_default().as_bytes() } else { reason };
    into.extend_from_slice(reason);
    into.extend_from_slice(b"\r\n");
}

/// Appends the fields that say where the body ends.
pub(crate) fn framing(giving: Giving, into: &mut Vec<u8>) {
    match giving {
        Giving::Nothing | Giving::UntilClose => {}
        Giving::Sized(length) => {
            into.extend_from_slice(b"content-length: ");
            decimal(length, into);
            into.extend_from_slice(b"\r\n");
        }
        Giving::Chunked => field(b"transfer-encoding", b"chunked", into),
    }
}

/// Appends what is said of the connection, if anything has to be.
pub(crate) fn connection(persists: bool, says_so: bool, into: &mut Vec<u8>) {
    if !persists {
        field(b"connection", b"close", into);
    } else if says_so {
        field(b"connection", b"keep-alive", into);
    }
}
