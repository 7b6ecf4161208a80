//! Problems on the wire: `application/problem+json`.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::{FieldError, INTERNAL, Inner, Problem};

/// The media type of problem details (RFC 9457 §3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What stands before the code in a problem's `type`.
pub const TYPE_PREFIX: &str = "urn:tradewind:problem:";

/// Says, with the value `1`, that the hop nearest the failure has decided about further tries.
pub const RETRIED: HeaderName = HeaderName::from_static("tradewind-retried");

#[derive(Serialize, Deserialize)]
struct Document<'a> {
    #[serde(rename = "type", borrow)]
    uri: Cow<'a, str>,
    #[serde(borrow)]
    title: Cow<'a, str>,
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(rename = "traceId", default, skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

impl Problem {
    /// The problem as an HTTP response.
    #[must_use]
    pub fn to_response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.to_json()));
        *response.status_mut() = self.status_code();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if self.0.status == 401 {
            // A 401 must name the scheme (RFC 9110 §15.5.2).
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.0.retry_after {
            // The header counts whole seconds; zero would invite a retry at once.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if self.0.retried {
            headers.insert(RETRIED, HeaderValue::from_static("1"));
        }
        if let Some(allow) = self.0.allow.as_ref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            headers.insert(ALLOW, allow);
        }
        response
    }

    /// The problem as JSON text. The operator's text is not in it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let inner = &self.0;
        let document = Document {
            uri: Cow::Owned(format!("{TYPE_PREFIX}{}", inner.code)),
            title: Cow::Borrowed(&inner.title),
            status: inner.status,
            detail: inner.detail.clone(),
            code: Some(inner.code.to_string()),
            errors: inner.errors.clone(),
            trace_id: inner.trace_id.clone(),
        };
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// Reads a problem from its JSON text, which says its status too; `None` when that is none.
    #[must_use]
    pub fn from_json(text: &[u8]) -> Option<Self> {
        let document: Document<'_> = serde_json::from_slice(text).ok()?;
        Some(Self::from_response(StatusCode::from_u16(document.status).ok()?, text))
    }

    /// Reads the problem that a peer answered with; an answer that is none becomes one of its status.
    #[must_use]
    pub fn from_response(status: StatusCode, body: &[u8]) -> Self {
        let Ok(document) = serde_json::from_slice::<Document<'_>>(body) else {
            return Self::of_status(status);
        };
        let from_uri = document.uri.strip_prefix(TYPE_PREFIX).map(str::to_owned);
        let code = document.code.or(from_uri).unwrap_or_else(|| INTERNAL.code.to_owned());
        Self(Box::new(Inner {
            code: Cow::Owned(code),
            title: Cow::Owned(document.title.into_owned()),
            status: status.as_u16(),
            detail: document.detail,
            errors: document.errors,
            retry_after: None,
            retried: false,
            operator: None,
            allow: None,
            trace_id: document.trace_id,
        }))
    }

    /// Reads the problem that a peer answered with, and what its headers say about another try.
    #[must_use]
    pub fn from_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut problem = Self::from_response(status, body);
        problem.0.retried = headers.get(RETRIED).is_some_and(|value| value == "1");
        let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        problem.0.retry_after = seconds.map(Duration::from_secs);
        problem
    }

    fn of_status(status: StatusCode) -> Self {
        let kind = crate::PLATFORM.iter().find(|kind| kind.status == status.as_u16()).unwrap_or(&INTERNAL);
        let mut problem =
            Self::new(kind).operator(format!("the peer answered {status} without a problem document"));
        problem.0.status = status.as_u16();
        problem
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{INVALID_BODY, PLATFORM, UNAVAILABLE};

    #[test]
    fn the_operators_text_stays_inside() {
        let problem = Problem::internal("disk /dev/x is full");
        assert!(!problem.to_json().contains("disk"));
        assert_eq!(problem.operator_text(), Some("disk /dev/x is full"));
    }

    #[test]
    fn a_problem_survives_the_wire() {
        let problem =
            Problem::new(&INVALID_BODY).detail("Fix it.").error("/a/0", "must be positive").trace_id("t");
        let response = problem.to_response();
        assert_eq!(response.headers()[CONTENT_TYPE], MEDIA_TYPE);
        assert_eq!(Problem::from_response(response.status(), response.body()), problem);
    }

    #[test]
    fn an_answer_without_a_document_keeps_its_status() {
        let problem = Problem::from_response(StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!((problem.status(), problem.code()), (502, "internal"));
    }

    #[test]
    fn retry_after_is_rounded_up_to_seconds() {
        let response = Problem::new(&UNAVAILABLE).retry_after(Duration::from_millis(1200)).to_response();
        assert_eq!(response.headers()[RETRY_AFTER], "2");
    }

    #[test]
    fn what_is_said_about_another_try_survives_the_wire() {
        let problem = Problem::new(&UNAVAILABLE).retry_after(Duration::from_secs(3)).retried();
        let response = problem.to_response();
        let read = Problem::from_answer(response.status(), response.headers(), response.body());
        assert_eq!((&read, read.wait(), read.was_retried()), (&problem, Some(Duration::from_secs(3)), true));
        let plain = Problem::new(&UNAVAILABLE).to_response();
        assert!(!plain.headers().contains_key(RETRIED));
        let read = Problem::from_answer(plain.status(), plain.headers(), plain.body());
        assert_eq!((read.wait(), read.was_retried()), (None, false));
    }

    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let mut codes: Vec<_> = PLATFORM.iter().map(|kind| kind.code).collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
    }
}
