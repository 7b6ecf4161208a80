//! One request to one endpoint, and its answer.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tradewind_http_validation::head::Refusal;

use crate::buffer::Buffer;
use crate::io::Io;
use crate::message::body::{Body, Part};
use crate::message::request_head::Sending;
use crate::message::{chunk_size, trailers};
use crate::upstream::connection::Connection;
use crate::upstream::endpoint::Endpoint;

/// Where the body of a request comes from.
pub(crate) trait Source {
    /// Appends some more of it; false once there is no more.
    fn poll_more(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<Result<bool, Broken>>;

    /// The answer has begun: nothing may be said to the client before it any more.
    fn answer_begins(&mut self);

    /// Bytes of the body that were taken so far.
    fn taken(&self) -> u64;

    /// Whether all of the body was taken.
    fn has_ended(&self) -> bool;

    /// The fields behind it, once it has ended.
    fn trailers(&self) -> &[u8];
}

/// Why the body of a request cannot be had.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The client has gone, or its connection is broken.
    Gone,
    /// What it sends is no body.
    Refused(Refusal),
    /// It sends more than it may.
    TooLarge(u64),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client's part.
    Client(Broken),
    /// The connection ended before a byte of the answer had come.
    Untouched(io::Error),
    /// The connection ended within the answer.
    Partly,
    /// What came is no answer.
    Malformed(Refusal),
    /// More interim answers than anybody needs.
    Interim,
}

/// Counts a request of an endpoint as long as it is under way.
pub(crate) struct Busy(pub(crate) Rc<Endpoint>);

impl Busy {
    pub(crate) fn new(endpoint: Rc<Endpoint>) -> Self {
        endpoint.in_flight.set(endpoint.in_flight.get() + 1);
        Self(endpoint)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get().saturating_sub(1));
    }
}

/// What goes to the endpoint.
pub(crate) struct Upload<S> {
    pub(crate) source: S,
    sending: Sending,
    /// The head, and what of the body is not written yet.
    pub(crate) pending: Vec<u8>,
    written: usize,
    scratch: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    More,
    LastPending,
    Whole,
    /// The endpoint takes no more. It may have answered all the same.
    Cut,
}

impl<S: Source> Upload<S> {
    /// An upload whose `pending` has the head and as much of the body as is there; `is_whole` if that is all of it.
    pub(crate) fn new(source: S, sending: Sending, pending: Vec<u8>, is_whole: bool) -> Self {
        let state = if is_whole { State::LastPending } else { State::More };
        Self { source, sending, pending, written: 0, scratch: Vec::new(), state }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.state == State::Whole
    }

    /// Writes until there is nothing to write or the endpoint takes no more for now. The bytes moved are counted.
    fn poll(&mut self, context: &mut Context<'_>, io: &Io, moved: &mut u64) -> Poll<Result<(), Broken>> {
        loop {
            while let Some(rest) = self.pending.get(self.written..).filter(|rest| !rest.is_empty()) {
                match ready!(io.poll_write(context, rest)) {
                    Ok(count) => {
                        self.written += count;
                        *moved += count as u64;
                    }
                    Err(_) => {
                        self.state = State::Cut;
                        self.written = self.pending.len();
                        return Poll::Ready(Ok(()));
                    }
                }
            }
            match self.state {
                State::More => ready!(self.poll_more(context))?,
                State::LastPending => {
                    if ready!(io.poll_flush(context)).is_ok() {
                        self.state = State::Whole;
                    } else {
                        self.state = State::Cut;
                    }
                }
                State::Whole | State::Cut => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Puts some more of the body in the place of what was written.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.scratch.clear();
        let has_more = ready!(self.source.poll_more(context, &mut self.scratch))?;
        self.pending.clear();
        self.written = 0;
        match self.sending {
            Sending::Chunked if !self.scratch.is_empty() => {
                chunk_size(self.scratch.len(), &mut self.pending);
                self.pending.extend_from_slice(&self.scratch);
                self.pending.extend_from_slice(b"\r\n");
            }
            _ => std::mem::swap(&mut self.pending, &mut self.scratch),
        }
        if !has_more {
            if self.sending == Sending::Chunked {
                trailers::end(self.source.trailers(), &mut self.pending);
            }
            self.state = State::LastPending;
        }
        Poll::Ready(Ok(()))
    }
}

/// One request under way to one endpoint.
pub(crate) struct Exchange<S> {
    pub(crate) busy: Busy,
    pub(crate) connection: Connection,
    /// What has come of the answer and is not used up.
    pub(crate) buffer: Buffer,
    pub(crate) upload: Upload<S>,
    pub(crate) body: Body,
    /// Whether a byte of the answer has come.
    pub(crate) is_touched: bool,
    /// Bytes moved either way, for who watches whether anything moves.
    pub(crate) moved: u64,
}

impl<S: Source> Exchange<S> {
    pub(crate) fn new(busy: Busy, mut connection: Connection, buffer: Buffer, upload: Upload<S>) -> Self {
        connection.reader.reset();
        Self { busy, connection, buffer, upload, body: Body::Ended(Vec::new()), is_touched: false, moved: 0 }
    }

    /// Sends, and waits for the head of the answer: its length in the buffer. The body is to be set by whoever reads it.
    pub(crate) fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Failure>> {
        self.poll_upload(context)?;
        loop {
            if !self.buffer.is_empty() {
                match self.connection.reader.read(self.buffer.filled()) {
                    Ok(None) => {}
                    Ok(Some(length)) => {
                        self.upload.source.answer_begins();
                        return Poll::Ready(Ok(length));
                    }
                    Err(refusal) => return Poll::Ready(Err(Failure::Malformed(refusal))),
                }
                if self.buffer.room().is_empty() {
                    self.buffer.enlarge();
                }
            }
            match ready!(self.connection.io.poll_read(context, &mut self.buffer)) {
                Ok(0) if self.is_touched => return Poll::Ready(Err(Failure::Partly)),
                Ok(0) => {
                    let closed = io::ErrorKind::UnexpectedEof.into();
                    return Poll::Ready(Err(Failure::Untouched(closed)));
                }
                Ok(count) => {
                    self.is_touched = true;
                    self.moved += count as u64;
                }
                Err(_) if self.is_touched => return Poll::Ready(Err(Failure::Partly)),
                Err(error) => return Poll::Ready(Err(Failure::Untouched(error))),
            }
        }
    }

    /// Forgets an interim answer whose head has this length.
    pub(crate) fn skip_interim(&mut self, length: usize) {
        self.buffer.consume(length);
        self.connection.reader.reset();
    }

    /// Waits until some of the answer's body lies in front of the buffer, and says how much; zero at its end.
    pub(crate) fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Failure>> {
        // That the endpoint or the client cannot go on with the request does not end the answer.
        let _ = self.poll_upload(context);
        loop {
            if let Some(count) = self.data()? {
                return Poll::Ready(Ok(count));
            }
            match ready!(self.connection.io.poll_read(context, &mut self.buffer)) {
                Ok(0) if self.body.close() => return Poll::Ready(Ok(0)),
                Ok(0) | Err(_) => return Poll::Ready(Err(Failure::Partly)),
                Ok(count) => self.moved += count as u64,
            }
        }
    }

    /// How much data lies in front of the buffer; zero at the end of the body, none when more has to come.
    pub(crate) fn data(&mut self) -> Result<Option<usize>, Failure> {
        loop {
            if self.body.has_ended() {
                return Ok(Some(0));
            }
            if self.buffer.is_empty() {
                return Ok(None);
            }
            match self.body.part(self.buffer.filled()).map_err(Failure::Malformed)? {
                Part::Data(count) => return Ok(Some(count)),
                Part::Skip(count) => self.buffer.consume(count),
            }
        }
    }

    fn poll_upload(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.upload.is_whole() {
            return Ok(());
        }
        match self.upload.poll(context, &self.connection.io, &mut self.moved) {
            Poll::Ready(Err(broken)) => Err(Failure::Client(broken)),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    /// Whether the connection can carry another request: both messages are whole, and nothing came behind.
    pub(crate) fn is_clean(&self) -> bool {
        self.upload.is_whole()
            && self.body.has_ended()
            && self.buffer.is_empty()
            && self.connection.reader.persists()
    }
}
