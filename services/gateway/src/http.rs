//! Door: canonical path, rule, policies, steps, backend.

use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{Method, Request, Response};
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_client::{Body, Peer};
use tradewind_http_validation::path;
use tradewind_problem::{DEADLINE_EXCEEDED, Problem};
use tradewind_routing::{Asked, Backend, Found, Rule};

use crate::admit::{Gatekeeper, fits, too_large};
use crate::domain::authority::Authority;
use crate::domain::share;
use crate::error::{AMBIGUOUS_PATH, NO_ROUTE};
use crate::policies::{Admitted, Compressing, Waiting};
use crate::routes::{PORT, no_backend};
use crate::state::Gateway;
use crate::steps::Way;
use crate::{forward, mirror};

pub(crate) fn edge() -> Routes<Gateway> {
    Routes::new().otherwise(route)
}

async fn route(gateway: Arc<Gateway>, call: Call) -> Result<Reply, Problem> {
    let path = path::canonical(call.uri().path())
        .map_err(|error| Problem::new(&AMBIGUOUS_PATH).detail(format!("The path is not taken: {error}.")))?;
    let live = gateway.live();
    let named = named(&call).to_owned();
    let authority = Authority::parse(&named);
    let asked = Asked {
        host: &authority.host,
        path: &path,
        query: call.uri().query(),
        method: call.method().as_str(),
        headers: call.headers(),
    };
    let Some(found) = live.table.find(PORT, &asked) else {
        return Err(Problem::new(&NO_ROUTE).detail(format!("No route leads to {path}. Check its spelling.")));
    };
    let label = found.template.to_string();
    let keeper = Gatekeeper { gateway: &gateway, live: &live };
    let reply = match keeper.admit(found.rule, &call, &named) {
        Ok(admitted) => {
            answered(keeper, call, (&found, &admitted), Way::new(path.clone()), &authority).await?
        }
        Err(refused) => *refused,
    };
    Ok(reply.label(label))
}

/// Takes the steps of the rule, then those of one of its backends, and asks that one.
async fn answered<'table>(
    keeper: Gatekeeper<'table>,
    call: Call,
    (found, admitted): (&Found<'table>, &Admitted),
    mut way: Way<'table>,
    authority: &Authority,
) -> Result<Reply, Problem> {
    if let Some(reply) = way.take(&found.rule.steps, found, &call, authority)? {
        return Ok(reply);
    }
    let backend = chosen(found.rule, &call)?;
    if let Some(reply) = way.take(&backend.steps, found, &call, authority)? {
        return Ok(reply);
    }
    let peer = keeper.live.peer(&backend.target)?;
    fits(&call, admitted)?;
    let waiting = match keeper.room(&backend.target, &call, admitted) {
        Ok(waiting) => waiting,
        Err(refused) => return Ok(*refused),
    };
    let scope = call.scope().clone();
    let to_head = call.method() == Method::HEAD;
    let limit = limit(found.rule, &call);
    let asking = Asking { keeper, peer, waiting, limit };
    let mut response = asking.ask(call, (&way, admitted)).await?;
    way.change_response(response.headers_mut());
    admitted.change_response(response.headers_mut());
    let compressing = Compressing { to_head, places: &keeper.gateway.compressed, scope: &scope };
    Ok(Reply::forward(compressing.apply(response, admitted.compression.as_ref())))
}

/// How a request goes to a backend.
struct Asking<'a> {
    keeper: Gatekeeper<'a>,
    peer: &'a Peer,
    waiting: Option<Arc<Waiting>>,
    limit: Duration,
}

impl Asking<'_> {
    async fn ask(&self, call: Call, with: (&Way<'_>, &Admitted)) -> Result<Response<Body>, Problem> {
        let clock = call.clock().clone();
        let asking = async {
            let (live, copies) = (self.keeper.live, &self.keeper.gateway.copies);
            let (request, ready) = mirror::copied((live, copies), call, with, self.limit).await?;
            mirror::send(ready);
            self.send(request, with.1.most_body).await
        };
        let Ok(response) = clock.timeout(self.limit, asking).await else {
            self.waiting.iter().for_each(|waiting| waiting.timed_out());
            let detail = "The service behind took longer than the route lets it.";
            return Err(Problem::new(&DEADLINE_EXCEEDED).detail(detail));
        };
        let response = forward::response(response?);
        self.waiting.iter().for_each(|waiting| waiting.answered(response.status().as_u16()));
        Ok(response)
    }

    /// Sends a request whose body may have so many bytes.
    async fn send(&self, request: Request<Body>, most: u64) -> Result<Response<Body>, Problem> {
        let (parts, body) = request.into_parts();
        let waiting = self.waiting.as_ref().map(Arc::downgrade).unwrap_or_default();
        let (body, watch) = body.watched(most, move || {
            waiting.upgrade().iter().for_each(|waiting| waiting.sent());
        });
        let sent = self.peer.send(Request::from_parts(parts, body)).await;
        if watch.is_too_long() { Err(too_large(most)) } else { sent }
    }
}

/// Whom a request is for: of HTTP/2 its target says so, of HTTP/1.1 the header `Host` (RFC 9110 §7.2).
fn named(call: &Call) -> &str {
    let target = call.uri().authority().map(http::uri::Authority::as_str);
    let header = || call.headers().get(HOST).and_then(|value| value.to_str().ok());
    target.or_else(header).unwrap_or_default()
}

/// One of the backends of a rule, each as often as its weight says.
fn chosen<'table>(rule: &'table Rule, call: &Call) -> Result<&'table Backend, Problem> {
    let weights = || rule.backends.iter().map(|backend| backend.weight);
    let chosen = match share::sum(weights()) {
        0 => None,
        // What is certain need not be drawn.
        sum if rule.backends.len() == 1 => share::fallen_on(weights(), sum - 1),
        sum => share::fallen_on(weights(), call.entropy().below(sum)),
    };
    chosen
        .and_then(|index| rule.backends.get(index))
        .ok_or_else(|| no_backend("the rule has no backend with a weight"))
}

/// How long the service behind may take: as the rule says, and never longer than the caller waits.
fn limit(rule: &Rule, call: &Call) -> Duration {
    let remaining = call.deadline().remaining(call.clock());
    let bounds = [rule.timeouts.request, rule.timeouts.backend_request].into_iter().flatten();
    // Zero is no bound.
    bounds.filter(|bound| !bound.is_zero()).fold(remaining, Duration::min)
}
