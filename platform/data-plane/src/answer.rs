//! Answers that no backend gives.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use tradewind_http_validation::head::Refusal;
use tradewind_problem::{Kind, TYPE_PREFIX};

/// What all problems with heads are called; the code says what is wrong.
const BAD_HEAD: &str = "The head of the request is not valid";

/// A backend cannot be reached, or gives no answer that could be passed on.
pub const BAD_GATEWAY: Kind =
    Kind { code: "bad-gateway", status: 502, title: "The service behind gave no answer" };

/// A client takes too long to send its request.
pub const SLOW_REQUEST: Kind =
    Kind { code: "slow-request", status: 408, title: "The request took too long to come" };

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

    /// A problem document (RFC 9457). The code of its kind is also the reason, unless another one is given; `detail` is
    /// what the caller has to change.
    #[must_use]
    pub fn problem(kind: &Kind, detail: &str) -> Self {
        let Kind { code, status, title } = *kind;
        let mut body = String::with_capacity(128 + detail.len());
        body.push_str("{\"type\":\"");
        body.push_str(TYPE_PREFIX);
        body.push_str(code);
        body.push_str("\",\"title\":\"");
        escape(title, &mut body);
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

    /// Says in logs, more closely than the code, why no backend has answered.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.reason = reason;
        self
    }

    /// What a client is told whose bytes are refused.
    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        Self::bad_head(refusal.status(), refusal.code(), refusal.detail())
    }

    /// What a client is told whose head has no one meaning.
    pub(crate) fn bad_head(status: u16, code: &'static str, detail: &str) -> Self {
        Self::problem(&Kind { code, status, title: BAD_HEAD }, detail)
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
        let answer =
            Answer::problem(&Kind { code: "no-route", status: 404, title: "None" }, "No \"route\"\n here.");
        assert_eq!(
            answer.body,
            "{\"type\":\"urn:tradewind:problem:no-route\",\"title\":\"None\",\"status\":404,\
             \"detail\":\"No \\\"route\\\"\\u000a here.\",\"code\":\"no-route\"}"
        );
        assert_eq!((answer.status(), answer.reason()), (404, "no-route"));
    }
}
