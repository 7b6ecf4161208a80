//! What becomes of one request.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use http::header::{self, LOCATION};
use http::{HeaderMap, HeaderValue, Method};
use tradewind_data_plane::{Answer, CopyLost, Decision, Forward, HeaderEdits, Mirrored, Request};
use tradewind_gateway_api::filter::{Cors, Fraction};
use tradewind_gateway_api::policy::retry::RetryTrigger;
use tradewind_http_validation::path::{self, CanonicalPath};
use tradewind_routing::{Asked, BackendId, Found, Redirect, Rewrite, Step, Target};

use crate::cors;
use crate::domain::authority::Authority;
use crate::domain::redirect::{AskedFor, location};
use crate::edge::gate::Place;
use crate::edge::guarded::{Guarded, judge};
use crate::edge::headers::{Seen, some};
use crate::edge::rule::{Compiled, Entry, Leading, Leads, Mark, Taken};
use crate::edge::thread::ThreadEdge;
use crate::error::{AMBIGUOUS_PATH, NO_BACKEND, NO_ROUTE};

/// A request on its way through the steps of its rule.
struct Way<'a> {
    thread: &'a ThreadEdge,
    request: &'a Request<'a>,
    authority: &'a Authority,
    found: &'a Found<'a>,
    path: CanonicalPath,
    forward: Parts,
}

/// What the steps come to.
#[derive(Default)]
struct Parts {
    host: Option<Arc<str>>,
    request: Vec<Arc<HeaderEdits>>,
    response: Vec<Arc<HeaderEdits>>,
    response_headers: Vec<(http::HeaderName, HeaderValue)>,
    mirrors: Vec<BackendId>,
}

pub(crate) fn decide(thread: &ThreadEdge, request: &Request<'_>) -> Decision {
    if request.path() == "*" {
        // About the server as a whole (RFC 9110 §9.3.7), which is this one.
        return Decision::Answer(Answer::new(204, "server-options"), None);
    }
    let path = match path::canonical(request.path()) {
        Ok(path) => path,
        Err(error) => {
            thread.refuse("ambiguous-path");
            let detail = format!("The path is not taken: {error}.");
            return Decision::Answer(Answer::problem(&AMBIGUOUS_PATH, &detail), None);
        }
    };
    let (ready, authority) = (thread.ready(), Authority::parse(request.authority()));
    let seen = Seen(request);
    let asked = Asked {
        host: &authority.host,
        path: &path,
        query: request.query(),
        method: request.method(),
        headers: &seen,
    };
    let is_open = ready.port(request.port()).is_none_or(|port| request.is_secure() || !port.is_secured);
    let Some(found) = ready.routes.table.find(request.port(), &asked).filter(|_| is_open) else {
        thread.refuse("no-route");
        let detail = format!("No route leads to {path}. Check its spelling.");
        return Decision::Answer(Answer::problem(&NO_ROUTE, &detail), None);
    };
    let entry = thread.entry(&ready, &found);
    let judging = (&*entry.rule.guarding, &*entry.rule.rule);
    let guarded = match judge(ready.port(request.port()), judging, request, thread.limits()) {
        Ok(guarded) => guarded,
        Err(answer) => return Decision::Answer(*answer, Some(Mark::of(&entry))),
    };
    let mut way =
        Way { thread, request, authority: &authority, found: &found, path, forward: Parts::default() };
    match way.follow(&entry.rule) {
        Ok(leading) => way.forward(&entry, leading, guarded),
        Err(answer) => Decision::Answer(*answer, Some(Mark::of(&entry))),
    }
}

impl Way<'_> {
    /// Takes the steps of the rule, then those of one of its backends.
    fn follow<'rule>(&mut self, rule: &'rule Compiled) -> Result<&'rule Leading, Box<Answer>> {
        self.take(&rule.steps)?;
        let backend = rule
            .chosen(|sum| self.thread.below(sum))
            .ok_or_else(|| broken("the rule has no backend with a weight"))?;
        self.take(&backend.steps)?;
        Ok(backend)
    }

    fn take(&mut self, steps: &[Taken]) -> Result<(), Box<Answer>> {
        for step in steps {
            match step {
                Taken::Request(edits) => self.forward.request.push(edits.clone()),
                Taken::Response(edits) => self.forward.response.push(edits.clone()),
                Taken::Other(step) => self.other(step)?,
            }
        }
        Ok(())
    }

    fn other(&mut self, step: &Step) -> Result<(), Box<Answer>> {
        match step {
            Step::Mirror { target: Target::Service(id), share } if self.is_drawn(*share) => {
                self.forward.mirrors.push(id.clone());
            }
            Step::Rewrite(rewrite) => self.rewrite(rewrite),
            Step::Redirect(redirect) => return Err(Box::new(self.redirected(redirect))),
            Step::Cors(cors) => return self.cors(cors),
            Step::Broken { reason } => return Err(broken(reason)),
            Step::Mirror { .. } | Step::RequestHeaders(_) | Step::ResponseHeaders(_) => {}
        }
        Ok(())
    }

    fn is_drawn(&self, share: Fraction) -> bool {
        let (numerator, denominator) = (u64::from(share.numerator), u64::from(share.denominator));
        numerator > 0 && (numerator >= denominator || self.thread.below(denominator) < numerator)
    }

    fn rewrite(&mut self, rewrite: &Rewrite) {
        if let Some(host) = &rewrite.hostname {
            self.forward.host = Some(host.as_str().into());
        }
        if let Some(change) = &rewrite.path {
            self.path = change.apply(&self.path, self.found.prefix);
        }
    }

    fn redirected(&self, redirect: &Redirect) -> Answer {
        let asked = AskedFor {
            scheme: if self.request.is_secure() { "https" } else { "http" },
            authority: self.authority,
            path: &self.path,
            query: self.request.query(),
            prefix: self.found.prefix,
        };
        match HeaderValue::from_str(&location(redirect, &asked)) {
            Ok(location) => Answer::new(redirect.status, "").header(LOCATION, location),
            Err(_) => Answer::problem(&AMBIGUOUS_PATH, "The address cannot be redirected."),
        }
    }

    fn cors(&mut self, cors: &Cors) -> Result<(), Box<Answer>> {
        let names =
            [header::ORIGIN, header::ACCESS_CONTROL_REQUEST_METHOD, header::ACCESS_CONTROL_REQUEST_HEADERS];
        let headers = some(self.request, &names);
        let method = Method::from_bytes(self.request.method().as_bytes()).unwrap_or(Method::GET);
        if cors::is_preflight(&method, &headers) {
            let shared = cors::preflight(cors, &headers);
            return Err(Box::new(
                each(shared).fold(Answer::new(204, ""), |answer, (name, value)| answer.header(name, value)),
            ));
        }
        self.forward.response_headers.extend(each(cors::answer(cors, &headers)));
        Ok(())
    }

    fn forward(self, entry: &Rc<Entry>, leading: &Leading, guarded: Guarded) -> Decision {
        let Some(leads) = &leading.leads else {
            return Decision::Answer(*broken(&leading.broken), Some(Mark::of(entry)));
        };
        let place = match self.admitted(entry, leads) {
            Ok(place) => place,
            Err(answer) => return Decision::Answer(*answer, Some(Mark::of(entry))),
        };
        let target = match self.request.query() {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.to_string(),
        };
        let timeouts = &entry.rule.rule.timeouts;
        let ready = self.thread.ready();
        let mark = Rc::new(Mark { entry: entry.clone(), place });
        let mut forward = Forward::to(leads.cluster.clone(), target, mark as Rc<dyn Any>);
        forward.client = guarded.client;
        forward.host = self.forward.host;
        forward.request = self.forward.request;
        if !guarded.passed.withheld.is_empty() {
            let edits = guarded.passed.withheld.iter().cloned();
            let edits = edits.fold(HeaderEdits::default(), HeaderEdits::remove);
            forward.withheld = Some(Arc::new(edits));
        }
        forward.request_headers = guarded.passed.request_headers;
        forward.trusts_forwarded = guarded.trusts;
        forward.response = self.forward.response;
        forward.response_headers = self.forward.response_headers;
        forward.response_headers.extend(guarded.passed.response_headers);
        let guarding = &entry.rule.guarding;
        forward.response_defaults = guarding.headers[usize::from(self.request.is_secure())].clone();
        forward.compression = guarding.compressing.as_ref().map(|one| one.of(self.request));
        forward.most_body = Some(guarding.policy.max_body_bytes);
        let retry = &guarding.policy.retry;
        forward.retries = retry.attempts;
        forward.backoff = retry.backoff;
        forward.retry_unreachable = retry.triggers.contains(&RetryTrigger::ConnectFailure);
        forward.retry_reset = retry.triggers.contains(&RetryTrigger::ResetBeforeAnswer);
        // Zero is no bound.
        forward.request_timeout = timeouts.request.filter(|limit| !limit.is_zero());
        forward.attempt_timeout = timeouts.backend_request.filter(|limit| !limit.is_zero());
        forward.attempt_timeout = retry.per_try_timeout.or(forward.attempt_timeout);
        forward.retry_on = guarding.retry_on.clone();
        let mirrored = |id: &BackendId| {
            let Leads { cluster, gate, copies: counts } = self.thread.leads(&ready, id);
            if gate.is_some_and(|gate| !gate.has_room_for_copies()) {
                counts.lost(CopyLost::Overloaded);
                return None;
            }
            Some(Mirrored { cluster, counts })
        };
        forward.mirrors = self.forward.mirrors.iter().filter_map(mirrored).collect();
        Decision::Forward(Box::new(forward))
    }

    /// Asks whether the backend can do with another request.
    fn admitted(&self, entry: &Entry, leads: &Leads) -> Result<Option<Place>, Box<Answer>> {
        let Some(gate) = &leads.gate else { return Ok(None) };
        let priority = entry.rule.guarding.policy.priority;
        gate.ask(priority, self.thread.random(), self.request.came()).map(Some)
    }
}

/// A rule that leads nowhere, or a step that cannot be taken: the document is at fault, and the operator is told.
fn broken(reason: &str) -> Box<Answer> {
    tracing::debug!(reason, "a request cannot be routed");
    Box::new(Answer::problem(&NO_BACKEND, "The route is there, and leads to no service."))
}

fn each(headers: HeaderMap) -> impl Iterator<Item = (http::HeaderName, HeaderValue)> {
    let mut last = None;
    headers.into_iter().filter_map(move |(name, value)| {
        last = name.or_else(|| last.take());
        last.clone().map(|name| (name, value))
    })
}
