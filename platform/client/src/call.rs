//! Typed calls: JSON in, JSON out, failures as problems.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Secret};
use tradewind_problem::{DEADLINE_EXCEEDED, Problem};

use crate::{Body, Peer, headers};

/// The greatest answer that is read into memory, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Calls one peer on behalf of one context, until one deadline.
#[derive(Debug, Clone)]
pub struct Caller {
    peer: Peer,
    context: Context,
    deadline: Deadline,
    clock: Clock,
    entropy: Entropy,
    bearer: Option<Secret>,
    headers: Vec<(HeaderName, String)>,
}

impl Caller {
    /// Calls `peer` within `context`; every call ends at `deadline`.
    #[must_use]
    pub fn new(peer: Peer, context: Context, deadline: Deadline, clock: Clock, entropy: Entropy) -> Self {
        Self { peer, context, deadline, clock, entropy, bearer: None, headers: Vec::new() }
    }

    /// Shows this bearer token.
    #[must_use]
    pub fn bearer(mut self, token: Secret) -> Self {
        self.bearer = Some(token);
        self
    }

    /// Sends one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Reads an object.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        self.call(Method::GET, path, None).await
    }

    /// Sends `body` with `method` and reads the answer.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Problem> {
        let body = serde_json::to_string(body).map_err(Problem::internal)?;
        self.call(method, path, Some(body)).await
    }

    /// Asks for `path` and looks at the status only.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn probe(&self, path: &str) -> Result<(), Problem> {
        self.exchange(Method::GET, path, None).await.map(drop)
    }

    /// Sends `POST` without a body and reads the answer.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        self.call(Method::POST, path, None).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<T, Problem> {
        let bytes = self.exchange(method, path, body).await?;
        // An answer without content is read as null, which `()` and `Option` accept.
        let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(text).map_err(|error| {
            Problem::internal(format!("{} answered {path} with something else: {error}", self.peer.name()))
        })
    }

    async fn exchange(&self, method: Method, path: &str, body: Option<String>) -> Result<Bytes, Problem> {
        let request = self.request(method, path, body)?;
        let exchange = async {
            let response = self.peer.send(request).await?;
            let status = response.status();
            let bytes = response.into_body().collect(MAX_ANSWER).await.map_err(Problem::internal)?;
            if status.is_success() { Ok(bytes) } else { Err(Problem::from_response(status, &bytes)) }
        };
        let remaining = self.deadline.remaining(&self.clock);
        self.clock.timeout(remaining, exchange).await.unwrap_or_else(|_| {
            let operator = format!("no answer from {} to {path}", self.peer.name());
            Err(Problem::new(&DEADLINE_EXCEEDED).operator(operator))
        })
    }

    fn request(&self, method: Method, path: &str, body: Option<String>) -> Result<Request<Body>, Problem> {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(token) = &self.bearer {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
                Problem::internal("the bearer token holds characters that a header cannot carry")
            })?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let mut request =
            request.body(body.map_or_else(Body::empty, Body::from)).map_err(Problem::internal)?;
        let trace = self.context.trace.child(&self.entropy);
        let remaining = self.deadline.remaining(&self.clock);
        headers::write(request.headers_mut(), &trace, self.context.correlation, remaining);
        Ok(request)
    }
}
