//! Lets a backend answer a request of HTTP/1.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, header};
use tradewind_http_validation::head::{Framing, Persistence};

use crate::answer::Answer;
use crate::edge::Forward;
use crate::exchange::{Broken, Busy, Exchange, Failure, Source, Upload};
use crate::front::client::{Client, RequestBody};
use crate::front::http1::{Next, answer_at_once};
use crate::front::relay::{self, Relayed};
use crate::message::request_head::{self, Making, Sending};
use crate::outcome::{Outcome, Upstream};
use crate::request::Request;
use crate::timer::{Moment, now};
use crate::trace::TraceParent;
use crate::upstream::cluster::Nobody;
use crate::upstream::connection;

/// A request, and who asks.
pub(crate) struct Asking<'a> {
    pub(crate) client: &'a Rc<Client>,
    pub(crate) request: &'a Request<'a>,
    pub(crate) persistence: Persistence,
    pub(crate) framing: Framing,
    pub(crate) persists: bool,
    pub(crate) began: Moment,
    pub(crate) trace: TraceParent,
}

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

/// The status of a request whose client had gone, as nginx counts it.
pub(crate) const GONE: u16 = 499;

/// The methods that may be repeated (RFC 9110 §9.2.2).
const IDEMPOTENT: [&str; 6] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

/// What has been done for a request so far.
struct Attempts<'a> {
    asking: &'a Asking<'a>,
    way: &'a Forward,
    /// The head and the body, where all of it is here; what is sent again.
    message: Vec<u8>,
    sending: Sending,
    body: Option<RequestBody>,
    upgrade: Option<&'a str>,
    may_repeat: bool,
    tried: Vec<SocketAddr>,
    count: u32,
    upstream: Option<Upstream>,
    taken: u64,
}

/// Why a request has no answer of a backend.
enum Stopped {
    /// It is answered by ourselves.
    Answer(Answer),
    /// Nobody is there to be answered.
    Gone,
}

/// Lets a backend answer.
pub(crate) async fn forward(asking: &Asking<'_>, way: &Forward) -> (Next, Outcome) {
    let mut attempts = Attempts::new(asking, way);
    let stopped = match attempts.prepare().await {
        Err(stopped) => stopped,
        Ok(()) => match attempts.run().await {
            Ok((exchange, length)) => return attempts.relay(exchange, length).await,
            Err(stopped) => stopped,
        },
    };
    let (next, mut outcome) = match stopped {
        Stopped::Answer(answer) => {
            let (next, outcome) = answer_at_once(asking, &answer).await;
            // Where the body was begun, what comes next is not the head of a request.
            let is_safe =
                attempts.taken == 0 || attempts.body.as_ref().is_none_or(|body| body.body.has_ended());
            (if next == Next::Another && !is_safe { Next::Linger } else { next }, outcome)
        }
        Stopped::Gone => (Next::Close, asking.outcome(&Answer::new(GONE, "client-gone"), false)),
    };
    (outcome.upstream, outcome.attempts) = (attempts.upstream, attempts.count);
    outcome.request_bytes = attempts.taken;
    (next, outcome)
}

impl<'a> Attempts<'a> {
    fn new(asking: &'a Asking<'a>, way: &'a Forward) -> Self {
        let most = way.most_body.unwrap_or(asking.client.thread.settings.limits.body);
        let expects = asking.persistence.expects_continue;
        let body = RequestBody::new(asking.client.clone(), asking.framing, expects, most);
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
            message: Vec::with_capacity(1024),
            sending,
            body: Some(body),
            upgrade: upgrade(asking),
            may_repeat: is_idempotent,
            tried: Vec::new(),
            count: 0,
            upstream: None,
            taken: 0,
        }
    }

    /// Writes the head, and waits for a short body, so that a slow client keeps no backend waiting and the request can
    /// be sent again.
    async fn prepare(&mut self) -> Result<(), Stopped> {
        let Asking { client, request, persistence, framing, .. } = *self.asking;
        let making = Making {
            request,
            forward: self.way,
            trace: self.asking.trace,
            sending: self.sending,
            upgrade: self.upgrade,
            takes_trailers: persistence.takes_trailers,
            names_others: persistence.names_others,
        };
        request_head::write(making, &mut self.message);
        let settings = &client.thread.settings;
        let most = self.way.most_body.unwrap_or(settings.limits.body);
        match framing {
            Framing::Sized(0) => {}
            Framing::Sized(length) if length > most => return Err(Stopped::Answer(too_large(most))),
            Framing::Sized(length) if length <= settings.limits.replay as u64 => self.take_body().await?,
            _ => self.may_repeat = false,
        }
        Ok(())
    }

    async fn take_body(&mut self) -> Result<(), Stopped> {
        let client = self.asking.client;
        let limit = client.thread.settings.timers.body;
        let (Some(body), message) = (&mut self.body, &mut self.message) else { return Ok(()) };
        client.timer.borrow_mut().set(limit);
        let taken = poll_fn(|context| {
            loop {
                match body.poll_more(context, message) {
                    Poll::Ready(Ok(true)) => client.timer.borrow_mut().set(limit),
                    Poll::Ready(Ok(false)) => return Poll::Ready(Ok(())),
                    Poll::Ready(Err(broken)) => return Poll::Ready(Err(Some(broken))),
                    Poll::Pending if client.timer.borrow_mut().poll(context).is_ready() => {
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

    /// Asks endpoints until one answers.
    async fn run(&mut self) -> Result<(Box<Exchange<RequestBody>>, usize), Stopped> {
        self.way.cluster.deposit();
        loop {
            let mut exchange = self.begin().await?;
            let began = now();
            match self.wait(&mut exchange, began).await {
                Ok(length) => {
                    let took = now().saturating_duration_since(began);
                    if let Some(upstream) = &mut self.upstream {
                        upstream.answered = Some(took);
                    }
                    exchange.busy.0.took(took);
                    let status = exchange.connection.reader.status();
                    let is_well = !matches!(status, 502..=504);
                    self.way.cluster.report(&exchange.busy.0, is_well);
                    if self.way.retry_on.contains(&status) && self.may_try_again() {
                        self.take_back(*exchange);
                        continue;
                    }
                    return Ok((exchange, length));
                }
                Err(failed) => self.failed(*exchange, failed)?,
            }
        }
    }

    /// A connection to an endpoint, with the request on its way.
    async fn begin(&mut self) -> Result<Box<Exchange<RequestBody>>, Stopped> {
        loop {
            let endpoint = self.way.cluster.pick(&self.tried).map_err(nobody)?;
            self.count += 1;
            let began = now();
            let busy = Busy::new(endpoint.clone());
            let settings = &self.way.cluster.settings;
            let limits = self.asking.client.thread.settings.limits.answer_head;
            let (connection, connected) = match endpoint.take_idle(settings.idle) {
                Some(connection) => (Ok(connection), Duration::ZERO),
                None => {
                    let opened = connection::open(endpoint.address, settings, limits).await;
                    (opened, now().saturating_duration_since(began))
                }
            };
            self.upstream = Some(Upstream { address: endpoint.address, connected, answered: None });
            match connection {
                Ok(connection) => {
                    let buffer = self.asking.client.thread.buffers.take();
                    let Some(body) = self.body.take() else { return Err(Stopped::Gone) };
                    let is_whole = body.body.has_ended();
                    let message = std::mem::take(&mut self.message);
                    let upload = Upload::new(body, self.sending, message, is_whole);
                    return Ok(Box::new(Exchange::new(busy, connection, buffer, upload)));
                }
                Err(error) => {
                    self.way.cluster.report(&endpoint, false);
                    self.tried.push(endpoint.address);
                    // Nothing was sent: any request may be tried elsewhere.
                    if !(self.has_tries() && self.way.cluster.withdraw()) {
                        tracing::debug!(%error, address = %endpoint.address, "an endpoint cannot be reached");
                        return Err(Stopped::Answer(unreachable(&error)));
                    }
                }
            }
        }
    }

    fn has_tries(&self) -> bool {
        self.count <= self.way.retries
    }

    /// Whether the request may be sent again, and there is somebody to send it to.
    fn may_try_again(&self) -> bool {
        self.may_repeat && self.has_tries() && self.way.cluster.withdraw()
    }

    /// Takes the request back out of an exchange, to send it again.
    fn take_back(&mut self, exchange: Exchange<RequestBody>) {
        self.tried.push(exchange.busy.0.address);
        self.message = exchange.upload.pending;
        self.body = Some(exchange.upload.source);
        self.asking.client.thread.buffers.put(exchange.buffer);
    }

    /// An attempt has failed: whether there is another one.
    fn failed(&mut self, exchange: Exchange<RequestBody>, failed: Failed) -> Result<(), Stopped> {
        self.taken = exchange.upload.source.taken();
        let is_ours = !matches!(failed, Failed::Gone | Failed::Because(Failure::Client(_)));
        // One that was unused may have been closed by its peer at the same moment; that says nothing of the peer.
        let was_closed = matches!(failed, Failed::Because(Failure::Untouched(_)))
            && self.upstream.is_some_and(|upstream| upstream.connected.is_zero());
        if is_ours && !was_closed {
            self.way.cluster.report(&exchange.busy.0, false);
        }
        let may = match &failed {
            Failed::Because(Failure::Untouched(_)) => self.may_repeat,
            Failed::Because(Failure::Partly) => self.may_repeat && !exchange.is_touched,
            _ => false,
        };
        if may && was_closed && self.count < 8 {
            // Another attempt at the same endpoint, with another connection, is none of the endpoint's doing.
            self.take_back(exchange);
            self.tried.pop();
            self.way_freshly();
            return Ok(());
        }
        if may && self.may_try_again() {
            self.take_back(exchange);
            return Ok(());
        }
        self.asking.client.thread.buffers.put(exchange.buffer);
        self.body = Some(exchange.upload.source);
        Err(match failed {
            Failed::Gone => Stopped::Gone,
            Failed::Slow => Stopped::Answer(slow_answer()),
            Failed::SlowBody => slow_body(),
            Failed::Because(failure) => stopped_by_failure(failure),
        })
    }

    /// Attempts over connections that were closed meanwhile are not counted.
    fn way_freshly(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Waits for the head of the answer.
    async fn wait(&self, exchange: &mut Exchange<RequestBody>, began: Moment) -> Result<usize, Failed> {
        let client = self.asking.client;
        let mut waiting = Waiting { attempts: self, began, moved: 0, whole: None, interim: 0 };
        waiting.set(exchange);
        loop {
            let head = poll_fn(|context| waiting.poll(context, exchange)).await?;
            let status = exchange.connection.reader.status();
            if status >= 200 || status == 101 {
                return Ok(head);
            }
            waiting.interim += 1;
            if waiting.interim > client.thread.settings.limits.interim {
                return Err(Failed::Because(Failure::Interim));
            }
            exchange.skip_interim(head);
        }
    }

    async fn relay(mut self, exchange: Box<Exchange<RequestBody>>, length: usize) -> (Next, Outcome) {
        let request_deadline = self.way.request_timeout.map(|limit| self.asking.began + limit);
        let relaying = relay::Relaying {
            asking: self.asking,
            way: self.way,
            upgrade: self.upgrade,
            deadline: request_deadline,
        };
        let status = exchange.connection.reader.status();
        let Relayed { next, given, reason, taken } = relay::relay(&relaying, exchange, length).await;
        self.taken = taken;
        let outcome = Outcome {
            status,
            reason,
            request_bytes: self.taken,
            response_bytes: given,
            duration: now().saturating_duration_since(self.asking.began),
            upstream: self.upstream,
            attempts: self.count,
            trace: self.asking.trace,
        };
        (next, outcome)
    }
}

/// Why an attempt has failed.
enum Failed {
    Gone,
    Slow,
    SlowBody,
    Because(Failure),
}

/// Waits for a head, and watches the time and the client.
struct Waiting<'a> {
    attempts: &'a Attempts<'a>,
    began: Moment,
    moved: u64,
    /// When the last byte of the request was sent.
    whole: Option<Moment>,
    interim: u32,
}

impl Waiting<'_> {
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        exchange: &mut Exchange<RequestBody>,
    ) -> Poll<Result<usize, Failed>> {
        if let Poll::Ready(head) = exchange.poll_head(context) {
            return Poll::Ready(head.map_err(Failed::Because));
        }
        let is_whole = exchange.upload.is_whole();
        if is_whole && self.whole.is_none() {
            self.whole = Some(now());
            self.set(exchange);
        } else if !is_whole && exchange.moved != self.moved {
            self.set(exchange);
        }
        self.moved = exchange.moved;
        let client = self.attempts.asking.client;
        if is_whole && client.poll_gone(context).is_ready() {
            return Poll::Ready(Err(Failed::Gone));
        }
        if client.timer.borrow_mut().poll(context).is_ready() {
            return Poll::Ready(Err(if is_whole { Failed::Slow } else { Failed::SlowBody }));
        }
        Poll::Pending
    }

    /// Sets the timer to whichever deadline comes first.
    fn set(&self, exchange: &Exchange<RequestBody>) {
        let Attempts { asking, way, .. } = self.attempts;
        let timers = asking.client.thread.settings.timers;
        let phase = match (self.whole, exchange.upload.is_whole()) {
            (Some(whole), _) => whole + way.attempt_timeout.unwrap_or(timers.answer),
            (None, true) => self.began + way.attempt_timeout.unwrap_or(timers.answer),
            (None, false) => now() + timers.body,
        };
        let attempt = way.attempt_timeout.map_or(phase, |limit| phase.min(self.began + limit));
        let request = way.request_timeout.map_or(attempt, |limit| attempt.min(asking.began + limit));
        asking.client.timer.borrow_mut().set_at(request);
    }
}

/// The protocol that the client wants to upgrade to, where it may.
fn upgrade<'a>(asking: &Asking<'a>) -> Option<&'a str> {
    let may =
        asking.persistence.upgrade && asking.framing == Framing::Sized(0) && asking.request.method == "GET";
    if !may {
        return None;
    }
    let wanted = std::str::from_utf8(asking.request.header("upgrade")?).ok()?;
    let allowed = &asking.client.thread.settings.upgrades;
    allowed.iter().any(|allowed| wanted.eq_ignore_ascii_case(allowed)).then_some(wanted)
}

fn nobody(nobody: Nobody) -> Stopped {
    let answer = match nobody {
        Nobody::Empty => Answer::problem(503, "no-endpoint", "No instance of the service behind is there."),
        Nobody::Busy => Answer::problem(503, "overloaded", "The service behind has as much to do as it can."),
    };
    Stopped::Answer(answer.header(header::RETRY_AFTER, HeaderValue::from_static("1")))
}

fn too_large(most: u64) -> Answer {
    Answer::problem(413, "body-too-large", &format!("The body must not exceed {most} bytes."))
}

fn slow_body() -> Stopped {
    Stopped::Answer(Answer::problem(408, "slow-request", "The body of the request took too long to come."))
}

fn slow_answer() -> Answer {
    Answer::problem(504, "upstream-timeout", "The service behind took longer than the route lets it.")
}

fn unreachable(error: &std::io::Error) -> Answer {
    match error.kind() {
        std::io::ErrorKind::TimedOut => slow_answer(),
        _ => Answer::problem(502, "upstream-unreachable", "The service behind cannot be reached."),
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
    let (code, detail) = match failure {
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
    Stopped::Answer(Answer::problem(502, code, detail))
}
