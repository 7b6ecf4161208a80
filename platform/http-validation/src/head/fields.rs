//! One header or trailer field (RFC 9112 §5, RFC 9110 §5).

use super::refusal::{Refusal, shown};
use super::request_line::is_token_byte;

/// The greatest length of a body. The server behind refuses some near 2^64 in its own words.
const MAX_LENGTH: u64 = i64::MAX as u64;

/// A field line taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'line> {
    /// The name as it came: a token, never empty.
    pub(super) name: &'line [u8],
    /// The value without the spaces and tabs around it.
    pub(super) value: &'line [u8],
}

impl<'line> Field<'line> {
    /// Takes apart `field-name ":" OWS field-value OWS`.
    ///
    /// The line holds no control byte but HTAB, so the value is visible ASCII, obs-text, SP and HTAB.
    pub(super) fn parse(line: &'line [u8]) -> Result<Self, Refusal> {
        if line.first().is_some_and(is_blank) {
            let detail = "a header line must not begin with white space: write each field in one line";
            return Err(Refusal::bad_request("folded-header", detail.to_owned()));
        }
        let mut halves = line.splitn(2, |&byte| byte == b':');
        let (Some(name), Some(value)) = (halves.next(), halves.next()) else {
            return Err(bad_field_name("each header line must have a colon after its name"));
        };
        if name.last().is_some_and(is_blank) {
            let detail = "a header name must be followed by its colon without a space between";
            return Err(Refusal::bad_request("space-before-colon", detail.to_owned()));
        }
        if name.is_empty() || !name.iter().copied().all(is_token_byte) {
            return Err(bad_field_name("a header name must be a token: letters, digits and hyphens"));
        }
        Ok(Self { name, value: trimmed(value) })
    }

    /// Compares the name; names are case-insensitive (RFC 9110 §5.1).
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// RFC 9110 §8.6: digits only. A list of equal values, which a recipient may accept, is refused too.
pub(super) fn content_length(value: &[u8]) -> Result<u64, Refusal> {
    let digits =
        std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|digits| digits.parse().ok()).filter(|length| *length <= MAX_LENGTH);
    length.ok_or_else(|| {
        let detail = "Content-Length must be one decimal number below 2 to the power of 63";
        Refusal::bad_request("bad-content-length", detail.to_owned())
    })
}

/// RFC 9112 §6.1: only `chunked`, once. Names of codings are case-insensitive (§7).
///
/// 501 when the length could be found but a coding is not supported, 400 when it could not (§6.3).
pub(super) fn transfer_encoding(value: &[u8]) -> Result<(), Refusal> {
    let mut codings = value.split(|&byte| byte == b',').map(trimmed).rev();
    let ends_in_chunks = codings.next().is_some_and(is_chunked);
    let others = codings.clone().count();
    if ends_in_chunks && others == 0 {
        Ok(())
    } else if ends_in_chunks && !codings.any(is_chunked) {
        let detail = "the only supported transfer coding is chunked";
        Err(Refusal::new(501, "unsupported-transfer-coding", detail.to_owned()))
    } else {
        let detail = "Transfer-Encoding must be chunked and nothing else";
        Err(Refusal::bad_request("bad-transfer-encoding", detail.to_owned()))
    }
}

/// RFC 9110 §10.1.1: `100-continue` is the only expectation there is.
pub(super) fn expect(value: &[u8]) -> Result<(), Refusal> {
    if value.eq_ignore_ascii_case(b"100-continue") {
        return Ok(());
    }
    let detail = "the only supported expectation is 100-continue";
    Err(Refusal::new(417, "unsupported-expectation", detail.to_owned()))
}

/// RFC 6585 §5.
pub(super) fn too_many(limit: usize) -> Refusal {
    Refusal::new(431, "too-many-headers", format!("send at most {limit} header fields"))
}

/// A field that may stand only once stands there again.
pub(super) fn repeated(code: &'static str, field: &Field<'_>) -> Refusal {
    Refusal::bad_request(code, format!("send {} only once", shown(field.name)))
}

fn is_chunked(coding: &[u8]) -> bool {
    coding.eq_ignore_ascii_case(b"chunked")
}

/// `SP` or `HTAB`: the white space of HTTP (RFC 9110 §5.6.3).
fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Without the white space around. The standard library's trimming would take form feeds and line ends too.
fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn bad_field_name(detail: &str) -> Refusal {
    Refusal::bad_request("bad-header-name", detail.to_owned())
}
