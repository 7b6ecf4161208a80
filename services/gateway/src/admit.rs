//! Whether a request may go on, as policies say, and what its client is told that may not.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue};
use tradewind_chassis::http::{Call, Reply};
use tradewind_client::Body;
use tradewind_data_plane::{Answer, ReadElsewhere, Request};
use tradewind_problem::{PAYLOAD_TOO_LARGE, Problem};
use tradewind_routing::{Rule, Target};

use crate::policies::{Admitted, Waiting};
use crate::routes::{Live, PORT};
use crate::state::{Gateway, Reason};

/// What keeps or lets through requests.
#[derive(Clone, Copy)]
pub(crate) struct Gatekeeper<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) live: &'a Live,
}

impl Gatekeeper<'_> {
    /// Asks the policies about a rule; `named` is whom the request is for. The answer where it may not go on.
    pub(crate) fn admit(self, rule: &Rule, call: &Call, named: &str) -> Result<Admitted, Box<Reply>> {
        let seen = seen(call, named);
        let judged = self.live.policies.judge(rule, &seen);
        judged.map_err(|answer| self.refusal(&answer, call, &seen))
    }

    /// Asks whether a backend can do with another request; none where it may have any number.
    pub(crate) fn room(
        self,
        target: &Target,
        call: &Call,
        admitted: &Admitted,
    ) -> Result<Option<Arc<Waiting>>, Box<Reply>> {
        let Target::Service(backend) = target else { return Ok(None) };
        let Some(room) = self.live.policies.room(backend) else { return Ok(None) };
        // A trace is drawn for each request anyway.
        let random = u64::from_str_radix(&call.context().trace.span_id(), 16).unwrap_or_default();
        let asked = room.ask(admitted.priority, random);
        asked.map(Some).map_err(|answer| self.refusal(&answer, call, &seen(call, "")))
    }

    fn refusal(self, answer: &Answer, call: &Call, seen: &Request<'_>) -> Box<Reply> {
        let reason = answer.reason();
        self.gateway.refusals.get(&Reason(reason)).increment();
        tracing::debug!(reason, status = answer.status(), "a policy refuses a request");
        let mut response = answer.to_response(seen);
        // A problem says by which trace it can be found.
        if response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM) {
            let problem = Problem::from_response(response.status(), response.body());
            let problem = problem.trace_id(call.context().trace.trace_id());
            *response.body_mut() = problem.to_json().into();
        }
        Box::new(Reply::forward(response.map(Body::from)))
    }
}

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The head of a request as policies see it.
fn seen<'call>(call: &'call Call, named: &'call str) -> Request<'call> {
    let from = call.client_address().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let since_1970 = u64::try_from(call.clock().now().as_micros()).unwrap_or_default();
    let target = call.uri().path_and_query().map_or(call.uri().path(), |target| target.as_str());
    Request::from(ReadElsewhere {
        method: call.method().as_str(),
        target,
        authority: named,
        headers: call.headers(),
        body: body_length(call.headers()),
        peer: SocketAddr::new(from, 0),
        port: PORT,
        came: (call.clock().monotonic(), since_1970),
    })
}

/// What the head says of the length of the body; the scanner has seen to it that it says one thing.
fn body_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match length {
        Some(length) => length.trim().parse().ok(),
        None if headers.contains_key(TRANSFER_ENCODING) => None,
        None => Some(0),
    }
}

/// Refuses a body that is too long, where its head says so.
pub(crate) fn fits(call: &Call, admitted: &Admitted) -> Result<(), Problem> {
    match body_length(call.headers()) {
        Some(length) if length > admitted.most_body => Err(too_large(admitted.most_body)),
        _ => Ok(()),
    }
}

pub(crate) fn too_large(most: u64) -> Problem {
    Problem::new(&PAYLOAD_TOO_LARGE).detail(format!("The body must not exceed {most} bytes."))
}
