//! What surrounds every request: trace, principal, deadline, log line, metrics, and one failure shape.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response};
use subtle::ConstantTimeEq;
use tracing::Instrument;
use tradewind_client::{Body, Handler, handler, headers};
use tradewind_kernel::{
    Clock, Context, Deadline, Entropy, Id, OpenSpan, Principal, Secret, SpanKind, SpanRecorder, TraceContext,
};
use tradewind_problem::{DEADLINE_EXCEEDED, Problem, UNAUTHENTICATED};

use crate::http::fresh::Freshness;
use crate::http::routes::Router;
use crate::http::{Call, InFlight, Reply, rpc};
use crate::identity::Declared;
use crate::metrics::{CounterFamily, HistogramFamily, Labels, Metrics};
use crate::serve::{OnRefusal, Shown};
use crate::tasks::Scope;
use crate::tokens::Tokens;

/// Paths of an internal door that anybody may read: probes and scrapes carry no secret.
const OPEN_PATHS: [&str; 5] =
    ["/livez", "/readyz", "/startupz", "/metrics", tradewind_grpc::health::CHECK.path()];

/// Routes of an internal door for those who look on.
pub(crate) const WATCHED: [&str; 8] = [
    "/events",
    "/logs",
    "/traces",
    "/evidence",
    "/evidence/head",
    "/events/horizon",
    "/subscriptions",
    "/peers",
];

/// Who may come in, and how they are recognised.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// Everybody; a token says who it is.
    Public { development_tokens: bool, tokens: Arc<Tokens> },
    /// Who shows a certificate and is declared, where the process has an identity; else who shows the fleet's secret,
    /// as near callers do.
    Internal { secret: Secret, declared: Arc<Declared> },
    /// Everybody, and whoever stands behind decides.
    Unchecked,
}

/// Bounds on requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DoorLimits {
    pub(crate) max_body_bytes: usize,
    pub(crate) deadline: Duration,
}

/// What all requests of one door share.
pub(crate) struct DoorContext {
    pub(crate) service: &'static str,
    pub(crate) door: &'static str,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) scope: Scope,
    /// Stops first in a drain.
    pub(crate) closing: Scope,
    pub(crate) in_flight: InFlight,
    pub(crate) limits: DoorLimits,
    pub(crate) access: Access,
    pub(crate) metrics: DoorMetrics,
    pub(crate) spans: SpanRecorder,
    /// How far the service has handled what others told.
    pub(crate) fresh: Freshness,
}

/// The metrics of all doors of a service.
#[derive(Debug, Clone)]
pub(crate) struct DoorMetrics {
    refused: CounterFamily<RefusalLabels>,
    requests: CounterFamily<RequestLabels>,
    seconds: HistogramFamily<RouteLabels>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct RequestLabels {
    door: &'static str,
    route: String,
    status: u16,
}

impl Labels for RequestLabels {
    fn names() -> &'static [&'static str] {
        &["door", "route", "status"]
    }

    fn values(&self) -> Vec<Cow<'static, str>> {
        vec![self.door.into(), self.route.clone().into(), self.status.to_string().into()]
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct RouteLabels {
    door: &'static str,
    route: String,
}

impl Labels for RouteLabels {
    fn names() -> &'static [&'static str] {
        &["door", "route"]
    }

    fn values(&self) -> Vec<Cow<'static, str>> {
        vec![self.door.into(), self.route.clone().into()]
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct RefusalLabels {
    code: String,
}

impl Labels for RefusalLabels {
    fn names() -> &'static [&'static str] {
        &["code"]
    }

    fn values(&self) -> Vec<Cow<'static, str>> {
        vec![self.code.clone().into()]
    }
}

impl DoorMetrics {
    /// Counts and logs what a guard refuses, and gives each refusal a trace to ask for.
    pub(crate) fn on_refusal(&self, door: &DoorContext) -> OnRefusal {
        let (refused, entropy, service) = (self.refused.clone(), door.entropy.clone(), door.service);
        Arc::new(move |problem| {
            let trace_id = TraceContext::begin(&entropy).trace_id();
            refused.get(&RefusalLabels { code: problem.code().to_owned() }).increment();
            tracing::debug!(service, trace_id, %problem, "a connection was refused");
            problem.trace_id(trace_id)
        })
    }

    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            refused: metrics.counter_family("http_refused_heads_total", "Request heads refused by a guard"),
            requests: metrics.counter_family("http_requests_total", "Requests answered"),
            seconds: metrics.histogram_family("http_request_seconds", "Time to answer a request"),
        }
    }
}

/// The handler of a door: its routes with everything around them.
pub(crate) fn door_handler<S: Send + Sync + 'static>(
    state: Arc<S>,
    router: Arc<Router<S>>,
    door: Arc<DoorContext>,
) -> Handler {
    handler(move |request| {
        let (state, router, door) = (state.clone(), router.clone(), door.clone());
        async move { answer(state, &router, door, request).await }
    })
}

async fn answer<S: Send + Sync + 'static>(
    state: Arc<S>,
    router: &Router<S>,
    door: Arc<DoorContext>,
    request: Request<Body>,
) -> Response<Body> {
    let started = door.clock.monotonic();
    let incoming = headers::trace(request.headers());
    let trace =
        incoming.map_or_else(|| TraceContext::begin(&door.entropy), |trace| trace.child(&door.entropy));
    let correlation = correlation(&door, &request).unwrap_or_else(|| door.entropy.id(&door.clock));
    let method = request.method().clone();
    let is_rpc = tradewind_grpc::is_grpc(request.headers());
    let span = tracing::info_span!(
        "request",
        service = door.service,
        trace_id = trace.trace_id(),
        span_id = trace.span_id(),
        %correlation,
    );
    let cause = incoming.map(|trace| trace.span());
    let is_watched = door.is_watched(request.uri().path());
    let recorder = if is_watched { &SpanRecorder::default() } else { &door.spans };
    let mut recorded = recorder.begin(SpanKind::Server, (&trace, cause), correlation, &door.clock);
    // What it is called if it is given up before its route is known.
    recorded.name(known_method(&method));
    let (outcome, label) =
        serve(state, router, &door, request, (trace, correlation)).instrument(span.clone()).await;
    let label = outcome.as_ref().ok().and_then(|reply| reply.label.clone()).unwrap_or(label);
    let code = outcome.as_ref().err().map(|problem| problem.code().to_owned());
    // A gRPC refusal is a 200 on the wire; what is counted and recorded is what it means.
    let told = outcome.as_ref().err().map(Problem::status);
    let mut response = match outcome {
        Ok(reply) => reply.into_response(),
        Err(problem) if is_rpc => rpc::refusal(&problem.trace_id(trace.trace_id())),
        Err(problem) => problem.trace_id(trace.trace_id()).to_response().map(Body::from),
    };
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    let took = door.clock.monotonic().saturating_sub(started);
    let status = told.unwrap_or(response.status().as_u16());
    end_span(recorded, &door, (&method, &label), status, code);
    let span = if is_watched { tracing::Span::none() } else { span };
    record(&door, &method, label, status, took, &span);
    response
}

/// Records what became of the request.
fn end_span(
    mut span: OpenSpan,
    door: &DoorContext,
    (method, label): (&Method, &str),
    status: u16,
    code: Option<String>,
) {
    let method = known_method(method);
    span.name(format!("{method} {label}"));
    span.text("http.request.method", method);
    span.text("http.route", label.to_owned());
    span.number("http.response.status_code", i64::from(status));
    span.text("tradewind.door", door.door);
    if let Some(code) = code {
        span.text("error.type", code);
    }
    if status >= 500 {
        span.fail(format!("answered {status}"));
    }
    span.end();
}

impl DoorContext {
    /// Whether somebody only looks at the service. That is not recorded: whoever follows the records would be
    /// woken by their own questions.
    fn is_watched(&self, path: &str) -> bool {
        matches!(self.access, Access::Internal { .. })
            && (OPEN_PATHS.contains(&path) || WATCHED.contains(&path))
    }
}

/// The method if it is one that HTTP knows: anything else can be of any length and kind.
fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

fn record(
    door: &DoorContext,
    method: &Method,
    route: String,
    status: u16,
    took: Duration,
    span: &tracing::Span,
) {
    // None when somebody only looks on.
    if !span.is_none() {
        let _within = span.enter();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(door = door.door, %method, route, status, micros, "answered");
    }
    let door_name = door.door;
    door.metrics.seconds.get(&RouteLabels { door: door_name, route: route.clone() }).record(took);
    door.metrics.requests.get(&RequestLabels { door: door_name, route, status }).increment();
}

async fn serve<S: Send + Sync + 'static>(
    state: Arc<S>,
    router: &Router<S>,
    door: &Arc<DoorContext>,
    request: Request<Body>,
    (trace, correlation): (TraceContext, Id),
) -> (Result<Reply, Problem>, String) {
    let found = match router.find(request.method(), request.uri().path()) {
        Ok(found) => found,
        Err(_) if tradewind_grpc::is_grpc(request.headers()) => {
            let problem = rpc::no_method(request.method(), request.uri().path());
            return (Err(problem), "unmatched".to_owned());
        }
        Err(problem) => return (Err(problem), "unmatched".to_owned()),
    };
    let label = found.template.to_string();
    let (parts, body) = request.into_parts();
    let known = match found.own_credentials {
        true => Ok(Principal::Anonymous),
        false => principal(door, &parts).await,
    };
    let principal = match known {
        Ok(principal) => principal,
        Err(problem) => return (Err(problem), label),
    };
    let limit = headers::timeout(&parts.headers)
        .map_or(door.limits.deadline, |asked| asked.min(door.limits.deadline));
    let call = Call {
        parts,
        body,
        parameters: found.parameters,
        template: found.template,
        context: Context { principal, trace, correlation, causation: None },
        deadline: Deadline::after(&door.clock, limit),
        door: door.clone(),
        content: None,
    };
    let fresh = (!matches!(door.access, Access::Unchecked)).then(|| door.fresh.clone());
    let endpoint = async move {
        let behind = match &fresh {
            Some(fresh) => fresh.reached(&call).await?,
            None => None,
        };
        let reply = (found.endpoint)(state, call).await?;
        match behind {
            Some(behind) => reply.header(headers::BEHIND, &behind),
            None => Ok(reply),
        }
    };
    let outcome = bounded(door, limit, endpoint).await;
    if let Err(problem) = &outcome {
        complain(problem);
    }
    (outcome, label)
}

/// The process that the request belongs to, if a caller inside the fleet says so. Nobody outside may name one:
/// they could write themselves into somebody else's.
fn correlation(door: &DoorContext, request: &Request<Body>) -> Option<Id> {
    match door.access {
        Access::Unchecked => None,
        Access::Public { .. } | Access::Internal { .. } => headers::correlation(request.headers()),
    }
}

async fn bounded(
    door: &DoorContext,
    limit: Duration,
    endpoint: impl Future<Output = Result<Reply, Problem>> + Send,
) -> Result<Reply, Problem> {
    let guarded = AssertUnwindSafe(endpoint).catch_unwind();
    match door.clock.timeout(limit, guarded).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Problem::internal("an endpoint panicked")),
        Err(_) => Err(Problem::new(&DEADLINE_EXCEEDED).detail(
            "The answer was not ready in time. What was asked may still happen; repeat it with the same key.",
        )),
    }
}

fn complain(problem: &Problem) {
    if problem.is_server_fault() {
        tracing::error!(%problem, "a request failed");
    } else {
        tracing::debug!(%problem, "a request was refused");
    }
}

async fn principal(door: &DoorContext, parts: &http::request::Parts) -> Result<Principal, Problem> {
    match &door.access {
        Access::Unchecked => Ok(Principal::Anonymous),
        Access::Public { development_tokens, tokens } => match bearer(parts)? {
            None => Ok(Principal::Anonymous),
            Some(token) if !token.starts_with(DEVELOPMENT) => tokens.principal(token).await,
            Some(token) if *development_tokens => development_principal(token),
            Some(_) => Err(refused("Development tokens are switched off here.")),
        },
        Access::Internal { secret, declared } => match parts.extensions.get() {
            Some(Shown(peer)) => declared.admit(&peer.id, is_open(parts)),
            None => with_secret(secret, parts),
        },
    }
}

/// Without a certificate at the other end: a process without an identity, or a near caller.
fn with_secret(secret: &Secret, parts: &http::request::Parts) -> Result<Principal, Problem> {
    match bearer(parts)? {
        Some(token) if token.as_bytes().ct_eq(secret.expose().as_bytes()).into() => {
            Ok(Principal::Service("internal".to_owned()))
        }
        None if is_open(parts) => Ok(Principal::Anonymous),
        _ => Err(refused("This door is for the fleet itself: show its internal secret as a bearer token.")),
    }
}

fn is_open(parts: &http::request::Parts) -> bool {
    OPEN_PATHS.contains(&parts.uri.path())
}

/// The bearer token of the request (RFC 6750 §2.1), if any.
fn bearer(parts: &http::request::Parts) -> Result<Option<&str>, Problem> {
    if !parts.headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let wrong = || refused("Send one header Authorization: Bearer <token>.");
    let value = headers::single(&parts.headers, &AUTHORIZATION).ok_or_else(wrong)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(wrong)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(token.trim())) } else { Err(wrong()) }
}

/// How tokens begin that nobody verifies.
const DEVELOPMENT: &str = "dev-";

/// The stand-in for real tokens on laptops and in tests: `dev-user-<id>`, `dev-staff-<id>` or `dev-admin-<id>`.
fn development_principal(token: &str) -> Result<Principal, Problem> {
    let id = |text: &str| text.parse::<Id>().ok();
    let user = token.strip_prefix("dev-user-").and_then(id).map(Principal::User);
    let staff = || token.strip_prefix("dev-staff-").and_then(id).map(Principal::Staff);
    let admin = || token.strip_prefix("dev-admin-").and_then(id).map(Principal::Admin);
    user.or_else(staff).or_else(admin).ok_or_else(|| {
        refused(
            "The token is not valid. A development token is dev-user-<id>, dev-staff-<id> or dev-admin-<id>.",
        )
    })
}

fn refused(detail: &str) -> Problem {
    Problem::new(&UNAUTHENTICATED).detail(detail)
}
