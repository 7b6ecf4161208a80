//! The answer to a request of HTTP/2.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Frame, SizeHint};

use crate::edge::Forward;
use crate::exchange::Exchange;
use crate::front::http2::request::{Kept, StreamBody};
use crate::message::answer_head::passing;
use crate::outcome::Outcome;
use crate::timer::{Moment, Timer, now};

/// Data that goes on in one step, in bytes.
const STEP: usize = 32 * 1024;

/// The body of an answer.
pub(crate) struct AnswerBody(State);

enum State {
    Own(Option<Bytes>),
    Relay(Box<Relay>),
}

/// The answer of a backend.
pub(crate) struct Relay {
    kept: Kept,
    way: Box<Forward>,
    exchange: Option<Exchange<StreamBody>>,
    timer: Timer,
    limit: Duration,
    deadline: Option<Moment>,
    takes_trailers: bool,
    has_ended: bool,
    /// What had moved when the timer was set.
    moved: u64,
    given: Given,
}

/// What came of the request so far.
pub(crate) struct Given {
    pub(crate) outcome: Outcome,
    pub(crate) began: Moment,
    /// Whether the client is a hop that is to hear that further tries were decided about.
    pub(crate) retried: bool,
}

impl AnswerBody {
    pub(crate) fn own(body: Bytes) -> Self {
        Self(State::Own(Some(body).filter(|body| !body.is_empty())))
    }
}

impl Relay {
    /// The answer whose head is here.
    pub(crate) fn answer(
        kept: Kept,
        way: Box<Forward>,
        exchange: Exchange<StreamBody>,
        (mut given, timer, takes_trailers): (Given, Timer, bool),
    ) -> Response<AnswerBody> {
        let to_head = kept.request().method == "HEAD";
        let compression = way.compression.as_ref();
        let (coded, mut exchange) = exchange.coded(compression, to_head, &kept.shared.thread.compressing);
        let mut head = Response::new(());
        *head.status_mut() = StatusCode::from_u16(exchange.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        // Copied, or the buffer of the connection would be kept as long as the head is (hyperium/hyper #4060).
        passing(exchange.fields(), (&way, given.retried), coded, &mut |name, value| {
            let pair = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value));
            if let (Ok(name), Ok(value)) = pair {
                head.headers_mut().append(name, value);
            }
        });
        if let Some(length) = exchange.content_length().filter(|_| exchange.status() != 204) {
            head.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
        }
        given.outcome.status = exchange.status();
        let thread = &kept.shared.thread;
        exchange.begin_body(to_head, STEP as u64, &thread.buffers);
        let limit = thread.settings.timers.body;
        let deadline = way.request_timeout.map(|limit| given.began + limit);
        let mut relay = Self {
            kept,
            way,
            exchange: Some(exchange),
            timer,
            limit,
            deadline,
            takes_trailers,
            has_ended: false,
            moved: 0,
            given,
        };
        relay.set();
        relay.finish_empty();
        head.map(|()| AnswerBody(State::Relay(Box::new(relay))))
    }

    fn set(&mut self) {
        self.moved = self.exchange.as_ref().map_or(0, Exchange::moved);
        let phase = now() + self.limit;
        self.timer.set_at(self.deadline.map_or(phase, |deadline| phase.min(deadline)));
    }

    /// An answer without a body is whole with its head.
    fn finish_empty(&mut self) {
        let is_whole = |exchange: &Exchange<_>| exchange.has_ended() && exchange.ends_with_answer();
        if self.exchange.as_ref().is_some_and(is_whole) {
            self.finish(None);
            self.has_ended = true;
        }
    }

    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let Some(exchange) = &mut self.exchange else { return Poll::Ready(None) };
        let data = match exchange.poll_data(context) {
            Poll::Ready(data) => data,
            Poll::Pending => {
                while self.timer.poll(context).is_ready() {
                    // What the client sends counts, too, though nobody is told of it.
                    let has_moved = self.exchange.as_ref().is_some_and(|one| one.moved() != self.moved);
                    if !has_moved || self.deadline.is_some_and(|deadline| deadline <= now()) {
                        return Poll::Ready(Some(Err(self.cut("too-slow"))));
                    }
                    self.set();
                }
                return Poll::Pending;
            }
        };
        match data {
            Ok(0) => {
                let trailers = self.takes_trailers.then(|| exchange.trailer_map()).flatten();
                self.finish(None);
                self.has_ended = true;
                Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
            }
            Ok(count) => {
                let data = exchange.take(count);
                self.given.outcome.response_bytes += count as u64;
                self.set();
                self.end_with_data();
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Err(_) => Poll::Ready(Some(Err(self.cut("upstream-cut")))),
        }
    }

    /// What was the last data is known at once where the length was; no frame of its own says so then.
    fn end_with_data(&mut self) {
        let Some(exchange) = &self.exchange else { return };
        let has_trailers = exchange.trailer_map().is_some();
        if exchange.has_ended() && !has_trailers && exchange.ends_with_answer() {
            self.finish(None);
            self.has_ended = true;
        }
    }

    fn cut(&mut self, reason: &'static str) -> Cut {
        self.finish(Some(reason));
        self.has_ended = true;
        Cut
    }

    /// Keeps what can be used again, and says what came of the request.
    fn finish(&mut self, reason: Option<&'static str>) {
        let Some(exchange) = self.exchange.take() else { return };
        let thread = &self.kept.shared.thread;
        if reason.is_none() {
            exchange.keep(&thread.buffers, now(), self.way.cluster.settings.most_idle);
        }
        let outcome = &mut self.given.outcome;
        outcome.reason = reason;
        outcome.duration = now().saturating_duration_since(self.given.began);
        thread.edge.finished(&self.kept.request(), outcome, Some(&self.way.mark));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // The client has reset the stream, or gone.
        self.finish(Some("client-gone"));
    }
}

/// An answer is not whole; its stream is reset.
#[derive(Debug)]
pub(crate) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the answer of the backend is not whole")
    }
}

impl std::error::Error for Cut {}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match &mut self.0 {
            State::Own(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            State::Relay(relay) => relay.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            State::Own(body) => body.is_none(),
            State::Relay(relay) => relay.has_ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            State::Own(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            State::Relay(_) => SizeHint::default(),
        }
    }
}
