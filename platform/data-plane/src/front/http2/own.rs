//! Answers to requests of HTTP/2 that no backend gives.

use bytes::Bytes;
use h2::server::SendResponse;
use http::{Response, StatusCode, header};

use crate::answer::Answer;
use crate::grpc;
use crate::message::names::{Fate, fate};
use crate::request::Request;

/// Gives the client of a request an answer. One that has gone gets none.
pub(crate) fn give(respond: &mut SendResponse<Bytes>, answer: &Answer, request: &Request<'_>) {
    let answer = grpc::told(answer, request);
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &answer.headers {
        // HTTP/2 has no place for some (RFC 9113 §8.2.2).
        if !matches!(fate(name.as_str().as_bytes()), Fate::Ends | Fate::Length) {
            head.headers_mut().append(name, value.clone());
        }
    }
    let has_none = answer.status < 200 || matches!(answer.status, 204 | 304);
    if !has_none && !answer.body.is_empty() {
        head.headers_mut().insert(header::CONTENT_LENGTH, answer.body.len().into());
    }
    let is_whole = has_none || request.method == "HEAD" || answer.body.is_empty();
    if let Ok(mut stream) = respond.send_response(head, is_whole)
        && !is_whole
    {
        // It fails where the client has gone.
        let _ = stream.send_data(answer.body.clone(), true);
    }
}
