//! Spans as `ExportTraceServiceRequest` in the JSON encoding of OTLP: lower camel case names, ids in
//! hexadecimal digits, 64-bit numbers as text, enumerations as numbers.

use std::sync::Arc;

use serde_json::{Value, json};
use tradewind_kernel::{AttributeValue, Span, SpanKind, Timestamp};

/// Who records the spans.
const SCOPE: &str = "tradewind";

/// What all spans of a service say of it.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) service: &'static str,
    pub(super) version: String,
    pub(super) instance: String,
}

pub(super) fn request(resource: &Resource, spans: &[(i64, Arc<Span>)]) -> String {
    let spans: Vec<Value> = spans.iter().map(|(_, span)| encoded(span)).collect();
    let request = json!({"resourceSpans": [{
        "resource": {"attributes": [
            text("service.name", resource.service),
            text("service.version", &resource.version),
            text("service.instance.id", &resource.instance),
        ]},
        "scopeSpans": [{"scope": {"name": SCOPE, "version": resource.version}, "spans": spans}],
    }]});
    request.to_string()
}

fn encoded(span: &Span) -> Value {
    let mut attributes = vec![text("tradewind.correlation_id", &span.correlation.to_string())];
    attributes.extend(span.attributes.iter().map(|(name, value)| match value {
        AttributeValue::Text(value) => text(name, value),
        AttributeValue::Number(value) => json!({"key": name, "value": {"intValue": value.to_string()}}),
    }));
    let mut encoded = json!({
        "traceId": span.trace_id.to_string(),
        "spanId": span.span_id.to_string(),
        "name": span.name,
        "kind": kind(span.kind),
        "startTimeUnixNano": nanoseconds(span.start),
        "endTimeUnixNano": nanoseconds(span.end),
        "attributes": attributes,
        "status": {},
    });
    if let Some(parent) = span.parent_span_id {
        encoded["parentSpanId"] = parent.to_string().into();
    }
    if let Some(error) = &span.error {
        // STATUS_CODE_ERROR
        encoded["status"] = json!({"code": 2, "message": error});
    }
    encoded
}

/// The numbers of `SpanKind` in `opentelemetry/proto/trace/v1/trace.proto`.
fn kind(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn text(name: &str, value: &str) -> Value {
    json!({"key": name, "value": {"stringValue": value}})
}

fn nanoseconds(time: Timestamp) -> String {
    (i128::from(time.as_micros()).max(0) * 1_000).to_string()
}
