//! Asks the endpoints of a cluster until one answers.

mod again;
mod begin;
mod chain;
mod collect;
mod copy;
pub(crate) mod early;
mod problems;

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use tradewind_edge::balance::{Picked, Places};
use tradewind_edge::trace::Traceparent;
use tradewind_http_validation::head::Framing;

use crate::answer::Answer;
use crate::attempt::early::{EARLY_HINTS, Early};
use crate::attempt::problems::{slow_answer, slow_body, stopped_by_failure};
use crate::edge::Forward;
use crate::exchange::Exchange;
use crate::grpc;
use crate::message::request_head::{Making, Sending};
use crate::outcome::{Answered, Outcome, Upstream};
use crate::request::Request;
use crate::source::{Failure, Source};
use crate::thread::Thread;
use crate::timer::{Moment, Timer, now};
use crate::upstream::affinity::Affinity;
use crate::upstream::standing::Report;

/// A request, and who asks.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) thread: &'a Thread,
    /// The longest pause between two pieces of the request's body.
    pub(crate) body_limit: Duration,
    pub(crate) timer: &'a RefCell<Timer>,
    pub(crate) request: &'a Request<'a>,
    pub(crate) framing: Framing,
    pub(crate) takes_trailers: bool,
    pub(crate) names_others: bool,
    /// The protocol that the client wants to upgrade to, and may.
    pub(crate) upgrade: Option<&'a str>,
    pub(crate) began: Moment,
    pub(crate) trace: Traceparent,
    /// Ready once the client has gone.
    pub(crate) gone: &'a dyn Fn(&mut Context<'_>) -> Poll<()>,
    /// Takes hints; none where the client knows none.
    pub(crate) early: Option<&'a dyn Early>,
}

/// The status of a request whose client had gone, as nginx counts it.
pub(crate) const GONE: u16 = 499;

/// The methods that may be repeated (RFC 9110 §9.2.2).
const IDEMPOTENT: [&str; 6] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

/// Attempts over connections that were closed meanwhile; each takes one such connection out of the list.
const FRESH: u32 = 8;

impl Asking<'_> {
    /// What came of a request that was answered by ourselves.
    pub(crate) fn outcome(&self, answer: &Answer, is_there: bool) -> Outcome {
        Outcome {
            status: if is_there { answer.status } else { GONE },
            reason: Some(answer.reason).filter(|reason| !reason.is_empty()),
            request_bytes: 0,
            response_bytes: grpc::told_bytes(answer, self.request),
            duration: now().saturating_duration_since(self.began),
            upstream: None,
            attempts: 0,
            trace: self.trace,
        }
    }
}

/// What has been done for a request so far.
pub(crate) struct Attempts<'a, S> {
    asking: Asking<'a>,
    way: &'a Forward,
    /// What was collected of the body, behind the head of HTTP/1. With all of the body it is what is sent again.
    message: Vec<u8>,
    sending: Sending,
    pub(crate) body: Option<S>,
    is_idempotent: bool,
    /// Whether all that was taken of the body is here.
    is_kept: bool,
    /// Places of endpoints that were asked.
    tried: Places,
    /// Where the request belongs, if the cluster has such a thing.
    affinity: Option<Affinity>,
    pub(crate) count: u32,
    /// Before the next attempt.
    pause: Duration,
    fresh: u32,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) taken: u64,
    /// Whether the body was waited for, so that some time has passed.
    has_waited: bool,
}

/// Why a request has no answer of a backend.
pub(crate) enum Stopped {
    /// It is answered by ourselves.
    Answer(Answer),
    /// Nobody is there to be answered.
    Gone,
}

/// Why an attempt has failed.
enum Failed {
    Gone,
    Slow,
    SlowBody,
    Because(Failure),
}

impl<'a, S: Source + 'static> Attempts<'a, S> {
    pub(crate) fn new(asking: Asking<'a>, way: &'a Forward, body: S) -> Self {
        let has_length = asking.request.header("content-length").is_some();
        let sending = match asking.framing {
            Framing::Sized(0) if !has_length => Sending::Nothing,
            Framing::Sized(length) => Sending::Sized(length),
            Framing::Chunked => Sending::Chunked,
        };
        let is_idempotent =
            IDEMPOTENT.contains(&asking.request.method) || asking.request.header("idempotency-key").is_some();
        Self {
            asking,
            way,
            message: asking.thread.buffers.message(),
            sending,
            body: Some(body),
            is_idempotent,
            is_kept: true,
            tried: Places::NONE,
            affinity: way.affinity(asking.request),
            count: 0,
            pause: Duration::ZERO,
            fresh: 0,
            upstream: None,
            taken: 0,
            has_waited: false,
        }
    }

    /// Asks endpoints until one answers: the exchange whose head is here.
    pub(crate) async fn run(&mut self) -> Result<Exchange<S>, Stopped> {
        self.prepare().await?;
        self.way.cluster.deposit(self.asking.began);
        if self.is_kept {
            self.asking.thread.edge.sent(&self.way.mark);
        }
        loop {
            let (mut exchange, began) = self.begin().await?;
            match self.wait(&mut exchange, began).await {
                Ok(whole) if self.is_final(&exchange, began) => {
                    self.tell(exchange.status(), (began, whole));
                    return Ok(exchange);
                }
                Ok(_) => {
                    self.take_back(exchange);
                }
                Err(failed) => self.failed(exchange, failed, began)?,
            }
        }
    }

    fn making(&self) -> Making<'a> {
        Making {
            request: self.asking.request,
            forward: self.way,
            trace: self.asking.trace,
            sending: self.sending,
            upgrade: self.asking.upgrade,
            takes_trailers: self.asking.takes_trailers,
            names_others: self.asking.names_others,
            retries: self.would_try_again(),
        }
    }

    /// Whether an answer is the one that the client gets. Notes what it says of the endpoint.
    fn is_final(&mut self, exchange: &Exchange<S>, began: Moment) -> bool {
        let now = now();
        let took = now.saturating_duration_since(began);
        if let Some(upstream) = &mut self.upstream {
            upstream.answered = Some(took);
        }
        let status = exchange.status();
        let report = Report { took, is_well: !matches!(status, 502..=504) };
        self.way.cluster.report(exchange.busy().picked, report, now);
        let may_repeat = self.is_idempotent && self.is_kept;
        let is_retried = self.way.retry_on.contains(&status) && !Self::is_marked(exchange);
        if is_retried && may_repeat && self.may_try_again() {
            return false;
        }
        if let Some(affinity) = &self.affinity {
            self.way.keep(affinity, &exchange.busy().endpoint, self.asking.request.is_secure);
        }
        true
    }

    /// Tells the edge that the head is here.
    fn tell(&self, status: u16, (began, whole): (Moment, Moment)) {
        let Asking { thread, .. } = self.asking;
        let answered = began + self.upstream.and_then(|upstream| upstream.answered).unwrap_or_default();
        let took = answered.saturating_duration_since(whole);
        let (at, _) = thread.day_time.of(answered);
        thread.edge.answered(&Answered { status, took, at }, &self.way.mark);
    }

    fn report_failure(&self, picked: Picked, began: Moment) {
        let now = now();
        let report = Report { took: now.saturating_duration_since(began), is_well: false };
        self.way.cluster.report(picked, report, now);
    }

    /// Takes the request back out of an exchange, to send it again where all that was taken of it is here.
    fn take_back(&mut self, exchange: Exchange<S>) -> bool {
        self.tried = self.tried.with(exchange.busy().picked.place());
        let (message, source) = exchange.take_back(&self.asking.thread.buffers);
        let is_kept = message.is_some();
        self.message = message.unwrap_or_default();
        self.body = source;
        is_kept
    }

    /// An attempt has failed: whether there is another one.
    fn failed(&mut self, exchange: Exchange<S>, failed: Failed, began: Moment) -> Result<(), Stopped> {
        self.taken = self.taken.max(exchange.taken().0);
        let was_there = self.upstream.is_some_and(|upstream| upstream.connected.is_zero());
        // One that was unused may have been closed by its peer at the same moment; that says nothing of the peer.
        let (may, was_closed, says_something) = match &failed {
            Failed::Because(Failure::Unprocessed { is_closing }) => (true, *is_closing, false),
            Failed::Because(Failure::Untouched(_)) => {
                (self.is_idempotent && self.is_kept, was_there, !was_there)
            }
            Failed::Gone | Failed::Because(Failure::Client(_)) => (false, false, false),
            _ => (false, false, true),
        };
        let picked = exchange.busy().picked;
        if says_something {
            self.report_failure(picked, began);
        }
        if matches!(failed, Failed::Slow) {
            exchange.gave_up(began);
        }
        let is_kept = self.take_back(exchange);
        if may && is_kept && was_closed && self.fresh < FRESH {
            self.fresh += 1;
            self.count = self.count.saturating_sub(1);
            self.tried = self.tried.without(picked.place());
            return Ok(());
        }
        let is_reset = matches!(failed, Failed::Because(Failure::Untouched(_)));
        if may && is_kept && (self.way.retry_reset || !is_reset) && self.may_try_again() {
            return Ok(());
        }
        Err(match failed {
            Failed::Gone => Stopped::Gone,
            Failed::Slow => Stopped::Answer(slow_answer()),
            Failed::SlowBody => slow_body(),
            Failed::Because(failure) => stopped_by_failure(failure),
        })
    }

    /// Waits for the head of the answer, and says when the request was whole.
    async fn wait(&self, exchange: &mut Exchange<S>, began: Moment) -> Result<Moment, Failed> {
        let most = self.asking.thread.settings.limits.interim;
        let mut waiting = Waiting { attempts: self, began, moved: 0, whole: None };
        let mut interim = 0;
        waiting.set(exchange);
        loop {
            poll_fn(|context| waiting.poll(context, exchange)).await?;
            let status = exchange.status();
            if status >= 200 || status == 101 {
                return Ok(waiting.whole.unwrap_or(began));
            }
            interim += 1;
            if interim > most {
                return Err(Failed::Because(Failure::Interim));
            }
            if status == EARLY_HINTS {
                // Apart, since it is rare: what is waited for is moved with each request.
                Box::pin(self.hint(exchange)).await?;
                waiting.set(exchange);
            }
            exchange.skip_interim();
        }
    }
}

/// Waits for a head, and watches the time and the client.
struct Waiting<'a, S> {
    attempts: &'a Attempts<'a, S>,
    began: Moment,
    moved: u64,
    /// When the last byte of the request was sent.
    whole: Option<Moment>,
}

impl<S: Source + 'static> Waiting<'_, S> {
    fn poll(&mut self, context: &mut Context<'_>, exchange: &mut Exchange<S>) -> Poll<Result<(), Failed>> {
        if let Poll::Ready(head) = exchange.poll_head(context) {
            return Poll::Ready(head.map_err(Failed::Because));
        }
        let is_whole = exchange.is_upload_whole();
        if is_whole && self.whole.is_none() {
            // What went out in one step went out when the attempt began.
            self.whole = Some(if self.moved == 0 { self.began } else { now() });
            self.set(exchange);
            if !self.attempts.is_kept {
                self.attempts.asking.thread.edge.sent(&self.attempts.way.mark);
            }
        } else if !is_whole && exchange.moved() != self.moved {
            self.set(exchange);
        }
        self.moved = exchange.moved();
        let asking = &self.attempts.asking;
        if is_whole && (asking.gone)(context).is_ready() {
            return Poll::Ready(Err(Failed::Gone));
        }
        if asking.timer.borrow_mut().poll(context).is_ready() {
            return Poll::Ready(Err(if is_whole { Failed::Slow } else { Failed::SlowBody }));
        }
        Poll::Pending
    }

    /// Sets the timer to whichever deadline comes first.
    fn set(&self, exchange: &Exchange<S>) {
        let Attempts { asking, way, .. } = self.attempts;
        let timers = asking.thread.settings.timers;
        let answer = way.attempt_timeout.unwrap_or(timers.answer);
        let phase = match (self.whole, exchange.is_upload_whole()) {
            (Some(whole), _) => whole + answer,
            (None, true) => self.began + answer,
            (None, false) => now() + asking.body_limit,
        };
        let attempt = way.attempt_timeout.map_or(phase, |limit| phase.min(self.began + limit));
        let request = way.request_timeout.map_or(attempt, |limit| attempt.min(asking.began + limit));
        asking.timer.borrow_mut().set_at(request);
    }
}
