//! A connection of HTTP/2: the protocol and all its streams, in one task.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::server::{Connection, Handshake, SendResponse};
use h2::{Reason, RecvStream};
use http::Request;
use tokio::sync::futures::Notified;

use crate::bounds::Bounds;
use crate::door::Door;
use crate::front::http2::parts::{Bell, Called, Inbox, Streams};
use crate::front::http2::wire::{Handle, Wire};
use crate::thread::Thread;
use crate::timer::{Alarm, Deadline, Deadlines, Moment, Timer, now};

/// The parts of a connection besides its streams, which have the numbers behind.
const PROTOCOL: usize = 0;
const ALARM: usize = 1;
const STOPPING: usize = 2;
const STREAMS: usize = 3;

/// How often the parts are looked at before other connections have their turn.
const ROUNDS: usize = 8;

/// How far the protocol is.
pub(crate) enum Protocol {
    /// The client has not said that it speaks HTTP/2.
    Greeting(Handshake<Handle, Bytes>),
    Open(Connection<Handle, Bytes>),
    /// It has ended, and what is left to be written is.
    Over,
}

/// A stream whose request has come.
pub(crate) struct Stream {
    pub(crate) request: Request<RecvStream>,
    pub(crate) respond: SendResponse<Bytes>,
    /// When it came.
    pub(crate) began: Moment,
}

/// A connection. `M` makes the future `F` of a place for streams.
pub(crate) struct Serving<'a, F, M> {
    thread: &'a Thread,
    door: &'a Door,
    bounds: &'a Bounds,
    wire: Rc<RefCell<Wire>>,
    protocol: Protocol,
    streams: Streams<Stream, F, M>,
    called: Arc<Called>,
    /// The parts that are looked at.
    parts: Vec<usize>,
    bells: [Bell; STREAMS],
    alarm: Alarm,
    /// What the alarm was last set to.
    alarm_at: Moment,
    deadlines: Rc<Deadlines>,
    /// When a connection that waits is closed, or one that takes nothing.
    idle: Rc<Deadline>,
    stuck: Rc<Deadline>,
    /// When one that is to end has to have ended.
    end: Rc<Deadline>,
    stopping: Option<Pin<Box<Notified<'a>>>>,
    /// When it is too old for further requests.
    age: Rc<Deadline>,
    /// Requests so far.
    requests: u32,
    /// It takes no further requests by its own bounds.
    is_leaving: bool,
    now: Moment,
}

impl<'a, F, M> Serving<'a, F, M>
where
    F: Future<Output = ()>,
    M: FnMut(Rc<Inbox<Stream>>, Timer) -> F,
{
    pub(crate) fn new(
        (thread, door, bounds): (&'a Thread, &'a Door, &'a Bounds),
        wire: Rc<RefCell<Wire>>,
        protocol: Protocol,
        (make, stopping): (M, Pin<Box<Notified<'a>>>),
    ) -> Self {
        let (called, now) = (Arc::<Called>::default(), now());
        let deadlines = Rc::new(Deadlines::new(now));
        let bells = [PROTOCOL, ALARM, STOPPING].map(|part| Bell::new(&called, part));
        bells.iter().for_each(Bell::ring);
        let idle = deadlines.add(PROTOCOL);
        deadlines.set(&idle, now + bounds.idle);
        let age = deadlines.add(PROTOCOL);
        if let Some(of_age) = bounds.age.and_then(|age| now.checked_add(age)) {
            deadlines.set(&age, of_age);
        }
        Self {
            thread,
            door,
            bounds,
            wire,
            protocol,
            streams: Streams::new(&called, &deadlines, STREAMS, make),
            parts: Vec::new(),
            bells,
            alarm: Alarm::new(deadlines.next()),
            alarm_at: deadlines.next(),
            idle,
            stuck: deadlines.add(PROTOCOL),
            end: deadlines.add(PROTOCOL),
            deadlines,
            called,
            stopping: Some(stopping),
            age,
            requests: 0,
            is_leaving: false,
            now,
        }
    }

    /// Looks at all parts that were called. Ready once the connection has ended.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.now = now();
        self.called.begin();
        self.wire.borrow_mut().begin(self.now);
        for _ in 0..ROUNDS {
            let mut parts = std::mem::take(&mut self.parts);
            self.called.take(&mut parts);
            let has_none = parts.is_empty();
            parts.iter().filter(|&&part| part >= STREAMS).for_each(|&part| self.streams.poll(part));
            let is_over = parts.iter().any(|&part| part < STREAMS && self.look(part).is_ready());
            self.parts = parts;
            if is_over {
                return Poll::Ready(());
            }
            if has_none {
                break;
            }
        }
        if self.flush().is_ready() {
            return Poll::Ready(());
        }
        self.streams.shrink();
        self.set_alarm();
        self.called.rest(context.waker());
        Poll::Pending
    }

    fn waker(&self, part: usize) -> Waker {
        self.bells.get(part).map_or_else(|| Waker::noop().clone(), |bell| bell.hear().clone())
    }

    /// Looks at a part that is no stream. Ready: the connection is to end at once.
    fn look(&mut self, part: usize) -> Poll<()> {
        let waker = self.waker(part);
        let context = &mut Context::from_waker(&waker);
        match part {
            ALARM => {
                if self.alarm.poll(context).is_ready() {
                    // Later than the moment of the call, maybe; what is over must not be missed.
                    self.now = now();
                    self.pass();
                }
                Poll::Pending
            }
            STOPPING => {
                let stopping = &mut self.stopping;
                let is_stopping = stopping.as_mut().is_some_and(|stopping| {
                    self.door.is_stopping.get() || stopping.as_mut().poll(context).is_ready()
                });
                if is_stopping {
                    self.stopping = None;
                    self.deadlines.set(&self.end, self.now + self.thread.settings.timers.drain);
                    self.bells.iter().for_each(Bell::ring);
                }
                Poll::Pending
            }
            _ => self.poll_protocol(context),
        }
    }

    /// Calls the parts whose deadlines are over.
    fn pass(&mut self) {
        let Self { deadlines, bells, streams, .. } = self;
        deadlines.pass(self.now, |part| match bells.get(part) {
            Some(bell) => bell.ring(),
            None => streams.ring(part),
        });
    }

    /// Sets the timer of the runtime where a deadline is earlier, and waits for it.
    fn set_alarm(&mut self) {
        let next = self.deadlines.next();
        if next != self.alarm_at {
            self.alarm_at = next;
            self.alarm.set_at(next);
            let waker = self.waker(ALARM);
            if self.alarm.poll(&mut Context::from_waker(&waker)).is_ready() {
                waker.wake();
            }
        }
    }

    /// Reads and writes frames, and begins streams.
    fn poll_protocol(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_too_late() {
            return Poll::Ready(());
        }
        if self.deadlines.is_over(&self.age) {
            self.age.clear();
            self.is_leaving = true;
        }
        loop {
            match &mut self.protocol {
                Protocol::Greeting(handshake) => match Pin::new(handshake).poll(context) {
                    Poll::Ready(Ok(connection)) => self.protocol = Protocol::Open(connection),
                    Poll::Ready(Err(_)) => self.end(),
                    Poll::Pending => return Poll::Pending,
                },
                Protocol::Open(connection) => {
                    if self.is_leaving || self.stopping.is_none() {
                        connection.graceful_shutdown();
                    }
                    match connection.poll_accept(context) {
                        Poll::Ready(Some(Ok((request, respond)))) => {
                            self.streams.add(Stream { request, respond, began: self.now });
                            self.requests = self.requests.saturating_add(1);
                            self.is_leaving |= self.requests >= self.bounds.requests;
                        }
                        // How it ended is of no use to anybody: clients go as they like.
                        Poll::Ready(Some(Err(_)) | None) => self.end(),
                        Poll::Pending => return Poll::Pending,
                    }
                }
                Protocol::Over => return Poll::Pending,
            }
        }
    }

    /// Whether the connection has nothing to wait for any more. One that nobody uses is told so.
    fn is_too_late(&mut self) -> bool {
        if self.deadlines.is_over(&self.end) || self.deadlines.is_over(&self.stuck) {
            return true;
        }
        if self.deadlines.is_over(&self.idle) {
            let limit = self.bounds.idle;
            let moved = self.wire.borrow().moved() + limit;
            if !self.streams.is_empty() {
                self.deadlines.set(&self.idle, self.now + limit);
            } else if moved > self.now {
                self.deadlines.set(&self.idle, moved);
            } else if let Protocol::Open(connection) = &mut self.protocol {
                self.idle.clear();
                connection.abrupt_shutdown(Reason::NO_ERROR);
            } else {
                return true;
            }
        }
        false
    }

    /// The protocol has ended. What it has said last may still be read.
    fn end(&mut self) {
        self.streams.clear();
        self.protocol = Protocol::Over;
        self.deadlines.set(&self.end, self.now + self.thread.settings.timers.linger);
    }

    /// Writes what the streams and the protocol had to say. Ready: the connection is to end at once.
    fn flush(&mut self) -> Poll<()> {
        // Not heard: a call that came meanwhile is to be looked at.
        let waker = self.bells.first().map_or(Waker::noop(), Bell::waker);
        let mut wire = self.wire.borrow_mut();
        let flushed = wire.poll_flush(&mut Context::from_waker(waker));
        match wire.stuck() {
            Some(since) => self.deadlines.set(&self.stuck, since + self.bounds.write),
            None => self.stuck.clear(),
        }
        let is_over = matches!(self.protocol, Protocol::Over);
        match flushed {
            Poll::Ready(flushed) if is_over || flushed.is_err() => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}
