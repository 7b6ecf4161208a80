//! One request to one endpoint over a connection of HTTP/1, and its answer.

use std::io;
use std::task::{Context, Poll, ready};

use crate::buffer::Buffer;
use crate::io::Io;
use crate::message::body::{Body, Part};
use crate::message::chunk;
use crate::message::request_head::Sending;
use crate::message::trailers::{self, Trailers};
use crate::source::{Broken, Failure, Source};
use crate::upstream::busy::Busy;
use crate::upstream::connection::Connection;

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
            Sending::Chunked if !self.scratch.is_empty() => chunk(&self.scratch, &mut self.pending),
            _ => std::mem::swap(&mut self.pending, &mut self.scratch),
        }
        if !has_more {
            if self.sending == Sending::Chunked {
                trailers::end(Trailers::Section(self.source.trailers()), &mut self.pending);
            }
            self.state = State::LastPending;
        }
        Poll::Ready(Ok(()))
    }
}

/// One request under way to one endpoint.
pub(crate) struct OverHttp1<S> {
    pub(crate) busy: Busy,
    pub(crate) connection: Connection,
    /// The length of the answer's head, at the front of the buffer.
    pub(crate) head: usize,
    /// What has come of the answer and is not used up.
    pub(crate) buffer: Buffer,
    pub(crate) upload: Upload<S>,
    pub(crate) body: Body,
    /// Whether a byte of the answer has come.
    pub(crate) is_touched: bool,
    /// Bytes moved either way, for who watches whether anything moves.
    pub(crate) moved: u64,
}

impl<S: Source> OverHttp1<S> {
    pub(crate) fn new(busy: Busy, mut connection: Connection, buffer: Buffer, upload: Upload<S>) -> Self {
        connection.reader.reset();
        let body = Body::Ended(Vec::new());
        Self { busy, connection, head: 0, buffer, upload, body, is_touched: false, moved: 0 }
    }

    /// Sends, and waits for the head of the answer. The body is to be set by whoever reads it.
    pub(crate) fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.poll_upload(context)?;
        loop {
            if !self.buffer.is_empty() {
                match self.connection.reader.read(self.buffer.filled()) {
                    Ok(None) => {}
                    Ok(Some(length)) => {
                        if self.connection.reader.status() >= 200 || self.connection.reader.status() == 101 {
                            self.upload.source.answer_begins();
                        }
                        self.head = length;
                        return Poll::Ready(Ok(()));
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

    /// Forgets an interim answer.
    pub(crate) fn skip_interim(&mut self) {
        self.buffer.consume(self.head);
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
