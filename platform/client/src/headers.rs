//! The headers that carry a call's context, and how they are read and written.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tradewind_kernel::{Id, InvalidPosition, Position, TraceContext};
pub use tradewind_problem::RETRIED;

/// W3C Trace Context, level 1.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What is left of the caller's deadline, in whole milliseconds.
///
/// The time that remains and not a moment, so that clocks need not agree (as gRPC's `grpc-timeout`).
pub const TIMEOUT_MS: HeaderName = HeaderName::from_static("tradewind-timeout-ms");

/// The id of the process that the call belongs to.
pub const CORRELATION: HeaderName = HeaderName::from_static("tradewind-correlation-id");

/// How far the logs of services had grown, as an opaque token: in an answer, what it is not older than; in a request,
/// what the answer must not be older than.
pub const POSITION: HeaderName = HeaderName::from_static("tradewind-position");

/// By how many events of whom an answer may be older than was asked for: `service=events`, with commas between.
pub const BEHIND: HeaderName = HeaderName::from_static("tradewind-behind");

/// The one value of a header; `None` when it is absent, repeated or not text.
#[must_use]
pub fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() { None } else { first.to_str().ok() }
}

/// The trace that the headers name.
#[must_use]
pub fn trace(headers: &HeaderMap) -> Option<TraceContext> {
    single(headers, &TRACEPARENT)?.parse().ok()
}

/// The process that the headers name.
#[must_use]
pub fn correlation(headers: &HeaderMap) -> Option<Id> {
    single(headers, &CORRELATION)?.parse().ok()
}

/// The positions that the headers name; `None` when they name none.
///
/// # Errors
/// When the header is repeated, too long, or no token.
pub fn position(headers: &HeaderMap) -> Result<Option<Position>, InvalidPosition> {
    if !headers.contains_key(&POSITION) {
        return Ok(None);
    }
    single(headers, &POSITION).ok_or(InvalidPosition)?.parse().map(Some)
}

/// How long the caller still waits; a gRPC call may say it in `grpc-timeout`, and the nearer of both holds.
#[must_use]
pub fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let own = single(headers, &TIMEOUT_MS).and_then(|text| text.parse().ok()).map(Duration::from_millis);
    let standard = single(headers, &tradewind_grpc::TIMEOUT).and_then(tradewind_grpc::parse_timeout);
    own.into_iter().chain(standard).min()
}

/// Writes how long the caller still waits.
pub(crate) fn write_timeout(headers: &mut HeaderMap, remaining: Duration) {
    if let Ok(value) = HeaderValue::from_str(&remaining.as_millis().to_string()) {
        headers.insert(TIMEOUT_MS, value);
    }
}

/// Writes how long the caller still waits as gRPC has it; for those who do not know our header.
pub(crate) fn write_grpc_timeout(headers: &mut HeaderMap, remaining: Duration) {
    if let Ok(value) = HeaderValue::from_str(&tradewind_grpc::format_timeout(remaining)) {
        headers.insert(tradewind_grpc::TIMEOUT, value);
    }
}

/// Writes the context of a call into its headers.
pub fn write(headers: &mut HeaderMap, trace: &TraceContext, correlation: Id, remaining: Duration) {
    let text = |value: String| HeaderValue::from_str(&value).ok();
    write_timeout(headers, remaining);
    for (name, value) in
        [(TRACEPARENT, text(trace.to_string())), (CORRELATION, text(correlation.to_string()))]
    {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
}
