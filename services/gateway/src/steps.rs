//! Takes the steps of a rule: what is changed on the way, and what is answered at once.

use http::header::{HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tradewind_chassis::http::{Call, Reply};
use tradewind_gateway_api::filter::Fraction;
use tradewind_http_validation::path::CanonicalPath;
use tradewind_problem::Problem;
use tradewind_routing::{Found, HeaderChanges, Redirect, Step, Target};

use crate::cors;
use crate::domain::authority::Authority;
use crate::domain::redirect::{AskedFor, location};
use crate::error::NO_BACKEND;

/// Where a mirror sends copies.
pub(crate) struct Copies<'table> {
    pub(crate) target: &'table Target,
    pub(crate) share: Fraction,
}

/// What the steps of a rule, and those of one of its backends, come to for one request.
pub(crate) struct Way<'table> {
    /// The path that the backend sees.
    pub(crate) path: CanonicalPath,
    /// The host that the backend sees, where a step names one.
    pub(crate) host: Option<&'table str>,
    pub(crate) copies: Vec<Copies<'table>>,
    request: Vec<&'table HeaderChanges>,
    response: Vec<&'table HeaderChanges>,
    /// What other origins are told.
    shared: Vec<HeaderMap>,
}

impl<'table> Way<'table> {
    pub(crate) fn new(path: CanonicalPath) -> Self {
        Self {
            path,
            host: None,
            copies: Vec::new(),
            request: Vec::new(),
            response: Vec::new(),
            shared: Vec::new(),
        }
    }

    /// Takes steps in their order; an answer when one of them gives it.
    pub(crate) fn take(
        &mut self,
        steps: &'table [Step],
        found: &Found<'table>,
        call: &Call,
        authority: &Authority,
    ) -> Result<Option<Reply>, Problem> {
        for step in steps {
            if let Some(reply) = self.step(step, found, call, authority)? {
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    fn step(
        &mut self,
        step: &'table Step,
        found: &Found<'table>,
        call: &Call,
        authority: &Authority,
    ) -> Result<Option<Reply>, Problem> {
        match step {
            Step::RequestHeaders(changes) => self.request.push(changes),
            Step::ResponseHeaders(changes) => self.response.push(changes),
            Step::Mirror { target, share } => self.copies.push(Copies { target, share: *share }),
            Step::Rewrite(rewrite) => {
                self.host = rewrite.hostname.as_deref().or(self.host);
                if let Some(change) = &rewrite.path {
                    self.path = change.apply(&self.path, found.prefix);
                }
            }
            Step::Redirect(redirect) => {
                return Ok(Some(self.redirected(redirect, found, call, authority)?));
            }
            Step::Cors(cors) => {
                if cors::is_preflight(call.method(), call.headers()) {
                    let mut reply = Reply::no_content();
                    reply = with(reply, &cors::preflight(cors, call.headers()))?;
                    return Ok(Some(reply));
                }
                self.shared.push(cors::answer(cors, call.headers()));
            }
            Step::Broken { reason } => {
                return Err(Problem::new(&NO_BACKEND)
                    .detail("A step on the way of this request cannot be taken.")
                    .operator(reason.clone()));
            }
        }
        Ok(None)
    }

    fn redirected(
        &self,
        redirect: &Redirect,
        found: &Found<'_>,
        call: &Call,
        authority: &Authority,
    ) -> Result<Reply, Problem> {
        let asked = AskedFor {
            scheme: "http",
            authority,
            path: &self.path,
            query: call.uri().query(),
            prefix: found.prefix,
        };
        let status = StatusCode::from_u16(redirect.status).map_err(Problem::internal)?;
        Reply::bytes(status, "text/plain; charset=utf-8", "").header(LOCATION, &location(redirect, &asked))
    }

    /// Changes the headers of the request.
    pub(crate) fn change_request(&self, headers: &mut HeaderMap) -> Result<(), Problem> {
        for changes in &self.request {
            changes.apply(headers);
        }
        if let Some(host) = self.host {
            headers.insert(HOST, HeaderValue::from_str(host).map_err(Problem::internal)?);
        }
        Ok(())
    }

    /// Changes the headers of the answer.
    pub(crate) fn change_response(&self, headers: &mut HeaderMap) {
        for changes in &self.response {
            changes.apply(headers);
        }
        for shared in &self.shared {
            for (name, value) in shared {
                put(headers, name, value);
            }
        }
    }
}

/// A backend may have its own word on other origins; that of the route counts. What varies, varies for both.
fn put(headers: &mut HeaderMap, name: &HeaderName, value: &HeaderValue) {
    if name == http::header::VARY {
        headers.append(name, value.clone());
    } else {
        headers.insert(name, value.clone());
    }
}

fn with(mut reply: Reply, headers: &HeaderMap) -> Result<Reply, Problem> {
    for (name, value) in headers {
        let value = value.to_str().map_err(Problem::internal)?;
        reply = reply.header(name.clone(), value)?;
    }
    Ok(reply)
}
