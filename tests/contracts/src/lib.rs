//! Whether what is promised today keeps what the last release promised: event types and OpenAPI documents.
//!
//! Two sides are told apart. What is *read* may only become wider: whatever was taken is taken still. What is
//! *written* may only become richer: whatever was there is there still, in the same form.

#![allow(missing_docs, reason = "read by the tests beside it only")]

mod compare;
mod facts;
mod http;
mod limits;
mod proto;
mod shape;

pub use compare::{Finding, Side, compare};
pub use http::compare_documents;
pub use proto::compare_protos;

use serde_json::Value;

/// Compares two descriptions of an event type, as they lie below `schemas/events`.
///
/// Events of the last release are read by today's consumers, and today's events by its consumers.
pub fn compare_events(old: &Value, new: &Value) -> Vec<Finding> {
    let mut found = compare(side(old, "read"), side(new, "read"), Side::Read);
    let written = compare(side(old, "written"), side(new, "written"), Side::Written);
    let new: Vec<Finding> = written.into_iter().filter(|finding| !found.contains(finding)).collect();
    found.extend(new);
    found
}

/// The schema of one side; both are one when they are the same.
pub fn side<'a>(event: &'a Value, name: &str) -> &'a Value {
    event.get(name).unwrap_or(&event["schema"])
}
