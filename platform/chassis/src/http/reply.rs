//! Replies: what an endpoint answers when it succeeds.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tradewind_client::{Body, headers};
use tradewind_kernel::Position;
use tradewind_problem::Problem;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    pub(crate) label: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Bytes(Bytes),
    Stream(Body),
}

impl Reply {
    /// An answer with a JSON document.
    ///
    /// # Errors
    /// Internal, when the document cannot be written.
    pub fn json(status: StatusCode, document: &impl Serialize) -> Result<Self, Problem> {
        let text = serde_json::to_vec(document).map_err(Problem::internal)?;
        Ok(Self::bytes(status, "application/json", text))
    }

    /// `200 OK` with a JSON document.
    ///
    /// # Errors
    /// Internal, when the document cannot be written.
    pub fn ok(document: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::OK, document)
    }

    /// `202 Accepted` with a JSON document and the address where the outcome will be found.
    ///
    /// # Errors
    /// Internal, when the document or the address cannot be written.
    pub fn accepted(location: &str, document: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::ACCEPTED, document)?.header(LOCATION, location)
    }

    /// `204 No Content`.
    #[must_use]
    pub fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            content: Content::Bytes(Bytes::new()),
            label: None,
        }
    }

    /// `304 Not Modified`: the caller has it already. The headers are those of the whole answer (RFC 9110 §15.4.5).
    #[must_use]
    pub fn not_modified() -> Self {
        Self { status: StatusCode::NOT_MODIFIED, ..Self::no_content() }
    }

    /// An answer with these bytes of this media type.
    #[must_use]
    pub fn bytes(status: StatusCode, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
        Self { status, headers, content: Content::Bytes(bytes.into()), label: None }
    }

    /// An answer whose body comes in pieces.
    #[must_use]
    pub fn stream(status: StatusCode, media_type: &'static str, body: Body) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
        Self { status, headers, content: Content::Stream(body), label: None }
    }

    /// The answer of a peer, passed on as it arrives.
    #[must_use]
    pub fn forward(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, content: Content::Stream(body), label: None }
    }

    /// Adds a header.
    ///
    /// # Errors
    /// Internal, when the value holds characters that a header cannot carry.
    pub fn header(mut self, name: HeaderName, value: &str) -> Result<Self, Problem> {
        let value = HeaderValue::from_str(value).map_err(Problem::internal)?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Adds a header beside those of the same name, such as one more cookie.
    ///
    /// # Errors
    /// Internal, when the value holds characters that a header cannot carry.
    pub fn another_header(mut self, name: HeaderName, value: &str) -> Result<Self, Problem> {
        let value = HeaderValue::from_str(value).map_err(Problem::internal)?;
        self.headers.append(name, value);
        Ok(self)
    }

    /// Says how far the log of a service has grown with it: who sends that back reads nothing older.
    pub(crate) fn positioned(self, position: &Position) -> Result<Self, Problem> {
        self.header(headers::POSITION, &position.to_string())
    }

    /// Names the route in metrics; for endpoints that answer many paths. Keep the number of names small.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The address in `Location`, if there is one.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION)?.to_str().ok()
    }

    /// The JSON document of this answer, or the problem that it tells of: for those who say it in another form, such
    /// as that of gRPC.
    ///
    /// # Errors
    /// That problem, or internal when the document is no `T`.
    pub fn document<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let Content::Bytes(bytes) = &self.content else {
            return Err(Problem::internal("a stream is no document"));
        };
        if !self.status.is_success() {
            return Err(Problem::from_answer(self.status, &self.headers, bytes));
        }
        // An answer without content is read as null, which `()` and `Option` accept.
        let text: &[u8] = if bytes.is_empty() { b"null" } else { bytes };
        serde_json::from_slice(text).map_err(Problem::internal)
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let body = match self.content {
            Content::Bytes(bytes) => Body::from(bytes),
            Content::Stream(body) => body,
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
