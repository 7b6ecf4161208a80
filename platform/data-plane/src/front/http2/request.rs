//! One request of HTTP/2.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, header};
use tradewind_http_validation::head::{self, Framing};

use crate::answer::{Answer, BAD_GATEWAY};
use crate::attempt::early::Early;
use crate::attempt::{Asking, Attempts, GONE, Stopped};
use crate::edge::{Decision, Forward};
use crate::exchange::Exchange;
use crate::front::http2::Shared;
use crate::front::http2::answer::{Relaying, relay};
use crate::front::http2::connection::Stream;
use crate::front::http2::own::give;
use crate::front::http2::parts::Inbox;
use crate::front::http2::upload::StreamBody;
use crate::grpc;
use crate::outcome::Outcome;
use crate::request::{Fields, Protocol, Request};
use crate::thread::Thread;
use crate::timer::{Moment, Timer, now};

/// The head of a request.
struct Head<'a> {
    shared: &'a Shared,
    parts: Parts,
    length: Option<u64>,
    began: Moment,
}

impl Head<'_> {
    fn target(&self) -> &str {
        self.parts.uri.path_and_query().map_or("/", PathAndQuery::as_str)
    }

    fn host(&self) -> Option<&str> {
        self.parts.headers.get(header::HOST).and_then(|host| host.to_str().ok())
    }

    fn authority(&self) -> &str {
        let named = self.parts.uri.authority().map(http::uri::Authority::as_str);
        named.or_else(|| self.host()).unwrap_or_default()
    }

    /// Refuses what has no one meaning.
    fn check(&self) -> Result<(), Answer> {
        let (authority, target) = (self.authority(), self.target());
        let limits = &self.shared.bounds.head;
        let hosts = self.parts.headers.get_all(header::HOST).iter().count();
        // RFC 9113 §8.3.1: where both are there, they are to say the same.
        let disagrees = self.host().is_some_and(|host| !host.eq_ignore_ascii_case(authority));
        let (status, code, detail) = if self.parts.method == Method::CONNECT {
            (501, "method-not-supported", "CONNECT is not supported: this server is not a forward proxy.")
        } else if hosts > 1 || disagrees || !head::is_host(authority.as_bytes()) {
            (400, "bad-host", "The authority must be one host name or address, with an optional port.")
        } else if !(head::is_origin_form(target.as_bytes()) || target == "*") {
            (400, "bad-target", "Percent-encode the characters of the target that a URI does not allow.")
        } else if target.len() > limits.max_target_bytes {
            (414, "target-too-long", "Send a shorter target.")
        } else if self.parts.headers.len() > limits.max_headers {
            (431, "too-many-headers", "Send fewer header fields.")
        } else {
            return Ok(());
        };
        Err(Answer::bad_head(status, code, detail))
    }

    fn request(&self) -> Request<'_> {
        let listener = &self.shared.listener;
        Request {
            method: self.parts.method.as_str(),
            target: self.target(),
            authority: self.authority(),
            fields: Fields::Map(&self.parts.headers),
            body: self.length,
            protocol: Protocol::Http2,
            peer: self.shared.peer,
            port: listener.port.unwrap_or(listener.address.port()),
            is_secure: listener.tls.is_some(),
            server_name: self.shared.server_name.as_deref(),
            came: self.shared.thread.day_time.of(self.began),
        }
    }

    fn asking<'a>(
        &'a self,
        request: &'a Request<'a>,
        timer: &'a RefCell<Timer>,
        gone: &'a dyn Fn(&mut Context<'_>) -> Poll<()>,
        early: &'a dyn Early,
    ) -> Asking<'a> {
        let thread = &self.shared.thread;
        Asking {
            thread,
            body_limit: self.shared.bounds.body,
            timer,
            request,
            framing: self.length.map_or(Framing::Chunked, Framing::Sized),
            takes_trailers: request.header("te").is_some_and(|te| te.eq_ignore_ascii_case(b"trailers"))
                || grpc::is_grpc(request),
            names_others: false,
            upgrade: None,
            began: self.began,
            trace: thread.trace(request),
            gone,
            early: Some(early),
        }
    }
}

/// The length of a body, where it is known.
fn length(parts: &Parts, body: &RecvStream) -> Option<u64> {
    if body.is_end_stream() {
        return Some(0);
    }
    let mut lengths = parts.headers.get_all(header::CONTENT_LENGTH).iter();
    let first = lengths.next()?;
    // Of several that differ nobody knows which one is meant; where the body ends says HTTP/2 itself.
    let length = first.to_str().ok().filter(|length| length.bytes().all(|byte| byte.is_ascii_digit()))?;
    length.parse().ok().filter(|_| lengths.all(|length| length == first))
}

/// Answers the requests of streams, one after the other.
pub(crate) async fn serve(shared: Rc<Shared>, inbox: Rc<Inbox<Stream>>, timer: Timer) {
    let timer = RefCell::new(timer);
    loop {
        let Stream { request, respond, began } = inbox.next().await;
        let (parts, body) = request.into_parts();
        let length = length(&parts, &body);
        let head = Head { shared: &shared, parts, length, began };
        let (request, thread, respond) = (head.request(), &*shared.thread, RefCell::new(respond));
        if let Err(answer) = head.check() {
            thread.edge.refused(request.peer, &answer);
            give(&mut respond.borrow_mut(), &answer, &request);
            continue;
        }
        let is_asked = Cell::new(false);
        let gone = |context: &mut Context<'_>| {
            is_asked.set(true);
            respond.borrow_mut().poll_reset(context).map(drop)
        };
        let asking = head.asking(&request, &timer, &gone, &respond);
        match thread.edge.decide(&request) {
            Decision::Answer(answer, mark) => {
                thread.edge.finished(&request, &asking.outcome(&answer, true), mark.as_ref());
                give(&mut respond.borrow_mut(), &answer, &request);
            }
            Decision::Forward(way) => {
                let most = way.most_body.unwrap_or(thread.settings.limits.body);
                let account = Account::new(&asking, &way.mark);
                let mut attempts = Attempts::new(asking, &way, StreamBody::new(body, most));
                let write_limit = shared.bounds.write;
                let giving = Giving { respond: &respond, is_asked: &is_asked, write_limit };
                forward(&asking, &mut attempts, &way, (&giving, &account)).await;
            }
        }
    }
}

/// What came of a request that is forwarded. It is told when this is dropped: also when the client has reset the stream,
/// or its connection has ended.
pub(crate) struct Account<'a> {
    thread: &'a Thread,
    request: &'a Request<'a>,
    mark: &'a Rc<dyn Any>,
    began: Moment,
    outcome: RefCell<Outcome>,
}

impl<'a> Account<'a> {
    fn new(asking: &Asking<'a>, mark: &'a Rc<dyn Any>) -> Self {
        let outcome = asking.outcome(&Answer::new(GONE, "client-gone"), true);
        let Asking { thread, request, began, .. } = *asking;
        Self { thread, request, mark, began, outcome: RefCell::new(outcome) }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Outcome)) {
        change(&mut self.outcome.borrow_mut());
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        self.change(|outcome| outcome.duration = now().saturating_duration_since(self.began));
        self.thread.edge.finished(self.request, &self.outcome.borrow(), Some(self.mark));
    }
}

/// How the client is given its answer.
struct Giving<'a> {
    respond: &'a RefCell<SendResponse<Bytes>>,
    /// Whether it was asked for whether the client has gone.
    is_asked: &'a Cell<bool>,
    /// While the client takes nothing.
    write_limit: Duration,
}

/// Lets a backend answer.
async fn forward(
    asking: &Asking<'_>,
    attempts: &mut Attempts<'_, StreamBody>,
    way: &Forward,
    (giving, account): (&Giving<'_>, &Account<'_>),
) {
    let answered = answered(asking, attempts, giving.is_asked).await;
    account.change(|outcome| {
        outcome.request_bytes = attempts.taken;
        (outcome.upstream, outcome.attempts) = (attempts.upstream, attempts.count);
    });
    let stopped = match answered {
        Ok(exchange) if exchange.status() == 101 => {
            // Nobody has asked for it, and HTTP/2 has no such thing (RFC 9113 §8.6).
            let detail = "The service behind changed the protocol without being asked.";
            Err(Stopped::Answer(Answer::problem(&BAD_GATEWAY, detail).because("upstream-malformed")))
        }
        answered => answered,
    };
    match stopped {
        Ok(exchange) => {
            let (retried, write_limit) = (attempts.is_decided(&exchange), giving.write_limit);
            let relaying = Relaying { asking, way, account, retried, write_limit };
            relay(&relaying, exchange, giving.respond).await;
        }
        Err(Stopped::Answer(answer)) => {
            let answer = attempts.marked(answer);
            let own = asking.outcome(&answer, true);
            account.change(|outcome| {
                (outcome.status, outcome.reason) = (own.status, own.reason);
                outcome.response_bytes = own.response_bytes;
            });
            give(&mut giving.respond.borrow_mut(), &answer, asking.request);
        }
        Err(Stopped::Gone) => {}
    }
}

/// Waits for the head of an answer, as long as the client does.
async fn answered(
    asking: &Asking<'_>,
    attempts: &mut Attempts<'_, StreamBody>,
    is_asked: &Cell<bool>,
) -> Result<Exchange<StreamBody>, Stopped> {
    let mut running = std::pin::pin!(attempts.run());
    std::future::poll_fn(|context| {
        is_asked.set(false);
        match running.as_mut().poll(context) {
            // Most of the time it was asked for already.
            Poll::Pending if !is_asked.get() => (asking.gone)(context).map(|()| Err(Stopped::Gone)),
            polled => polled,
        }
    })
    .await
}
