//! Typed calls: JSON in, JSON out, failures as problems.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, OpenSpan, Secret, SpanKind, TraceContext};
use tradewind_problem::{DEADLINE_EXCEEDED, Problem, UNAVAILABLE};

use crate::balance::Ended;
use crate::forward::Pace;
use crate::guard::{Attempt, Failure, Terms};
use crate::policy::retry::{is_repeatable, least_wait, repeat};
use crate::policy::verdict::Verdict;
use crate::unanswered::{Cause, Unanswered};
use crate::{Address, Body, BodyError, FallbackReason, Peer, Seen, headers, mutants};

/// The greatest answer that is read into memory, in bytes.
pub(crate) const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// A value, and who gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// The value.
    pub value: T,
    /// Who gave it.
    pub source: Source,
}

/// Who gave an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The peer that was asked.
    Peer,
    /// The caller's own fallback.
    Fallback {
        /// What the call would have failed with.
        problem: Problem,
        /// Why, in a word; counted with the peer.
        reason: FallbackReason,
    },
}

/// Calls one peer on behalf of one context, until one deadline, through the policies of the peer.
#[derive(Debug, Clone)]
pub struct Caller {
    peer: Peer,
    context: Context,
    deadline: Deadline,
    clock: Clock,
    entropy: Entropy,
    bearer: Option<Secret>,
    headers: Vec<(HeaderName, String)>,
    seen: Option<Seen>,
}

impl Caller {
    /// Calls `peer` within `context`; every call ends at `deadline`.
    #[must_use]
    pub fn new(peer: Peer, context: Context, deadline: Deadline, clock: Clock, entropy: Entropy) -> Self {
        Self { peer, context, deadline, clock, entropy, bearer: None, headers: Vec::new(), seen: None }
    }

    /// Shows this bearer token.
    #[must_use]
    pub fn bearer(mut self, token: Secret) -> Self {
        self.bearer = Some(token);
        self
    }

    /// Says what was seen, and takes in what answers say: an answer is then never older than one before it. A peer that
    /// cannot catch up in time says so, with a 503.
    #[must_use]
    pub fn seen(mut self, seen: Seen) -> Self {
        self.seen = Some(seen);
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
        Ok(self.call(Method::GET, path, None).await?)
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
        Ok(self.call(method, path, Some(body)).await?)
    }

    /// Sends a form (`application/x-www-form-urlencoded`) by `POST` and reads the answer.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn send_form<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &impl Serialize,
    ) -> Result<T, Problem> {
        let body = serde_urlencoded::to_string(form).map_err(Problem::internal)?;
        let mut request = self.request(Method::POST, path, Some(body))?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
        Ok(self.answer_to(&request, path).await?)
    }

    /// Sends bytes of a media type with `method` and reads the answer.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn send_bytes<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        media_type: &'static str,
        bytes: Bytes,
    ) -> Result<T, Problem> {
        let mut request = self.request(method, path, None)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        *request.body_mut() = Body::from(bytes);
        Ok(self.answer_to(&request, path).await?)
    }

    /// Reads an object, or takes what `fallback` makes of the failure; the answer says which it was.
    ///
    /// The fallback stands in where the peer cannot answer, was not asked by a policy's decision, or asks for less.
    /// A peer that refuses the request has answered it: that stays an error. Each fallback is counted with the
    /// peer, by its reason.
    ///
    /// # Errors
    /// The peer's refusal of the request.
    pub async fn get_or<T: DeserializeOwned>(
        &self,
        path: &str,
        fallback: impl FnOnce(&Problem) -> T,
    ) -> Result<Answer<T>, Problem> {
        self.or(self.call(Method::GET, path, None).await, fallback)
    }

    pub(crate) fn or<T>(
        &self,
        outcome: Result<T, Failure>,
        fallback: impl FnOnce(&Problem) -> T,
    ) -> Result<Answer<T>, Problem> {
        let Failure { problem, refused } = match outcome {
            Ok(value) => return Ok(Answer { value, source: Source::Peer }),
            Err(failure) => failure,
        };
        if !problem.is_server_fault() && problem.status() != 429 {
            return Err(problem);
        }
        let reason = FallbackReason::of(&problem, refused);
        if let Ok(guard) = self.peer.guard() {
            guard.count_fallback(reason);
        }
        Ok(Answer { value: fallback(&problem), source: Source::Fallback { problem, reason } })
    }

    /// Asks for `path` once and looks at the status only. No policy stands in the way: who probes wants to know
    /// how the peer is.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn probe(&self, path: &str) -> Result<(), Problem> {
        let request = self.request(Method::GET, path, None)?;
        let remaining = self.deadline.remaining(&self.clock);
        let guard = self.peer.guard()?;
        let pick = guard.any_endpoint()?;
        let attempt = self.clock.timeout(remaining, self.attempt(&request, pick.address().clone())).await;
        let too_late = || {
            let operator = format!("{} did not answer in time to {path}", self.peer.name());
            Problem::new(&DEADLINE_EXCEEDED).operator(operator)
        };
        attempt.map_err(|_| too_late())?.outcome.map(drop)
    }

    /// Reads an object of any length piece by piece; the deadline is for its first piece. No policy stands in the
    /// way; what gets no answer is asked for again, as [`Peer::send`] does.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn stream(&self, path: &str) -> Result<Body, Problem> {
        let mut request = self.request(Method::GET, path, None)?;
        let mut remaining = self.deadline.remaining(&self.clock);
        if mutants::NO_DEADLINE.is_planted() {
            remaining = mutants::FOR_GOOD;
        }
        let trace = self.context.trace.child(&self.entropy);
        headers::write(request.headers_mut(), &trace, self.context.correlation, remaining);
        let guard = self.peer.guard()?;
        // What is streamed begins when there is something to say: how quick the peer is, that does not tell.
        let response = self.clock.timeout(remaining, guard.forward(request, Pace::Waits)).await;
        let response =
            response.map_err(|_| Problem::new(&DEADLINE_EXCEEDED).operator(self.peer.name()))??;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        Err(Attempt::answered(response).await.outcome.err().unwrap_or_else(|| Problem::new(&UNAVAILABLE)))
    }

    /// Sends `POST` without a body and reads the answer.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        Ok(self.call(Method::POST, path, None).await?)
    }

    /// Sends `PUT` without a body, for what the path says whole, and reads the answer.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn put<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        Ok(self.call(Method::PUT, path, None).await?)
    }

    /// Sends `DELETE` and reads the answer.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`], or that no answer arrived.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        Ok(self.call(Method::DELETE, path, None).await?)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<T, Failure> {
        let request = self.request(method, path, body)?;
        self.answer_to(&request, path).await
    }

    async fn answer_to<T: DeserializeOwned>(
        &self,
        request: &Request<Body>,
        path: &str,
    ) -> Result<T, Failure> {
        let bytes = self.exchange(request, is_repeatable(request)).await?;
        // An answer without content is read as null, which `()` and `Option` accept.
        let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(text).map_err(|error| Failure::from(self.answered_otherwise(path, error)))
    }

    pub(crate) fn answered_otherwise(&self, path: &str, error: impl fmt::Display) -> Problem {
        Problem::internal(format!("{} answered {path} with something else: {error}", self.peer.name()))
    }

    /// The answer to a request that goes through the peer's policies.
    pub(crate) async fn exchange(&self, request: &Request<Body>, repeatable: bool) -> Result<Bytes, Failure> {
        let guard = self.peer.guard()?;
        let terms = Terms {
            path: request.uri().path(),
            deadline: self.deadline,
            clock: &self.clock,
            entropy: &self.entropy,
            repeatable,
        };
        guard.call(&terms, |address| self.attempt(request, address)).await
    }

    /// Sends the request once, with a span of its own and what is left of the deadline.
    async fn attempt(&self, request: &Request<Body>, address: Arc<Address>) -> Attempt {
        let Some(mut request) = repeat(request) else {
            return Attempt::unusable(Problem::internal("a stream cannot be sent twice"));
        };
        let trace = self.context.trace.child(&self.entropy);
        let remaining = self.deadline.remaining(&self.clock);
        headers::write(request.headers_mut(), &trace, self.context.correlation, remaining);
        if let Some(seen) = &self.seen {
            seen.tell(request.headers_mut());
        }
        let is_rpc = tradewind_grpc::is_grpc(request.headers());
        if is_rpc {
            headers::write_grpc_timeout(request.headers_mut(), remaining);
        }
        let mut span = self.begin_span(&trace, &request);
        let answer = address.send(request).await;
        if let (Some(seen), Ok(response)) = (&self.seen, &answer) {
            seen.take_in(response.headers());
        }
        let attempt = match answer {
            Ok(response) if is_rpc => Attempt::answered_rpc(response).await,
            Ok(response) => Attempt::answered(response).await,
            Err(unanswered) => Attempt::unanswered(unanswered),
        };
        if let Err(problem) = &attempt.outcome {
            span.number("http.response.status_code", i64::from(problem.status()));
            span.fail(problem.code().to_owned());
        }
        span.end();
        attempt
    }

    fn begin_span(&self, trace: &TraceContext, request: &Request<Body>) -> OpenSpan {
        let cause = Some(self.context.trace.span());
        let context = (trace, cause);
        let mut span =
            self.peer.spans().begin(SpanKind::Client, context, self.context.correlation, &self.clock);
        span.name(format!("{} {}", request.method(), self.peer.name()));
        span.text("server.address", self.peer.name().to_owned());
        span.text("url.path", request.uri().path().to_owned());
        span
    }

    /// The request without what differs from attempt to attempt.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Request<Body>, Problem> {
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
        request.body(body.map_or_else(Body::empty, Body::from)).map_err(Problem::internal)
    }
}

impl Attempt {
    pub(crate) async fn answered(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = match body.collect(MAX_ANSWER).await {
            Ok(bytes) => bytes,
            Err(BodyError::Broken) => return Self::unanswered(broken_off()),
            Err(error @ BodyError::TooLarge { .. }) => return Self::unusable(Problem::internal(error)),
        };
        let ended = Ended::Answered(Verdict::of(parts.status));
        if parts.status.is_success() {
            return Self { outcome: Ok(bytes), ended, again: None };
        }
        let problem = Problem::from_answer(parts.status, &parts.headers, &bytes);
        let again = least_wait(parts.status, &parts.headers, &problem);
        Self { outcome: Err(problem), ended, again }
    }

    /// The peer gave a problem in another form than as an HTTP answer.
    pub(crate) fn refused(problem: Problem) -> Self {
        let response = problem.to_response();
        let again = least_wait(response.status(), response.headers(), &problem);
        Self { outcome: Err(problem), ended: Ended::Answered(Verdict::of(response.status())), again }
    }

    /// Nothing came back. When to come back is then our guess for the callers above, not the peer's wish.
    pub(crate) fn unanswered(unanswered: Unanswered) -> Self {
        let Unanswered { problem, cause } = unanswered;
        Self { outcome: Err(problem), ended: Ended::Unanswered(cause), again: Some(Duration::ZERO) }
    }

    /// The peer works, and what came back or went out is of no use.
    pub(crate) fn unusable(problem: Problem) -> Self {
        Self { outcome: Err(problem), ended: Ended::Answered(Verdict::Working), again: None }
    }
}

/// The beginning of an answer came, and not its end.
pub(crate) fn broken_off() -> Unanswered {
    let problem = Problem::new(&UNAVAILABLE).detail("The answer of a peer broke off.");
    Unanswered { problem: problem.retry_after(Duration::from_secs(1)), cause: Cause::Reset }
}
