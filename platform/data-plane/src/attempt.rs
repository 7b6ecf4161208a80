//! Asks the endpoints of a cluster until one answers.

use std::cell::RefCell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, header};
use tradewind_http_validation::head::Framing;

use crate::answer::Answer;
use crate::answer::{BAD_GATEWAY, SLOW_REQUEST};
use crate::edge::Forward;
use crate::exchange::{Broken, Busy, Exchange, Failure, Source, Upload};
use crate::message::request_head::{self, Making, Sending};
use crate::outcome::{Outcome, Upstream};
use crate::request::Request;
use crate::thread::Thread;
use crate::timer::{Moment, Timer, now};
use crate::trace::TraceParent;
use crate::upstream::cluster::Nobody;
use crate::upstream::connection;
use tradewind_problem::{DEADLINE_EXCEEDED, PAYLOAD_TOO_LARGE, UNAVAILABLE};

/// A request, and who asks.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) thread: &'a Thread,
    pub(crate) timer: &'a RefCell<Timer>,
    pub(crate) request: &'a Request<'a>,
    pub(crate) framing: Framing,
    pub(crate) takes_trailers: bool,
    pub(crate) names_others: bool,
    /// The protocol that the client wants to upgrade to, and may.
    pub(crate) upgrade: Option<&'a str>,
    pub(crate) began: Moment,
    pub(crate) trace: TraceParent,
    /// Ready once the client has gone.
    pub(crate) gone: &'a dyn Fn(&mut Context<'_>) -> Poll<()>,
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
            response_bytes: answer.body.len() as u64,
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
    /// The head and the body, where all of it is here; what is sent again.
    message: Vec<u8>,
    sending: Sending,
    pub(crate) body: Option<S>,
    may_repeat: bool,
    tried: Vec<SocketAddr>,
    pub(crate) count: u32,
    fresh: u32,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) taken: u64,
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

impl<'a, S: Source> Attempts<'a, S> {
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
            may_repeat: is_idempotent,
            tried: Vec::new(),
            count: 0,
            fresh: 0,
            upstream: None,
            taken: 0,
        }
    }

    /// Asks endpoints until one answers: the exchange, and the length of the head in its buffer.
    pub(crate) async fn run(&mut self) -> Result<(Box<Exchange<S>>, usize), Stopped> {
        self.prepare().await?;
        self.way.cluster.deposit();
        loop {
            let (mut exchange, began) = self.begin().await?;
            match self.wait(&mut exchange, began).await {
                Ok(length) if self.is_final(&exchange, began) => return Ok((exchange, length)),
                Ok(_) => self.take_back(*exchange),
                Err(failed) => self.failed(*exchange, failed)?,
            }
        }
    }

    /// Writes the head, and waits for a short body, so that a slow client keeps no backend waiting and the request can
    /// be sent again.
    async fn prepare(&mut self) -> Result<(), Stopped> {
        let Asking { thread, request, framing, .. } = self.asking;
        let making = Making {
            request,
            forward: self.way,
            trace: self.asking.trace,
            sending: self.sending,
            upgrade: self.asking.upgrade,
            takes_trailers: self.asking.takes_trailers,
            names_others: self.asking.names_others,
        };
        request_head::write(making, &mut self.message);
        let limits = &thread.settings.limits;
        let most = self.way.most_body.unwrap_or(limits.body);
        match framing {
            Framing::Sized(0) => {}
            Framing::Sized(length) if length > most => return Err(Stopped::Answer(too_large(most))),
            Framing::Sized(length) if length <= limits.replay as u64 => self.take_body().await?,
            _ => self.may_repeat = false,
        }
        Ok(())
    }

    async fn take_body(&mut self) -> Result<(), Stopped> {
        let Asking { timer, thread, .. } = self.asking;
        let limit = thread.settings.timers.body;
        let (Some(body), message) = (&mut self.body, &mut self.message) else { return Ok(()) };
        timer.borrow_mut().set(limit);
        let taken = poll_fn(|context| {
            loop {
                match body.poll_more(context, message) {
                    Poll::Ready(Ok(true)) => timer.borrow_mut().set(limit),
                    Poll::Ready(Ok(false)) => return Poll::Ready(Ok(())),
                    Poll::Ready(Err(broken)) => return Poll::Ready(Err(Some(broken))),
                    Poll::Pending if timer.borrow_mut().poll(context).is_ready() => {
                        return Poll::Ready(Err(None));
                    }
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
        self.taken = body.taken();
        taken.map_err(|broken| broken.map_or_else(slow_body, stopped_by))
    }

    /// Whether an answer is the one that the client gets. Notes what it says of the endpoint.
    fn is_final(&mut self, exchange: &Exchange<S>, began: Moment) -> bool {
        let now = now();
        let took = now.saturating_duration_since(began);
        if let Some(upstream) = &mut self.upstream {
            upstream.answered = Some(took);
        }
        exchange.busy.0.took(took, now);
        let status = exchange.connection.reader.status();
        self.way.cluster.report(&exchange.busy.0, !matches!(status, 502..=504));
        !(self.way.retry_on.contains(&status) && self.may_repeat && self.may_try_again())
    }

    /// A connection to an endpoint, with the request on its way.
    async fn begin(&mut self) -> Result<(Box<Exchange<S>>, Moment), Stopped> {
        // A first attempt begins when the request does, but for the time that its body took.
        let mut began = if self.taken == 0 { self.asking.began } else { now() };
        loop {
            let endpoint = self.way.cluster.pick(&self.tried).map_err(nobody)?;
            if self.count > 0 {
                began = now();
            }
            self.count += 1;
            let busy = Busy::new(endpoint.clone());
            let settings = &self.way.cluster.settings;
            let thread = self.asking.thread;
            let (connection, connected) = match endpoint.take_idle(began, settings.idle) {
                Some(connection) => (Ok(connection), Duration::ZERO),
                None => {
                    let limits = thread.settings.limits.answer_head;
                    let opened = connection::open(endpoint.address, settings, limits).await;
                    let opened_at = now();
                    let connected = opened_at.saturating_duration_since(began);
                    began = opened_at;
                    (opened, connected)
                }
            };
            self.upstream = Some(Upstream { address: endpoint.address, connected, answered: None });
            match connection {
                Ok(connection) => {
                    let Some(body) = self.body.take() else { return Err(Stopped::Gone) };
                    let is_whole = body.has_ended();
                    let message = std::mem::take(&mut self.message);
                    let upload = Upload::new(body, self.sending, message, is_whole);
                    let buffer = thread.buffers.take();
                    return Ok((Box::new(Exchange::new(busy, connection, buffer, upload)), began));
                }
                Err(error) => {
                    self.way.cluster.report(&endpoint, false);
                    self.tried.push(endpoint.address);
                    tracing::debug!(%error, address = %endpoint.address, "an endpoint cannot be reached");
                    // Nothing was sent: any request may be tried elsewhere.
                    if !self.may_try_again() {
                        return Err(Stopped::Answer(unreachable(&error)));
                    }
                }
            }
        }
    }

    /// Whether there may be another attempt.
    fn may_try_again(&self) -> bool {
        self.count <= self.way.retries && self.way.cluster.withdraw()
    }

    /// Takes the request back out of an exchange, to send it again.
    fn take_back(&mut self, exchange: Exchange<S>) {
        self.tried.push(exchange.busy.0.address);
        self.message = exchange.upload.pending;
        self.body = Some(exchange.upload.source);
        self.asking.thread.buffers.put(exchange.buffer);
    }

    /// An attempt has failed: whether there is another one.
    fn failed(&mut self, exchange: Exchange<S>, failed: Failed) -> Result<(), Stopped> {
        self.taken = self.taken.max(exchange.upload.source.taken());
        let is_ours = !matches!(failed, Failed::Gone | Failed::Because(Failure::Client(_)));
        // One that was unused may have been closed by its peer at the same moment; that says nothing of the peer.
        let is_untouched = matches!(failed, Failed::Because(Failure::Untouched(_)));
        let was_closed = is_untouched && self.upstream.is_some_and(|upstream| upstream.connected.is_zero());
        if is_ours && !was_closed {
            self.way.cluster.report(&exchange.busy.0, false);
        }
        let may = is_untouched && self.may_repeat;
        if may && was_closed && self.fresh < FRESH {
            self.fresh += 1;
            self.count = self.count.saturating_sub(1);
            self.take_back(exchange);
            self.tried.pop();
            return Ok(());
        }
        if may && self.may_try_again() {
            self.take_back(exchange);
            return Ok(());
        }
        self.asking.thread.buffers.put(exchange.buffer);
        self.body = Some(exchange.upload.source);
        Err(match failed {
            Failed::Gone => Stopped::Gone,
            Failed::Slow => Stopped::Answer(slow_answer()),
            Failed::SlowBody => slow_body(),
            Failed::Because(failure) => stopped_by_failure(failure),
        })
    }

    /// Waits for the head of the answer.
    async fn wait(&self, exchange: &mut Exchange<S>, began: Moment) -> Result<usize, Failed> {
        let most = self.asking.thread.settings.limits.interim;
        let mut waiting = Waiting { attempts: self, began, moved: 0, whole: None };
        let mut interim = 0;
        waiting.set(exchange);
        loop {
            let head = poll_fn(|context| waiting.poll(context, exchange)).await?;
            let status = exchange.connection.reader.status();
            if status >= 200 || status == 101 {
                return Ok(head);
            }
            interim += 1;
            if interim > most {
                return Err(Failed::Because(Failure::Interim));
            }
            exchange.skip_interim(head);
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

impl<S: Source> Waiting<'_, S> {
    fn poll(&mut self, context: &mut Context<'_>, exchange: &mut Exchange<S>) -> Poll<Result<usize, Failed>> {
        if let Poll::Ready(head) = exchange.poll_head(context) {
            return Poll::Ready(head.map_err(Failed::Because));
        }
        let is_whole = exchange.upload.is_whole();
        if is_whole && self.whole.is_none() {
            // What went out in one step went out when the attempt began.
            self.whole = Some(if self.moved == 0 { self.began } else { now() });
            self.set(exchange);
        } else if !is_whole && exchange.moved != self.moved {
            self.set(exchange);
        }
        self.moved = exchange.moved;
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
        let phase = match (self.whole, exchange.upload.is_whole()) {
            (Some(whole), _) => whole + answer,
            (None, true) => self.began + answer,
            (None, false) => now() + timers.body,
        };
        let attempt = way.attempt_timeout.map_or(phase, |limit| phase.min(self.began + limit));
        let request = way.request_timeout.map_or(attempt, |limit| attempt.min(asking.began + limit));
        asking.timer.borrow_mut().set_at(request);
    }
}

fn nobody(nobody: Nobody) -> Stopped {
    let answer = match nobody {
        Nobody::Empty => Answer::problem(&UNAVAILABLE, "No instance of the service behind is there.")
            .because("no-endpoint"),
        Nobody::Busy => Answer::problem(&UNAVAILABLE, "The service behind has as much to do as it can.")
            .because("overloaded"),
    };
    Stopped::Answer(answer.header(header::RETRY_AFTER, HeaderValue::from_static("1")))
}

fn too_large(most: u64) -> Answer {
    Answer::problem(&PAYLOAD_TOO_LARGE, &format!("The body must not exceed {most} bytes."))
}

fn slow_body() -> Stopped {
    Stopped::Answer(Answer::problem(&SLOW_REQUEST, "The body of the request took too long to come."))
}

fn slow_answer() -> Answer {
    Answer::problem(&DEADLINE_EXCEEDED, "The service behind took longer than the route lets it.")
        .because("upstream-timeout")
}

fn unreachable(error: &std::io::Error) -> Answer {
    match error.kind() {
        std::io::ErrorKind::TimedOut => slow_answer(),
        _ => Answer::problem(&BAD_GATEWAY, "The service behind cannot be reached.")
            .because("upstream-unreachable"),
    }
}

fn stopped_by(broken: Broken) -> Stopped {
    match broken {
        Broken::Gone => Stopped::Gone,
        Broken::Refused(refusal) => Stopped::Answer(Answer::refusal(&refusal)),
        Broken::TooLarge(most) => Stopped::Answer(too_large(most)),
    }
}

fn stopped_by_failure(failure: Failure) -> Stopped {
    let (reason, detail) = match failure {
        Failure::Client(broken) => return stopped_by(broken),
        Failure::Untouched(error) => {
            tracing::debug!(%error, "a backend closed a connection without an answer");
            ("upstream-reset", "The service behind closed the connection.")
        }
        Failure::Partly => ("upstream-reset", "The service behind broke off within its answer."),
        Failure::Malformed(refusal) => {
            tracing::warn!(reason = %refusal, "a backend gave an answer that is none");
            ("upstream-malformed", "The service behind gave an answer that has no clear meaning.")
        }
        Failure::Interim => ("upstream-malformed", "The service behind gave too many interim answers."),
    };
    Stopped::Answer(Answer::problem(&BAD_GATEWAY, detail).because(reason))
}
