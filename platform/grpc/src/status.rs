//! The end of a call: a status in the trailers, and the problem that it stands for.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use prost::Message;
use tradewind_problem::{FieldError, Problem, RETRIED};

use crate::Code;
use crate::details::{BadRequest, Delay, Detail, ErrorInfo, FieldViolation, RetryInfo, Status};

/// The number of the status code.
pub const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// What is wrong, for people; percent-encoded.
pub const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// A `google.rpc.Status` with details, in base64.
pub const STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// When to try again, in milliseconds; negative: not at all (gRFC A6).
pub const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// Whose codes are meant.
const DOMAIN: &str = "tradewind";

/// The greatest length of a message for people, in bytes: trailers are headers, and peers bound those.
const MAX_MESSAGE: usize = 512;

/// The most violations that are told, and the greatest length of each text.
const MAX_VIOLATIONS: usize = 16;
const MAX_VIOLATION: usize = 96;

/// Padding is not written, and both forms are read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a message for people may hold as it is (`Percent-Byte-Unencoded`).
const PLAIN: &AsciiSet = &CONTROLS.add(b'%');

/// The trailers of a call that succeeded.
#[must_use]
pub fn success() -> HeaderMap {
    HeaderMap::from_iter([(STATUS, HeaderValue::from_static("0"))])
}

/// The trailers of a call that failed. What was said to operators is not in them.
///
/// `google.rpc.ErrorInfo` carries the problem's code, `BadRequest` what is wrong with the input, and `RetryInfo`
/// when another try makes sense; the pushback header says it to clients that retry by themselves.
#[must_use]
pub fn refusal(problem: &Problem) -> HeaderMap {
    let code = Code::of(problem);
    let message = shortened(problem.caller_text().unwrap_or(problem.title()), MAX_MESSAGE);
    let mut trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from(code.number()))]);
    let mut put = |name: HeaderName, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            trailers.insert(name, value);
        }
    };
    put(MESSAGE, utf8_percent_encode(message, PLAIN).to_string());
    let code = i32::try_from(code.number()).unwrap_or_default();
    let status = Status { code, message: message.to_owned(), details: details(problem) };
    put(STATUS_DETAILS, BASE64.encode(status.encode_to_vec()));
    if problem.was_retried() {
        put(PUSHBACK, "-1".to_owned());
        put(RETRIED, "1".to_owned());
    } else if let Some(wait) = problem.wait() {
        put(PUSHBACK, wait.as_millis().to_string());
    }
    trailers
}

fn details(problem: &Problem) -> Vec<crate::details::Any> {
    let mut metadata = BTreeMap::from([
        ("code".to_owned(), problem.code().to_owned()),
        ("title".to_owned(), problem.title().to_owned()),
        ("status".to_owned(), problem.status().to_string()),
    ]);
    if let Some(trace_id) = problem.told_trace_id() {
        metadata.insert("traceId".to_owned(), trace_id.to_owned());
    }
    let reason = problem.code().to_ascii_uppercase().replace('-', "_");
    let mut details = vec![ErrorInfo { reason, domain: DOMAIN.to_owned(), metadata }.to_any()];
    if !problem.errors().is_empty() {
        let told = problem.errors().iter().take(MAX_VIOLATIONS).map(violation);
        details.push(BadRequest { field_violations: told.collect() }.to_any());
    }
    if let Some(wait) = problem.wait() {
        details.push(RetryInfo { retry_delay: Some(Delay::from(wait)) }.to_any());
    }
    details
}

/// A JSON pointer becomes a path with dots, as protocol buffers have it; the name of a header stays.
fn violation(error: &FieldError) -> FieldViolation {
    let field = match error.pointer.strip_prefix('/') {
        Some(path) => path.replace('/', "."),
        None => error.pointer.clone(),
    };
    FieldViolation {
        field: shortened(&field, MAX_VIOLATION).to_owned(),
        description: shortened(&error.detail, MAX_VIOLATION).to_owned(),
    }
}

/// The way back. No field of a message has a hyphen in its name, and headers that are judged here all have one.
fn pointer(field: &str) -> String {
    if field.is_empty() || field.contains('-') {
        field.to_owned()
    } else {
        format!("/{}", field.replace('.', "/"))
    }
}

/// The beginning of a text, at most `most` bytes of it.
fn shortened(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The problem that the trailers of a peer tell of; `None` when the call succeeded.
///
/// A peer of this platform is understood fully. What another says to people is kept for operators: it was not
/// written for our callers.
#[must_use]
pub fn failure(trailers: &HeaderMap) -> Option<Problem> {
    let text = |name: &HeaderName| trailers.get(name)?.to_str().ok();
    let Some(number) = text(&STATUS) else {
        return Some(Problem::internal("the peer's answer has no grpc-status"));
    };
    // Digits and nothing else: a number with a sign would be a success to one reader, and none to another.
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let code = number.parse().ok().filter(|_| is_number).map_or(Code::Unknown, Code::of_number);
    let by_code = code.problem()?;
    let message = text(&MESSAGE).map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
    let bytes = text(&STATUS_DETAILS).and_then(|text| BASE64.decode(text).ok());
    let details = bytes.and_then(|bytes| Status::decode(bytes.as_slice()).ok()).unwrap_or_default().details;
    let problem = match ErrorInfo::find(&details).as_ref().and_then(ours) {
        Some(problem) => message.into_iter().fold(problem, Problem::detail),
        None => by_code.operator(format!("{code:?}: {}", message.unwrap_or_default())),
    };
    let violations = BadRequest::find(&details).unwrap_or_default().field_violations;
    let problem = violations
        .into_iter()
        .fold(problem, |problem, each| problem.error(pointer(&each.field), each.description));
    let pushback: Option<i64> = text(&PUSHBACK).and_then(|text| text.parse().ok());
    let told = RetryInfo::find(&details).and_then(|info| info.retry_delay?.wait());
    let wait = told.or_else(|| pushback.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis));
    let problem = wait.into_iter().fold(problem, Problem::retry_after);
    let retried = text(&RETRIED) == Some("1") || pushback.is_some_and(|ms| ms < 0);
    Some(if retried { problem.retried() } else { problem })
}

/// The problem that a peer of this platform gave.
fn ours(info: &ErrorInfo) -> Option<Problem> {
    if info.domain != DOMAIN {
        return None;
    }
    let status = info.metadata.get("status")?.parse().ok().filter(|status| (400..600).contains(status))?;
    let problem = Problem::given(info.metadata.get("code")?, info.metadata.get("title")?, status);
    let trace_id = info.metadata.get("traceId").cloned();
    Some(trace_id.into_iter().fold(problem, Problem::trace_id))
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
