//! Door: canonical path, rule, steps, backend.

use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_http_validation::path;
use tradewind_problem::{DEADLINE_EXCEEDED, Problem};
use tradewind_routing::{Asked, Backend, Found, Rule};

use crate::domain::authority::Authority;
use crate::domain::places::Places;
use crate::domain::share;
use crate::error::{AMBIGUOUS_PATH, NO_ROUTE};
use crate::routes::{Live, PORT, no_backend};
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
    let authority = authority(&call);
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
    let reply = answered((&live, &gateway.copies), call, &found, Way::new(path.clone()), &authority).await?;
    Ok(reply.label(label))
}

/// Takes the steps of the rule, then those of one of its backends, and asks that one.
async fn answered<'table>(
    (live, copies): (&'table Live, &Places),
    call: Call,
    found: &Found<'table>,
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
    let peer = live.peer(&backend.target)?;
    let limit = limit(found.rule, &call);
    let clock = call.clock().clone();
    let asking = async {
        let (request, ready) = mirror::copied((live, copies), call, &way, limit).await?;
        mirror::send(ready);
        peer.send(request).await
    };
    let Ok(response) = clock.timeout(limit, asking).await else {
        return Err(
            Problem::new(&DEADLINE_EXCEEDED).detail("The service behind took longer than the route lets it.")
        );
    };
    let mut response = forward::response(response?);
    way.change_response(response.headers_mut());
    Ok(Reply::forward(response))
}

/// Whom a request is for: of HTTP/2 its target says so, of HTTP/1.1 the header `Host` (RFC 9110 §7.2).
fn authority(call: &Call) -> Authority {
    let target = call.uri().authority().map(http::uri::Authority::as_str);
    let header = || call.headers().get(HOST).and_then(|value| value.to_str().ok());
    Authority::parse(target.or_else(header).unwrap_or_default())
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
