//! Answers that no backend gives.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use tradewind_http_validation::head::Refusal;

/// An answer of our own.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
    pub(crate) reason: &'static str,
    /// What the caller has to change.
    pub(crate) detail: Box<str>,
}

impl Answer {
    /// An answer without a body. A client that speaks gRPC gets a status of gRPC in the place of one of 400 and above.
    /// `reason` says in logs why no backend was asked.
    #[must_use]
    pub fn new(status: u16, reason: &'static str) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), reason, detail: Box::default() }
    }

    /// A problem document (RFC 9457). `code` is its stable name, `detail` what the caller has to change.
    #[must_use]
    pub fn problem(status: u16, code: &'static str, detail: &str) -> Self {
        let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let mut body = String::with_capacity(128 + detail.len());
        body.push_str("{\"type\":\"https://tradewind.dev/problems/");
        body.push_str(code);
        body.push_str("\",\"title\":\"");
        body.push_str(title.unwrap_or("Error"));
        body.push_str("\",\"status\":");
        body.push_str(&status.to_string());
        body.push_str(",\"detail\":\"");
        escape(detail, &mut body);
        body.push_str("\",\"code\":\"");
        body.push_str(code);
        body.push_str("\"}");
        let kind = HeaderValue::from_static("application/problem+json");
        let problem = Self::new(status, code).header(http::header::CONTENT_TYPE, kind).body(body);
        Self { detail: detail.into(), ..problem }
    }

    /// What a client is told whose bytes are refused.
    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        Self::problem(refusal.status(), refusal.code(), refusal.detail())
    }

    /// Adds a header. Those that frame a message or concern the connection are written by the server.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Why no backend was asked, or none has answered: the stable name of a problem, or a word of ours.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

/// Appends text as a JSON string holds it (RFC 8259 §7).
fn escape(text: &str, into: &mut String) {
    for character in text.chars() {
        match character {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            character if character < ' ' => {
                into.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character => into.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_a_document() {
        let answer = Answer::problem(404, "no-route", "No \"route\"\n here.");
        assert_eq!(
            answer.body,
            "{\"type\":\"https://tradewind.dev/problems/no-route\",\"title\":\"Not Found\",\"status\":404,\
             \"detail\":\"No \\\"route\\\"\\u000a here.\",\"code\":\"no-route\"}"
        );
        assert_eq!((answer.status(), answer.reason()), (404, "no-route"));
    }
}
