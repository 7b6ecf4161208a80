//! The answers of an operation: those of success, and problems by status.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use tradewind_problem::{
    DEADLINE_EXCEEDED, IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_REUSED, INTERNAL,
    INVALID_BODY, INVALID_HEADER, INVALID_PARAMETER, Kind, MALFORMED_JSON, MEDIA_TYPE, NOT_FOUND,
    PAYLOAD_TOO_LARGE, UNAUTHENTICATED, UNAVAILABLE, UNSUPPORTED_MEDIA_TYPE,
};

use crate::described::Parts;
use crate::operation::{Answer, Content, Operation};

/// How bytes of any media type are described.
pub(crate) const BYTES: &str = "*/*";

/// All answers of an operation, by status.
pub(crate) fn responses(operation: &Operation, parts: &mut Parts) -> Value {
    let mut responses = Map::new();
    for answer in &operation.answers {
        responses.insert(answer.status.to_string(), success(answer, parts));
    }
    if operation.conditional {
        responses.values_mut().for_each(tagged);
        let mut unchanged = json!({"description": "The caller has it already."});
        tagged(&mut unchanged);
        responses.insert("304".to_owned(), unchanged);
    }
    for (status, kinds) in by_status(operation) {
        responses.insert(status.to_string(), refusal(&kinds));
    }
    Value::Object(responses)
}

fn success(answer: &Answer, parts: &mut Parts) -> Value {
    let mut response = json!({"description": phrase(answer.status)});
    match &answer.content {
        Content::Json(describe, media_type) => {
            response["content"] = json!({*media_type: {"schema": describe(parts)}});
        }
        Content::Text(media_type) => {
            response["content"] = json!({*media_type: {"schema": {"type": "string"}}});
        }
        Content::Bytes => {
            response["content"] = json!({BYTES: {"schema": {"type": "string", "format": "binary"}}});
        }
        Content::Nothing => {}
    }
    if answer.located {
        let schema = json!({"type": "string", "format": "uri-reference"});
        let location = json!({"description": "Where the outcome is found.", "schema": schema});
        response["headers"] = json!({"Location": location});
    }
    response
}

/// An answer that says of which state it is.
fn tagged(response: &mut Value) {
    let schema = json!({"type": "string"});
    response["headers"]["ETag"] = json!({"description": "Its state (RFC 9110 §8.8.3).", "schema": schema});
}

fn phrase(status: u16) -> &'static str {
    match status {
        201 => "It was made.",
        202 => "It was accepted; the outcome follows.",
        204 => "It was done; there is nothing to say.",
        _ => "It was done.",
    }
}

fn refusal(kinds: &BTreeMap<&str, &str>) -> Value {
    let said: Vec<String> = kinds.iter().map(|(code, title)| format!("{title} (`{code}`).")).collect();
    let codes: Vec<&str> = kinds.keys().copied().collect();
    let with_code = json!({"properties": {"code": {"enum": codes}}});
    let schema = json!({"allOf": [{"$ref": "#/components/schemas/Problem"}, with_code]});
    json!({"description": said.join(" "), "content": {MEDIA_TYPE: {"schema": schema}}})
}

/// Codes and titles of what may be refused, by status.
fn by_status(operation: &Operation) -> BTreeMap<u16, BTreeMap<&str, &str>> {
    let mut found: BTreeMap<u16, BTreeMap<&str, &str>> = BTreeMap::new();
    for kind in implied(operation).into_iter().chain(&operation.problems) {
        found.entry(kind.status).or_default().insert(kind.code, kind.title);
    }
    let taken: BTreeSet<u16> = operation.answers.iter().map(|answer| answer.status).collect();
    found.retain(|status, _| !taken.contains(status));
    found
}

/// What the platform refuses for an operation of this shape.
fn implied(operation: &Operation) -> Vec<&'static Kind> {
    let mut kinds = vec![&UNAUTHENTICATED, &INTERNAL, &UNAVAILABLE, &DEADLINE_EXCEEDED];
    if !operation.open {
        kinds.push(&INVALID_PARAMETER);
    }
    if !operation.parameters.is_empty() {
        kinds.push(&NOT_FOUND);
    }
    if operation.body.is_some() {
        kinds.extend([&UNSUPPORTED_MEDIA_TYPE, &INVALID_HEADER]);
    }
    if operation.body.is_some() && !operation.is_form {
        kinds.push(&MALFORMED_JSON);
    }
    if operation.body.is_some() || operation.command {
        kinds.extend([&INVALID_BODY, &PAYLOAD_TOO_LARGE]);
    }
    if operation.is_bytes {
        kinds.extend([&UNSUPPORTED_MEDIA_TYPE, &INVALID_HEADER, &MALFORMED_JSON, &PAYLOAD_TOO_LARGE]);
    }
    if operation.command {
        kinds.extend([&IDEMPOTENCY_KEY_MISSING, &IDEMPOTENCY_KEY_INVALID, &IDEMPOTENCY_KEY_REUSED]);
    }
    kinds
}

/// The schema of problem details (RFC 9457) as they are given here.
pub(crate) fn problem() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let error = json!({
        "type": "object",
        "properties": {
            "pointer": text("A JSON pointer into the body, or the name of a header or parameter."),
            "detail": text("What to change."),
        },
        "required": ["pointer", "detail"],
    });
    json!({
        "type": "object",
        "description": "What went wrong and what to change (RFC 9457).",
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "The kind of problem, as a URN."},
            "title": text("The kind of problem, for people."),
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": text("The kind of problem, for programs."),
            "detail": text("What is wrong here and what to change."),
            "errors": {"type": "array", "items": error},
            "traceId": text("What to name when asking for help."),
        },
        "required": ["type", "title", "status", "code"],
    })
}
