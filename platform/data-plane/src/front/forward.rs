//! Lets a backend answer a request of HTTP/1.

use std::rc::Rc;

use tradewind_http_validation::head::{Framing, Persistence};

use crate::answer::Answer;
use crate::attempt::{Asking, Attempts, GONE, Stopped};
use crate::edge::Forward;
use crate::front::client::{Client, RequestBody};
use crate::front::http1::{Next, answer_at_once};
use crate::front::relay::{self, Relayed, Relaying};
use crate::outcome::Outcome;
use crate::request::Protocol;

/// A request of HTTP/1, and who asks.
pub(crate) struct Asking1<'a> {
    pub(crate) client: &'a Rc<Client>,
    pub(crate) persistence: Persistence,
    /// Whether the connection may carry another request.
    pub(crate) persists: bool,
    pub(crate) asking: Asking<'a>,
}

/// Lets a backend answer.
pub(crate) async fn forward(asking1: &Asking1<'_>, way: &Forward) -> (Next, Outcome) {
    let Asking1 { client, persistence, asking, .. } = asking1;
    let most = way.most_body.unwrap_or(client.thread.settings.limits.body);
    let body = RequestBody::new((*client).clone(), asking.framing, persistence.expects_continue, most);
    let mut attempts = Attempts::new(*asking, way, body);
    let stopped = match attempts.run().await {
        Ok(exchange) => {
            let deadline = way.request_timeout.map(|limit| asking.began + limit);
            let relaying = Relaying { asking1, way, deadline, retried: attempts.is_decided(&exchange) };
            let status = exchange.status();
            let Relayed { next, given, reason, taken } = relay::relay(&relaying, exchange).await;
            let ended = client.last.get();
            let outcome = Outcome {
                status,
                reason,
                request_bytes: taken,
                response_bytes: given,
                duration: ended.saturating_duration_since(asking.began),
                upstream: attempts.upstream,
                attempts: attempts.count,
                trace: asking.trace,
            };
            return (next, outcome);
        }
        Err(stopped) => stopped,
    };
    let (next, mut outcome) = match stopped {
        Stopped::Answer(answer) => {
            let is_safe =
                attempts.taken == 0 || attempts.body.as_ref().is_some_and(|body| body.body.has_ended());
            // Where the body was begun and not ended, what comes next is not the head of a request.
            let whole = is_safe && attempts.body.as_ref().is_some_and(|body| body.body.has_ended());
            answer_at_once(asking1, &attempts.marked(answer), whole, is_safe).await
        }
        Stopped::Gone => (Next::Close, asking.outcome(&Answer::new(GONE, "client-gone"), false)),
    };
    (outcome.upstream, outcome.attempts) = (attempts.upstream, attempts.count);
    outcome.request_bytes = attempts.taken;
    (next, outcome)
}

/// The protocol that the client wants to upgrade to, where it may.
pub(crate) fn upgrade<'a>(
    client: &Client,
    request: &crate::request::Request<'a>,
    persistence: Persistence,
    framing: Framing,
) -> Option<&'a str> {
    let mut fields = 0;
    request.headers("upgrade", &mut |_| fields += 1);
    let may = persistence.upgrade
        && fields == 1
        && framing == Framing::Sized(0)
        && request.method == "GET"
        && request.protocol == Protocol::Http11;
    if !may {
        return None;
    }
    let wanted = std::str::from_utf8(request.header("upgrade")?).ok()?;
    let allowed = &client.thread.settings.upgrades;
    allowed.iter().any(|allowed| wanted.eq_ignore_ascii_case(allowed)).then_some(wanted)
}
