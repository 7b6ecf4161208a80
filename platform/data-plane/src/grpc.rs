//! Answers of our own to clients that speak gRPC.
//!
//! Such a client reads a status of gRPC, and makes a worse one of its own of a status of HTTP. It gets an answer without
//! a body whose head has the status ("Trailers-Only" in the specification of gRPC over HTTP/2).

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use crate::answer::Answer;
use crate::request::Request;

const KIND: &[u8] = b"application/grpc";

/// Whether a request is one of gRPC.
pub(crate) fn is_grpc(request: &Request<'_>) -> bool {
    let kind = request.header("content-type").and_then(|kind| kind.get(..KIND.len()));
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(KIND))
}

impl Answer {
    /// The answer to a request for a server that is not this one; to a client that speaks gRPC in its words.
    #[must_use]
    pub fn to_response(&self, request: &Request<'_>) -> Response<Bytes> {
        let told = told(self, request);
        let mut response = Response::new(told.body.clone());
        *response.status_mut() =
            StatusCode::from_u16(told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().extend(told.headers.iter().cloned());
        response
    }
}

/// The bytes of the body that the client of this request gets.
pub(crate) fn told_bytes(answer: &Answer, request: &Request<'_>) -> u64 {
    if is_told(answer, request) { 0 } else { answer.body.len() as u64 }
}

fn is_told(answer: &Answer, request: &Request<'_>) -> bool {
    answer.status >= 400 && is_grpc(request)
}

/// An answer as the client of this request understands it.
pub(crate) fn told<'a>(answer: &'a Answer, request: &Request<'_>) -> Cow<'a, Answer> {
    if !is_told(answer, request) {
        return Cow::Borrowed(answer);
    }
    let kind = request.header("content-type").and_then(|kind| HeaderValue::from_bytes(kind).ok());
    let kind = kind.unwrap_or(HeaderValue::from_static("application/grpc"));
    let mut told = Answer::new(200, answer.reason).header(header::CONTENT_TYPE, kind);
    let others = answer.headers.iter().filter(|(name, _)| *name != header::CONTENT_TYPE);
    told.headers.extend(others.cloned());
    told = told.header(HeaderName::from_static("grpc-status"), HeaderValue::from(status(answer.status)));
    match HeaderValue::try_from(encoded(&answer.detail)) {
        Ok(message) if !message.is_empty() => {
            Cow::Owned(told.header(HeaderName::from_static("grpc-message"), message))
        }
        _ => Cow::Owned(told),
    }
}

/// The status of gRPC for one of HTTP: what clients would make of it ("HTTP to gRPC Status Code Mapping"), and more
/// exactly where more is known.
fn status(status: u16) -> u16 {
    match status {
        401 => 16,       // UNAUTHENTICATED
        403 => 7,        // PERMISSION_DENIED
        404 | 405 => 12, // UNIMPLEMENTED: there is no such method.
        408 => 4,        // DEADLINE_EXCEEDED
        409 => 10,       // ABORTED
        412 => 9,        // FAILED_PRECONDITION
        413 | 429 => 8,  // RESOURCE_EXHAUSTED
        499 => 1,        // CANCELLED
        400..=498 => 3,  // INVALID_ARGUMENT
        500 => 13,       // INTERNAL
        501 => 12,       // UNIMPLEMENTED
        502 | 503 => 14, // UNAVAILABLE
        504 => 4,        // DEADLINE_EXCEEDED
        _ => 2,          // UNKNOWN
    }
}

/// Text as `grpc-message` carries it: percent-encoded where it is not printable.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_encoded() {
        assert_eq!(encoded("50 % ä\n"), "50 %25 %C3%A4%0A");
    }

    #[test]
    fn statuses_say_what_a_client_can_do() {
        for (http, expected) in [
            (400, 3),
            (401, 16),
            (403, 7),
            (404, 12),
            (408, 4),
            (413, 8),
            (429, 8),
            (499, 1),
            (500, 13),
            (501, 12),
            (502, 14),
            (503, 14),
            (504, 4),
            (505, 2),
        ] {
            assert_eq!(status(http), expected, "{http}");
        }
    }
}
