//! The connection of a client that speaks HTTP/1, and the body of its request.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tradewind_http_validation::head::Framing;

use crate::attempt::early::{Early, Shown};
use crate::bounds::Bounds;
use crate::buffer::Buffer;
use crate::copied::Feeds;
use crate::door::Door;
use crate::io::Io;
use crate::message::answer_head::status_line;
use crate::message::body::{Body, Part};
use crate::message::field;
use crate::source::{Broken, Source};
use crate::thread::Thread;
use crate::timer::{Moment, Timer, now};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

const ALL_OF_IT: usize = CONTINUE.len();

/// The connection of a client.
pub(crate) struct Client {
    pub(crate) thread: Rc<Thread>,
    pub(crate) listener: Rc<Door>,
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) io: Io,
    /// What has come and is not used up.
    pub(crate) buffer: RefCell<Buffer>,
    pub(crate) timer: RefCell<Timer>,
    /// When something was noticed last: the clock is not asked for each phase.
    pub(crate) last: Cell<Moment>,
    pub(crate) peer: SocketAddr,
    pub(crate) server_name: Option<String>,
    opened: Moment,
    /// Requests so far.
    requests: Cell<u32>,
}

impl Client {
    pub(crate) fn new(
        (thread, listener, bounds): (Rc<Thread>, Rc<Door>, Arc<Bounds>),
        io: Io,
        peer: SocketAddr,
        server_name: Option<String>,
    ) -> Self {
        let timer = RefCell::new(Timer::new(bounds.idle));
        let opened = now();
        Self {
            thread,
            listener,
            bounds,
            io,
            buffer: RefCell::default(),
            timer,
            last: Cell::new(opened),
            peer,
            server_name,
            opened,
            requests: Cell::new(0),
        }
    }

    /// Counts a request, and says whether there may be another one after it.
    pub(crate) fn may_go_on(&self, now: Moment) -> bool {
        let count = self.requests.get().saturating_add(1);
        self.requests.set(count);
        let is_young = self.bounds.age.is_none_or(|age| now.saturating_duration_since(self.opened) < age);
        is_young && count < self.bounds.requests
    }

    /// Until when it waits for a request. One that came of age gets a farewell: its client may be sending one.
    pub(crate) fn idle_until(&self) -> Moment {
        let idle = self.last.get() + self.bounds.idle;
        let of_age = self.bounds.age.and_then(|age| self.opened.checked_add(age));
        let farewell = self.thread.settings.timers.farewell;
        of_age.map_or(idle, |of_age| idle.min(of_age.max(self.last.get()) + farewell))
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.listener.tls.is_some()
    }

    /// Reads into the buffer, which gets storage if it has none.
    pub(crate) fn poll_read(&self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut buffer = self.buffer.borrow_mut();
        if buffer.room().is_empty() {
            if buffer.is_empty() {
                *buffer = self.thread.buffers.take();
            } else {
                self.thread.buffers.enlarge(&mut buffer);
                if buffer.room().is_empty() {
                    // A head longer than usual buffers: its reader bounds it.
                    buffer.double();
                }
            }
        }
        let read = self.io.poll_read(context, &mut buffer);
        if read.is_pending() && buffer.is_empty() {
            // The system may call a connection readable before it has said anything. It is to wait without storage.
            self.thread.buffers.put(std::mem::take(&mut buffer));
        }
        read
    }

    /// Gives the storage of an empty buffer back: connections that wait for a request have none.
    pub(crate) fn release(&self) {
        let mut buffer = self.buffer.borrow_mut();
        if buffer.is_empty() {
            self.thread.buffers.put(std::mem::take(&mut buffer));
        }
    }

    /// Writes all of it, each piece within so long.
    pub(crate) async fn write_all(&self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        let (mut written, mut is_timed) = (0, false);
        poll_fn(|context| {
            while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
                match self.io.poll_write(context, rest) {
                    Poll::Ready(count) => {
                        written += count?;
                        is_timed = false;
                    }
                    // Most of what is written is taken at once, and needs no timer.
                    Poll::Pending if !std::mem::replace(&mut is_timed, true) => {
                        self.timer.borrow_mut().set(limit);
                    }
                    Poll::Pending if self.timer.borrow_mut().poll(context).is_ready() => {
                        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                    }
                    Poll::Pending => return Poll::Pending,
                }
            }
            self.io.poll_flush(context)
        })
        .await
    }

    /// Whether the client has gone, as far as is known. What comes meanwhile is kept for later.
    ///
    /// One that shuts its side and waits looks the same, and is taken for gone, as by most servers: a backend is not to
    /// work for clients that have given up.
    pub(crate) fn poll_gone(&self, context: &mut Context<'_>) -> Poll<()> {
        while self.buffer.borrow().is_empty() {
            if ready!(self.io.poll_readable(context)).is_err() {
                return Poll::Ready(());
            }
            match ready!(self.poll_read(context)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {}
            }
        }
        Poll::Pending
    }
}

impl Early for Client {
    fn give(&self, fields: Shown<'_>) -> Vec<u8> {
        let mut head = Vec::with_capacity(512);
        status_line(103, b"", &mut head);
        fields(&mut |name, value| field(name, value, &mut head));
        head.extend_from_slice(b"\r\n");
        head
    }

    fn poll_write(&self, context: &mut Context<'_>, rest: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write(context, rest)
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_flush(context)
    }
}

/// The body of a request of HTTP/1.
pub(crate) struct RequestBody {
    client: Rc<Client>,
    pub(crate) body: Body,
    /// What of `100 Continue` is to be written before the body is waited for.
    invitation: &'static [u8],
    most: u64,
    taken: u64,
    feeds: Feeds,
}

impl RequestBody {
    pub(crate) fn new(client: Rc<Client>, framing: Framing, is_expecting: bool, most: u64) -> Self {
        let body = Body::of_request(framing);
        let invitation = if is_expecting && !body.has_ended() { CONTINUE } else { &[] };
        Self { client, body, invitation, most, taken: 0, feeds: Feeds::default() }
    }

    /// Uses up what has come of the body, and says whether that was all of it.
    pub(crate) fn skip(&mut self) -> bool {
        let mut buffer = self.client.buffer.borrow_mut();
        while !self.body.has_ended() && !buffer.is_empty() {
            match self.body.part(buffer.filled()) {
                Ok(Part::Data(count) | Part::Skip(count)) => buffer.consume(count),
                Err(_) => return false,
            }
        }
        self.body.has_ended()
    }

    /// Moves what has come of the body.
    fn take(&mut self, into: &mut Vec<u8>) -> Result<usize, Broken> {
        let mut buffer = self.client.buffer.borrow_mut();
        let (mut moved, before) = (0, into.len());
        while !self.body.has_ended() && !buffer.is_empty() {
            let part = self.body.part(buffer.filled()).map_err(Broken::Refused)?;
            let (Part::Data(count) | Part::Skip(count)) = part;
            if let Part::Data(count) = part {
                moved += count;
                into.extend_from_slice(buffer.filled().get(..count).unwrap_or_default());
            }
            buffer.consume(count);
        }
        self.taken += moved as u64;
        if self.taken > self.most {
            return Err(Broken::TooLarge(self.most));
        }
        self.feeds.push(into.get(before..).unwrap_or_default());
        if self.body.has_ended() {
            self.feeds.end(self.body.trailers());
        }
        Ok(moved)
    }
}

impl Source for RequestBody {
    fn poll_more(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<Result<bool, Broken>> {
        loop {
            if self.take(into)? > 0 {
                return Poll::Ready(Ok(true));
            }
            if self.body.has_ended() {
                return Poll::Ready(Ok(false));
            }
            while !self.invitation.is_empty() {
                let Ok(count) = ready!(self.client.io.poll_write(context, self.invitation)) else {
                    return Poll::Ready(Err(Broken::Gone));
                };
                self.invitation = self.invitation.get(count..).unwrap_or_default();
            }
            match ready!(self.client.poll_read(context)) {
                Ok(0) | Err(_) => return Poll::Ready(Err(Broken::Gone)),
                // Who sends unasked needs no invitation.
                Ok(_) => self.invitation = &[],
            }
        }
    }

    fn answer_begins(&mut self) {
        if self.invitation.len() == CONTINUE.len() {
            self.invitation = &[];
        }
    }

    fn may_interrupt(&self) -> bool {
        matches!(self.invitation.len(), 0 | ALL_OF_IT)
    }

    fn taken(&self) -> u64 {
        self.taken
    }

    fn has_ended(&self) -> bool {
        self.body.has_ended()
    }

    fn trailers(&self) -> &[u8] {
        self.body.trailers()
    }

    fn copy_to(&mut self, feeds: Feeds) {
        self.feeds = feeds;
    }
}
