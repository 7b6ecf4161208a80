//! The request line (RFC 9112 §3).

use super::limits::HeadLimits;
use super::refusal::Refusal;
use crate::path::{byte_set, is_path_character};

/// Longest method that is looked at, in bytes. No registered method is longer than 17.
const MAX_METHOD_BYTES: usize = 32;

/// The version that a message of HTTP/1 speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `HTTP/1.0`.
    Http10,
    /// `HTTP/1.1`.
    Http11,
}

/// Checks `method SP request-target SP HTTP-version`, with exactly one space each (RFC 9112 §3).
///
/// The version is judged before the target, so that an HTTP/2 preface (RFC 9113 §3.4) is told what is wrong.
pub(super) fn check(line: &[u8], limits: &HeadLimits) -> Result<Version, Refusal> {
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(bad_request_line(
            "the first line must be method, target and version with one space between",
        ));
    };
    check_method(method)?;
    let version = check_version(version)?;
    check_target(method, target, limits)?;
    Ok(version)
}

/// RFC 9110 §9.1: a token, case-sensitive. Unknown methods pass; the routes decide on them.
fn check_method(method: &[u8]) -> Result<(), Refusal> {
    if method.is_empty() || !method.iter().copied().all(is_token_byte) {
        return Err(bad_request_line("the method must be a token such as GET"));
    }
    if method.len() > MAX_METHOD_BYTES {
        let detail = format!("methods longer than {MAX_METHOD_BYTES} bytes are not supported");
        return Err(Refusal::new(501, "method-not-supported", detail));
    }
    if method == b"CONNECT" {
        let detail = "CONNECT is not supported: this server is not a forward proxy";
        return Err(Refusal::new(501, "method-not-supported", detail.to_owned()));
    }
    Ok(())
}

/// RFC 9112 §2.3: `HTTP/` digit `.` digit, case-sensitive. 505 for versions that are not spoken here.
fn check_version(version: &[u8]) -> Result<Version, Refusal> {
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            let detail = "use HTTP/1.1 or HTTP/1.0 on this connection";
            Err(Refusal::new(505, "unsupported-version", detail.to_owned()))
        }
        _ => Err(bad_request_line("the first line must end with HTTP/1.1 or HTTP/1.0")),
    }
}

/// Origin-form (RFC 9112 §3.2.1), or asterisk-form for OPTIONS (§3.2.4).
///
/// Absolute-form, which §3.2.2 asks servers to accept, is refused: it names a host of its own beside the Host
/// field, and servers differ in which one they believe.
fn check_target(method: &[u8], target: &[u8], limits: &HeadLimits) -> Result<(), Refusal> {
    if target.len() > limits.max_target_bytes {
        return Err(target_too_long(limits.max_target_bytes));
    }
    match target {
        b"*" if method == b"OPTIONS" => Ok(()),
        b"*" => Err(bad_target("the target * is for OPTIONS only: name a path")),
        [b'/', ..] => check_origin_form(target),
        _ if is_absolute_form(target) => Err(Refusal::bad_request(
            "absolute-target",
            "send the path alone as the target and the host in the Host field".to_owned(),
        )),
        _ => Err(bad_target("the target must begin with a slash")),
    }
}

/// `absolute-path [ "?" query ]` byte by byte (RFC 3986 §3.3 and §3.4).
///
/// Brackets are let through in the query, for they are URI characters (§2.2) that browsers leave as they are.
/// Whether `%` is followed by two digits is judged with the canonical path.
fn check_origin_form(target: &[u8]) -> Result<(), Refusal> {
    if is_origin_form(target) {
        return Ok(());
    }
    Err(bad_target("percent-encode the characters of the target that a URI does not allow"))
}

pub(super) fn is_origin_form(target: &[u8]) -> bool {
    let mut halves = target.splitn(2, |&byte| byte == b'?');
    let path = halves.next().unwrap_or_default();
    let query = halves.next().unwrap_or_default();
    let path_is_valid = path.iter().all(|&byte| is_path_character(byte) || matches!(byte, b'/' | b'%'));
    let query_is_valid =
        query.iter().all(|&byte| is_path_character(byte) || matches!(byte, b'/' | b'%' | b'?' | b'[' | b']'));
    path_is_valid && query_is_valid
}

/// `scheme ":"` in front (RFC 3986 §3.1).
fn is_absolute_form(target: &[u8]) -> bool {
    let mut halves = target.splitn(2, |&byte| byte == b':');
    let scheme = halves.next().unwrap_or_default();
    let scheme_byte = |&byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    halves.next().is_some()
        && scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(scheme_byte)
}

/// `tchar` of RFC 9110 §5.6.2.
pub(super) fn is_token_byte(byte: u8) -> bool {
    const TOKEN: &[u8] = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static TABLE: [bool; 256] = byte_set(TOKEN);
    TABLE[usize::from(byte)]
}

/// RFC 9112 §3 demands 414 for a target longer than the server wishes to read.
pub(super) fn target_too_long(limit: usize) -> Refusal {
    Refusal::new(414, "target-too-long", format!("the target must not exceed {limit} bytes"))
}

fn bad_request_line(detail: &str) -> Refusal {
    Refusal::bad_request("bad-request-line", detail.to_owned())
}

fn bad_target(detail: &str) -> Refusal {
    Refusal::bad_request("bad-target", detail.to_owned())
}
