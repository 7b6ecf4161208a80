//! Fields behind a chunked body.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::message::field;
use crate::message::names::{Fate, fate};

/// Fields that mean something before the content, and would come too late or past whoever has judged the head
/// (RFC 9110 §6.5.1).
const IN_FRONT: [&[u8]; 20] = [
    b"age",
    b"authorization",
    b"cache-control",
    b"content-encoding",
    b"content-range",
    b"content-type",
    b"cookie",
    b"date",
    b"expires",
    b"if-match",
    b"if-modified-since",
    b"if-none-match",
    b"if-unmodified-since",
    b"location",
    b"max-forwards",
    b"range",
    b"retry-after",
    b"set-cookie",
    b"vary",
    b"www-authenticate",
];

/// Fields behind a body, however the version of HTTP keeps them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trailers<'message> {
    Section(&'message [u8]),
    Map(&'message HeaderMap),
}

/// Shows the fields that go on.
pub(crate) fn passing(trailers: Trailers<'_>, show: &mut dyn FnMut(&[u8], &[u8])) {
    match trailers {
        Trailers::Section(section) => lines(section, show),
        Trailers::Map(map) => map.iter().for_each(|(name, value)| {
            if passes(name.as_str().as_bytes()) {
                show(name.as_str().as_bytes(), value.as_bytes());
            }
        }),
    }
}

/// The fields that go on, as HTTP/2 has them; none where there are none.
pub(crate) fn map(trailers: Trailers<'_>) -> Option<HeaderMap> {
    if matches!(trailers, Trailers::Section([])) {
        return None;
    }
    let mut map = HeaderMap::new();
    passing(trailers, &mut |name, value| {
        let pair = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value));
        if let (Ok(name), Ok(value)) = pair {
            map.append(name, value);
        }
    });
    (!map.is_empty()).then_some(map)
}

fn passes(name: &[u8]) -> bool {
    fate(name) == Fate::Passes && !IN_FRONT.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn lines(section: &[u8], show: &mut dyn FnMut(&[u8], &[u8])) {
    for line in section.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
        let (name, value) = line.split_at_checked(colon).unwrap_or_default();
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if passes(name) {
            show(name, value);
        }
    }
}

/// Appends the last chunk and the fields behind it that go on.
pub(crate) fn end(trailers: Trailers<'_>, into: &mut Vec<u8>) {
    into.extend_from_slice(b"0\r\n");
    passing(trailers, &mut |name, value| field(name, value, into));
    into.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frames_routes_or_proves_is_left_out() {
        let section = b"X-Checksum: abc\r\nContent-Length: 5\r\nAuthorization: x\r\nHost: a\r\n\
            Set-Cookie: a=b\r\nx-forwarded-for: a\r\nGrpc-Status: 0\r\n\r\n";
        let mut out = Vec::new();
        end(Trailers::Section(section), &mut out);
        assert_eq!(out, b"0\r\nX-Checksum: abc\r\nGrpc-Status: 0\r\n\r\n");
        let mut out = Vec::new();
        end(Trailers::Section(b""), &mut out);
        assert_eq!(out, b"0\r\n\r\n");
    }
}
