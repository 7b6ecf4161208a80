//! Collects the body of a request before an endpoint is asked.
//!
//! A client that sends slowly keeps no endpoint waiting, and one that breaks off was never heard of there. A body is
//! collected until
//!
//! - it is whole: what was collected is kept then, so that the request can be sent again,
//! - so much of it is here as is kept ([`Limits::replay`](crate::Limits::replay)),
//! - all requests of the thread hold as much as they may ([`Limits::collected`](crate::Limits::collected)), or
//! - it is of unknown length and some time has passed ([`Timers::collect`](crate::Timers::collect)): its client may be
//!   waiting for what the backend says to the beginning.
//!
//! From there on it goes to the endpoint as it comes. What may be a conversation is not collected at all: a request of
//! HTTP/2 without a length that is of gRPC, or whose client takes trailers.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tradewind_http_validation::head::Framing;

use crate::attempt::problems::{slow_body, stopped_by, too_large};
use crate::attempt::{Asking, Attempts, Stopped};
use crate::collected::Part;
use crate::edge::Forward;
use crate::message::chunk;
use crate::message::request_head::{self, Sending};
use crate::message::trailers::{self, Trailers};
use crate::request::Protocol;
use crate::settings::BackendProtocol;
use crate::source::Source;
use crate::timer::{Moment, Timer, now};

impl<S: Source + 'static> Attempts<'_, S> {
    /// Writes the head, collects the body behind it, and sends copies on their way.
    pub(super) async fn prepare(&mut self) -> Result<(), Stopped> {
        if self.is_to_http1() {
            request_head::write(self.making(), &mut self.message);
        }
        let lines = self.line_up();
        let most = self.way.most_body.unwrap_or(self.asking.thread.settings.limits.body);
        match self.asking.framing {
            Framing::Sized(0) => {}
            Framing::Sized(length) if length > most => return Err(Stopped::Answer(too_large(most))),
            Framing::Chunked if self.may_be_a_conversation() => self.is_kept = false,
            Framing::Sized(_) | Framing::Chunked => self.collect().await?,
        }
        self.send_copies(lines);
        Ok(())
    }

    fn is_to_http1(&self) -> bool {
        self.way.cluster.settings.protocol == BackendProtocol::Http1
    }

    /// Whether a body without a length may go on for as long as its answer does.
    fn may_be_a_conversation(&self) -> bool {
        self.asking.takes_trailers && self.asking.request.protocol() == Protocol::Http2
    }

    async fn collect(&mut self) -> Result<(), Stopped> {
        // How long a chunk is stands before it.
        let in_chunks = self.sending == Sending::Chunked && self.is_to_http1();
        let (mut data, mut collecting) = (Vec::new(), Collecting::new(self.asking, self.way));
        let (Some(body), message) = (&mut self.body, &mut self.message) else { return Ok(()) };
        let into = if in_chunks { &mut data } else { &mut *message };
        let collected = poll_fn(|context| collecting.poll(context, body, into)).await;
        (self.has_waited, self.taken) = (collecting.seen.is_some(), body.taken());
        collected?;
        self.is_kept = body.has_ended();
        if in_chunks && !data.is_empty() {
            chunk(&data, message);
        }
        if in_chunks && self.is_kept {
            trailers::end(Trailers::Section(body.trailers()), message);
        }
        Ok(())
    }
}

/// Takes a body, and says when to wait for it no longer.
struct Collecting<'a> {
    timer: &'a RefCell<Timer>,
    /// Bytes of the body that are enough.
    most: u64,
    /// What is here of it, among what the thread holds.
    part: Part<'a>,
    most_of_all: usize,
    /// The longest pause between two pieces.
    pause: Duration,
    /// When the answer has to be whole.
    deadline: Option<Moment>,
    /// When it is to go on as it is.
    patience: Option<Moment>,
    /// How much was here when it was waited for last; none where that was never necessary.
    seen: Option<u64>,
    /// Whether the timer is set to the end of patience.
    is_patience: bool,
}

impl<'a> Collecting<'a> {
    fn new(asking: Asking<'a>, way: &Forward) -> Self {
        let (timers, limits) = (&asking.thread.settings.timers, &asking.thread.settings.limits);
        let is_of_unknown_length = asking.framing == Framing::Chunked;
        Self {
            timer: asking.timer,
            most: limits.replay as u64,
            part: asking.thread.collected.part(),
            most_of_all: limits.collected,
            pause: asking.body_limit,
            deadline: way.request_timeout.map(|limit| asking.began + limit),
            patience: is_of_unknown_length.then(|| asking.began + timers.collect),
            seen: None,
            is_patience: false,
        }
    }

    /// Ready once the body is whole or enough of it is here.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        body: &mut impl Source,
        into: &mut Vec<u8>,
    ) -> Poll<Result<(), Stopped>> {
        while !body.has_ended() && body.taken() < self.most {
            match body.poll_more(context, into) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) => break,
                Poll::Ready(Err(broken)) => return Poll::Ready(Err(stopped_by(broken))),
                Poll::Pending => return self.wait(context, body.taken()),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits for more than is here, as far as there is room and time. What comes at once needs neither.
    fn wait(&mut self, context: &mut Context<'_>, taken: u64) -> Poll<Result<(), Stopped>> {
        if self.seen != Some(taken) {
            self.seen = Some(taken);
            let bytes = usize::try_from(taken).unwrap_or(usize::MAX);
            if !self.part.is_now(bytes, self.most_of_all) {
                return Poll::Ready(Ok(()));
            }
            self.set();
        }
        ready!(self.timer.borrow_mut().poll(context));
        Poll::Ready(if self.is_patience { Ok(()) } else { Err(slow_body()) })
    }

    /// Sets the timer to whichever moment comes first.
    fn set(&mut self) {
        let pause = now() + self.pause;
        let deadline = self.deadline.map_or(pause, |deadline| pause.min(deadline));
        let patience = self.patience.filter(|patience| *patience < deadline);
        self.is_patience = patience.is_some();
        self.timer.borrow_mut().set_at(patience.unwrap_or(deadline));
    }
}
