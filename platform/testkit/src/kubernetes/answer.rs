//! Answers, with failures as the `Status` objects of the API server.

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

/// The body of an answer.
pub(super) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// An answer that is a JSON document.
pub(super) fn document(code: u16, value: &Value) -> Response<Body> {
    let body = Full::new(Bytes::from(value.to_string())).map_err(|never| match never {}).boxed_unsync();
    let status = StatusCode::from_u16(code).unwrap();
    Response::builder().status(status).header("content-type", "application/json").body(body).unwrap()
}

/// An answer in plain text.
pub(super) fn text(code: u16, text: &'static str) -> Response<Body> {
    let body = Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed_unsync();
    let status = StatusCode::from_u16(code).unwrap();
    Response::builder().status(status).header("content-type", "text/plain; charset=utf-8").body(body).unwrap()
}

/// An answer that refuses.
pub(super) fn refusal(code: u16, message: &str) -> Response<Body> {
    document(code, &failure(code, message))
}

/// What the API server says when it refuses.
pub(super) fn failure(code: u16, message: &str) -> Value {
    let reason = match code {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        410 => "Expired",
        415 => "UnsupportedMediaType",
        422 => "Invalid",
        503 => "ServiceUnavailable",
        _ => "InternalError",
    };
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
}
