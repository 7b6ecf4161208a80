//! One connection to what is measured.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use tradewind_proxy_load::message::{Body, Head};

use crate::counts::Outcome;
use crate::request::Request;

/// A place for a connection.
#[derive(Debug, Default)]
pub(crate) struct Link {
    pub(crate) stream: Option<TcpStream>,
    pub(crate) state: State,
    /// What is on its way, or will be as soon as the connection is there.
    pub(crate) request: Option<Request>,
    /// Answers that came on this connection.
    pub(crate) answers: u64,
    /// Counts what was sent over this place, so that a deadline knows what it was for.
    pub(crate) sent: u64,
    input: Vec<u8>,
    output: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Cold,
    Connecting,
    Idle,
    Busy,
}

/// What came of looking at a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing that is whole.
    Nothing,
    /// The request has come to its end; the connection can be used again, or not.
    Done(Outcome, bool),
    /// The connection has ended, or sends what nobody asked for, while nothing was on its way.
    Lost,
}

impl Link {
    /// Sends a request, as far as there is room.
    pub(crate) fn send(&mut self, request: Request, bytes: &[u8]) -> Seen {
        self.request = Some(request);
        self.state = State::Busy;
        self.sent += 1;
        self.output.clear();
        self.output.extend_from_slice(bytes);
        self.flush()
    }

    /// Sends what had no room.
    pub(crate) fn flush(&mut self) -> Seen {
        let Some(stream) = self.stream.as_mut().filter(|_| !self.output.is_empty()) else {
            return Seen::Nothing;
        };
        match stream.write(&self.output) {
            Ok(sent) => {
                self.output.drain(..sent);
                Seen::Nothing
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Seen::Nothing,
            // The answer may have been sent before the connection was closed: it is still looked for.
            Err(_) => self.broken(),
        }
    }

    pub(crate) fn wants_room(&self) -> bool {
        !self.output.is_empty()
    }

    /// Reads what has come.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Seen {
        let Some(stream) = self.stream.as_mut() else { return Seen::Nothing };
        match stream.read(buffer) {
            Ok(0) => self.ended(),
            Ok(_) if self.state == State::Idle => Seen::Lost,
            Ok(length) => {
                self.input.extend_from_slice(buffer.get(..length).unwrap_or_default());
                self.answer()
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Seen::Nothing,
            Err(_) => self.broken(),
        }
    }

    fn answer(&mut self) -> Seen {
        loop {
            let malformed = Seen::Done(Outcome::Malformed, false);
            let head = match Head::parse(&self.input) {
                Ok(Some(head)) => head,
                Ok(None) => return Seen::Nothing,
                Err(_) => return malformed,
            };
            let Some(status) = head.status() else { return malformed };
            match head.answer_body(&self.input) {
                Ok(Body::Ends(ends)) if status < 200 => {
                    self.input.drain(..ends);
                }
                Ok(Body::Ends(ends)) => {
                    let whole = ends == self.input.len() && self.output.is_empty();
                    return Seen::Done(Outcome::of(status, head.retry_after), whole && !head.close);
                }
                Ok(Body::Incomplete | Body::UntilClose) => return Seen::Nothing,
                Err(_) => return malformed,
            }
        }
    }

    /// The other side has sent its last byte: the end of an answer that has no other, or too early.
    fn ended(&mut self) -> Seen {
        let parsed = Head::parse(&self.input).ok().flatten();
        match parsed.map(|head| (head.status(), head.retry_after, head.answer_body(&self.input))) {
            Some((Some(status), retry_after, Ok(Body::UntilClose))) => {
                Seen::Done(Outcome::of(status, retry_after), false)
            }
            _ => self.broken(),
        }
    }

    fn broken(&self) -> Seen {
        match (self.state, self.answers, self.input.is_empty()) {
            (State::Idle, ..) => Seen::Lost,
            (_, _, false) => Seen::Done(Outcome::CutShort, false),
            (_, 0, true) => Seen::Done(Outcome::ResetFresh, false),
            (_, _, true) => Seen::Done(Outcome::ResetReused, false),
        }
    }

    /// Is ready for the next request.
    pub(crate) fn rest(&mut self) {
        self.state = State::Idle;
        self.request = None;
        self.input.clear();
    }

    /// Gives the connection up.
    pub(crate) fn close(&mut self) {
        let sent = self.sent;
        *self = Self { sent, ..Self::default() };
    }
}
