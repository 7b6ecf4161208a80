//! The policy of a rule, made ready for one thread.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use tradewind_data_plane::{Answer, Request};
use tradewind_edge::address::CidrSet;
use tradewind_edge::limit::Table;
use tradewind_routing::{EffectiveRoutePolicy, RouteId};

use crate::edge::compressing::Compressing;
use crate::edge::keys::Keys;
use crate::edge::limits::{self, Limit, Verdict};
use crate::edge::tokens::Tokens;
use crate::edge::visitor::{Visitor, set};
use crate::error::TOO_MANY_REQUESTS;
use tradewind_problem::{FORBIDDEN, INTERNAL};

/// What is asked of a request before it goes on.
pub(crate) struct Guarding {
    pub(crate) policy: Arc<EffectiveRoutePolicy>,
    allow: CidrSet,
    deny: CidrSet,
    tokens: Option<Tokens>,
    limits: Vec<Limit>,
    /// Headers of answers, without TLS and with it.
    pub(crate) headers: [Arc<[(HeaderName, HeaderValue)]>; 2],
    pub(crate) compressing: Option<Compressing>,
    /// Statuses after which a request is sent again.
    pub(crate) retry_on: Arc<[u16]>,
}

/// What a guard has to say besides letting a request through.
#[derive(Default)]
pub(crate) struct Passed {
    pub(crate) request_headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) response_headers: Vec<(HeaderName, HeaderValue)>,
    /// Headers of the client that end here.
    pub(crate) withheld: Vec<HeaderName>,
}

impl Guarding {
    pub(crate) fn new(policy: &Arc<EffectiveRoutePolicy>, route: &RouteId, keys: &Keys, seed: u64) -> Self {
        let headers = |is_tls| policy.security_headers.headers(is_tls).into();
        Self {
            policy: policy.clone(),
            allow: set(&policy.access.allow),
            deny: set(&policy.access.deny),
            tokens: policy.jwt.as_ref().map(|jwt| Tokens::new(jwt, keys, seed)),
            limits: policy.rate_limits.iter().filter_map(|limit| Limit::new(limit, route)).collect(),
            headers: [headers(false), headers(true)],
            compressing: policy.compression.as_ref().map(Compressing::new),
            retry_on: policy.retry.codes.iter().copied().collect(),
        }
    }

    /// Whether somebody may come from there.
    pub(crate) fn is_allowed(&self, address: IpAddr) -> bool {
        let is_in = |set: &CidrSet| set.contains(address);
        !is_in(&self.deny) && (self.allow.is_empty() || is_in(&self.allow))
    }

    /// Whether a request may go on. What costs least is asked first; of what a client is refused for it is told.
    pub(crate) fn judge(
        &self,
        request: &Request<'_>,
        visitor: &mut Visitor,
        table: &Table,
    ) -> Result<Passed, Box<Answer>> {
        if let Some(reason) = &self.policy.broken {
            tracing::debug!(reason, "a policy cannot be read, so nothing that it is about is served");
            let detail = "A rule about this request cannot be read. It is the gateway's fault.";
            return Err(Box::new(Answer::problem(&INTERNAL, detail).because("broken-policy")));
        }
        if !self.is_allowed(visitor.address) {
            let detail = "Requests from this address are not taken.";
            return Err(Box::new(Answer::problem(&FORBIDDEN, detail).because("address-not-allowed")));
        }
        let mut passed = Passed::default();
        if let Some(tokens) = &self.tokens {
            visitor.claims = tokens.judge(request).map_err(|denied| Box::new(denied.answer))?;
            passed.withheld.extend(tokens.withheld().cloned());
            if let Some(claims) = &visitor.claims {
                passed.request_headers = tokens.headers(claims);
            }
        }
        if !self.limits.is_empty() {
            match limits::ask(&self.limits, table, request, visitor) {
                Verdict::Within(headers) => passed.response_headers = headers,
                Verdict::Beyond { name, retry_after, headers } => {
                    return Err(Box::new(beyond(&name, retry_after, headers)));
                }
            }
        }
        Ok(passed)
    }
}

/// RFC 6585 §4.
fn beyond(name: &str, retry_after: u64, headers: Vec<(HeaderName, HeaderValue)>) -> Answer {
    let detail = format!("Too many requests: the limit {name} is used up. Try again in {retry_after} s.");
    let answer = Answer::problem(&TOO_MANY_REQUESTS, &detail);
    let answer = answer.header(http::header::RETRY_AFTER, retry_after.into());
    headers.into_iter().fold(answer, |answer, (name, value)| answer.header(name, value))
}
