//! One request of HTTP/2.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use tradewind_http_validation::head::{self, Framing};

use crate::answer::Answer;
use crate::attempt::{Asking, Attempts, GONE, Stopped};
use crate::edge::{Decision, Forward};
use crate::exchange::Exchange;
use crate::front::http2::Shared;
use crate::front::http2::answer::{AnswerBody, Given, Relay};
use crate::grpc;
use crate::message::field;
use crate::outcome::Outcome;
use crate::request::{Fields, Protocol, Request};
use crate::source::{Broken, Source};
use crate::timer::{Moment, Timer, now};

/// The head of a request, kept until all is done.
pub(crate) struct Kept {
    pub(crate) shared: Rc<Shared>,
    parts: Parts,
    target: String,
    authority: String,
    length: Option<u64>,
    began: Moment,
}

impl Kept {
    /// Takes a head apart, and refuses what has no one meaning.
    fn new(shared: Rc<Shared>, parts: Parts, length: Option<u64>) -> Result<Self, (Box<Self>, Answer)> {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let named = parts.uri.authority().map(http::uri::Authority::as_str);
        let authority = named.or(host).unwrap_or_default().to_owned();
        let hosts = parts.headers.get_all(http::header::HOST).iter().count();
        // RFC 9113 §8.3.1: where both are there, they are to say the same.
        let disagrees = host.zip(named).is_some_and(|(host, named)| !host.eq_ignore_ascii_case(named));
        let refusal = if parts.method == Method::CONNECT {
            Some((
                501,
                "method-not-supported",
                "CONNECT is not supported: this server is not a forward proxy.",
            ))
        } else if hosts > 1 || disagrees || !head::is_host(authority.as_bytes()) {
            Some((400, "bad-host", "The authority must be one host name or address, with an optional port."))
        } else if !(head::is_origin_form(target.as_bytes()) || target == "*") {
            Some((
                400,
                "bad-target",
                "Percent-encode the characters of the target that a URI does not allow.",
            ))
        } else {
            None
        };
        let kept = Self { shared, parts, target, authority, length, began: now() };
        match refusal {
            Some((status, code, detail)) => Err((Box::new(kept), Answer::bad_head(status, code, detail))),
            None => Ok(kept),
        }
    }

    pub(crate) fn request(&self) -> Request<'_> {
        let listener = &self.shared.listener;
        Request {
            method: self.parts.method.as_str(),
            target: &self.target,
            authority: &self.authority,
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
}

/// Answers a request.
pub(crate) async fn answer(shared: Rc<Shared>, request: http::Request<Incoming>) -> Response<AnswerBody> {
    let (parts, body) = request.into_parts();
    let length = body.size_hint().exact();
    let kept = match Kept::new(shared, parts, length) {
        Ok(kept) => kept,
        Err((kept, answer)) => {
            kept.shared.thread.edge.refused(kept.shared.peer, &answer);
            return own(&grpc::told(&answer, &kept.request()));
        }
    };
    let thread = kept.shared.thread.clone();
    let request = kept.request();
    let decision = thread.edge.decide(&request);
    let timer = RefCell::new(Timer::new(thread.settings.timers.answer));
    let never = |_: &mut Context<'_>| Poll::Pending;
    let trailers = request.header("te").is_some_and(|te| te.eq_ignore_ascii_case(b"trailers"))
        || grpc::is_grpc(&request);
    let asking = Asking {
        thread: &thread,
        body_limit: kept.shared.bounds.body,
        timer: &timer,
        request: &request,
        framing: length.map_or(Framing::Chunked, Framing::Sized),
        takes_trailers: trailers,
        names_others: false,
        upgrade: None,
        began: kept.began,
        trace: thread.trace(&request),
        // A stream that is reset drops this future.
        gone: &never,
    };
    match decision {
        Decision::Answer(answer, mark) => {
            thread.edge.finished(&request, &asking.outcome(&answer, true), mark.as_ref());
            own(&grpc::told(&answer, &request))
        }
        Decision::Forward(way) => {
            let most = way.most_body.unwrap_or(thread.settings.limits.body);
            let has_ended = length == Some(0);
            let source = StreamBody { incoming: body, most, taken: 0, has_ended, trailers: Vec::new() };
            let unfinished = Unfinished { asking, mark: way.mark.clone(), is_over: false };
            let forwarded = forward(asking, &way, source).await;
            unfinished.end();
            match forwarded {
                Ok((exchange, outcome, retried)) => {
                    let given = Given { outcome, began: asking.began, retried };
                    Relay::answer(kept, way, exchange, (given, timer.into_inner(), trailers))
                }
                Err((answer, outcome)) => {
                    thread.edge.finished(&request, &outcome, Some(&way.mark));
                    own(&grpc::told(&answer, &request))
                }
            }
        }
    }
}

/// A request whose answer has not begun. Where its stream is reset meanwhile, the edge hears of it all the same.
struct Unfinished<'a> {
    asking: Asking<'a>,
    mark: Rc<dyn std::any::Any>,
    is_over: bool,
}

impl Unfinished<'_> {
    fn end(mut self) {
        self.is_over = true;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let outcome = self.asking.outcome(&Answer::new(GONE, "client-gone"), false);
            self.asking.thread.edge.finished(self.asking.request, &outcome, Some(&self.mark));
        }
    }
}

/// Lets a backend answer: an answer of ours, where none does.
async fn forward(
    asking: Asking<'_>,
    way: &Forward,
    source: StreamBody,
) -> Result<(Exchange<StreamBody>, Outcome, bool), (Answer, Outcome)> {
    let mut attempts = Attempts::new(asking, way, source);
    let stopped = attempts.run().await;
    let of_backend = |outcome| Outcome {
        request_bytes: attempts.taken,
        upstream: attempts.upstream,
        attempts: attempts.count,
        ..outcome
    };
    match stopped {
        Ok(exchange) => {
            let outcome = of_backend(asking.outcome(&Answer::new(exchange.status(), ""), true));
            let retried = attempts.is_decided(&exchange);
            Ok((exchange, outcome, retried))
        }
        Err(stopped) => {
            let answer = match stopped {
                Stopped::Answer(answer) => attempts.marked(answer),
                Stopped::Gone => Answer::new(GONE, "client-gone"),
            };
            let outcome = of_backend(asking.outcome(&answer, true));
            Err((answer, outcome))
        }
    }
}

/// An answer of our own.
fn own(answer: &Answer) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::own(answer.body.clone()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &answer.headers {
        response.headers_mut().append(name, value.clone());
    }
    response
}

/// The body of a request of HTTP/2.
pub(crate) struct StreamBody {
    incoming: Incoming,
    most: u64,
    taken: u64,
    has_ended: bool,
    /// Field lines behind the body.
    trailers: Vec<u8>,
}

impl Source for StreamBody {
    fn poll_more(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<Result<bool, Broken>> {
        let Some(piece) = ready!(self.poll_piece(context))? else { return Poll::Ready(Ok(false)) };
        into.extend_from_slice(&piece);
        Poll::Ready(Ok(true))
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        loop {
            if self.has_ended {
                return Poll::Ready(Ok(None));
            }
            let frame = match ready!(Pin::new(&mut self.incoming).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => return Poll::Ready(Err(Broken::Gone)),
                None => {
                    self.has_ended = true;
                    continue;
                }
            };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(frame) => {
                    let fields = frame.trailers_ref().into_iter().flatten();
                    fields.for_each(|(name, value)| {
                        field(name.as_str().as_bytes(), value.as_bytes(), &mut self.trailers);
                    });
                    continue;
                }
            };
            self.taken += data.len() as u64;
            if self.taken > self.most {
                return Poll::Ready(Err(Broken::TooLarge(self.most)));
            }
            self.has_ended = self.incoming.is_end_stream();
            return Poll::Ready(Ok(Some(data)));
        }
    }

    fn answer_begins(&mut self) {}

    fn taken(&self) -> u64 {
        self.taken
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn trailers(&self) -> &[u8] {
        &self.trailers
    }
}
