//! One connection: requests in, answers out, in their order.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tradewind_proxy_load::message::{Body, Head, chunks};

use crate::answers::{Answer, EVENTS, Fault, event, whole};
use crate::serve::Service;

/// No request may be longer.
const LIMIT: usize = 64 << 20;

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    /// Tells it apart from others that had its place before.
    pub(crate) number: u64,
    /// Whether room for bytes is waited for.
    pub(crate) waits_for_room: bool,
    input: Vec<u8>,
    output: Vec<u8>,
    doing: Doing,
    /// Leave to send the body was given.
    continued: bool,
    /// Nothing follows what is in `output`.
    last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Reading,
    /// The small answer is sent when it is time.
    Waiting,
    Streaming(u32, Duration),
    Stalled,
}

/// What is to be done with a connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Go,
    WakeAt(Instant),
    Close,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, number: u64) -> Self {
        Self {
            stream,
            number,
            waits_for_room: false,
            input: Vec::new(),
            output: Vec::new(),
            doing: Doing::Reading,
            continued: false,
            last: false,
        }
    }

    /// Whether bytes wait for room.
    pub(crate) fn wants_room(&self) -> bool {
        !self.output.is_empty()
    }

    /// Bytes or room have come.
    pub(crate) fn ready(&mut self, buffer: &mut [u8], service: &mut Service) -> io::Result<Next> {
        self.flush()?;
        match self.stream.read(buffer) {
            Ok(0) => return Ok(Next::Close),
            // What was read is looked at where it is; only what remains is kept.
            Ok(length) if self.input.is_empty() => {
                let bytes = buffer.get(..length).unwrap_or_default();
                let (used, next) = self.requests(bytes, service)?;
                self.input.extend_from_slice(bytes.get(used..).unwrap_or_default());
                return Ok(self.after(next));
            }
            Ok(length) => self.input.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        self.kept(service)
    }

    /// It is time for what was put off.
    pub(crate) fn wake(&mut self, service: &mut Service) -> io::Result<Next> {
        match self.doing {
            Doing::Waiting => {
                self.doing = Doing::Reading;
                self.send(service.answers.small())?;
                self.kept(service)
            }
            Doing::Streaming(0, _) => {
                self.doing = Doing::Reading;
                self.send(b"0\r\n\r\n")?;
                self.kept(service)
            }
            Doing::Streaming(left, every) => {
                self.doing = Doing::Streaming(left - 1, every);
                self.send(&event(left))?;
                Ok(Next::WakeAt(Instant::now() + every))
            }
            Doing::Reading | Doing::Stalled => Ok(Next::Go),
        }
    }

    /// Answers the requests that are kept.
    fn kept(&mut self, service: &mut Service) -> io::Result<Next> {
        let bytes = std::mem::take(&mut self.input);
        let (used, next) = self.requests(&bytes, service)?;
        self.input = bytes;
        self.input.drain(..used);
        Ok(if self.input.len() > LIMIT { Next::Close } else { self.after(next) })
    }

    fn after(&self, next: Next) -> Next {
        let over = self.last && self.doing == Doing::Reading && self.output.is_empty();
        if over { Next::Close } else { next }
    }

    /// Answers the requests that are whole, and says how many bytes they were.
    fn requests(&mut self, bytes: &[u8], service: &mut Service) -> io::Result<(usize, Next)> {
        let mut used = 0;
        // A client that does not read its answers gets no further ones.
        while self.doing == Doing::Reading && !self.last && self.output.is_empty() {
            let rest = bytes.get(used..).unwrap_or_default();
            let malformed = |_| io::Error::from(io::ErrorKind::InvalidData);
            let Some(head) = Head::parse(rest).map_err(malformed)? else { break };
            let Body::Ends(ends) = head.request_body(rest).map_err(malformed)? else {
                if head.expects && !std::mem::replace(&mut self.continued, true) {
                    self.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                }
                break;
            };
            (self.continued, self.last) = (false, head.close);
            used += ends;
            let next = self.answer(&head, rest.get(..ends).unwrap_or_default(), service)?;
            if next != Next::Go {
                return Ok((used, next));
            }
        }
        Ok((used, Next::Go))
    }

    fn answer(&mut self, head: &Head<'_>, request: &[u8], service: &mut Service) -> io::Result<Next> {
        service.requests += 1;
        match service.answers.of(head, service.requests) {
            Answer::Ready(bytes) => self.send(bytes)?,
            Answer::Made(bytes) => {
                self.last |= Head::parse(&bytes).ok().flatten().is_some_and(|head| head.close);
                self.send(&bytes)?;
            }
            Answer::Echo => self.send(&whole("200 OK", &body(head, request)))?,
            Answer::Counts => {
                let counts = whole("200 OK", service.counts().as_bytes());
                self.send(&counts)?;
            }
            Answer::After(time) => {
                self.doing = Doing::Waiting;
                return Ok(Next::WakeAt(service.turn(time)));
            }
            Answer::Events(events, every) => {
                self.doing = Doing::Streaming(events, every);
                self.send(EVENTS)?;
                return Ok(Next::WakeAt(Instant::now() + every));
            }
            Answer::Fault(fault) => {
                let small = service.answers.small();
                return self.fail(fault, small);
            }
        }
        Ok(Next::Go)
    }

    fn fail(&mut self, fault: Fault, small: &[u8]) -> io::Result<Next> {
        match fault {
            Fault::Abort => return Ok(Next::Close),
            Fault::Garbage => self.send(b"\x16\x03\x01 this is not HTTP\r\n\r\n")?,
            Fault::Partial => self.send(small.get(..small.len() - 512).unwrap_or_default())?,
            Fault::Stall => {
                self.doing = Doing::Stalled;
                return Ok(Next::Go);
            }
        }
        self.last = true;
        Ok(Next::Go)
    }

    /// Sends bytes at once where nothing waits before them; what has no room is kept.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = if self.output.is_empty() { write(&self.stream, bytes)? } else { 0 };
        self.output.extend_from_slice(bytes.get(sent..).unwrap_or_default());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            let sent = write(&self.stream, &self.output)?;
            self.output.drain(..sent);
        }
        Ok(())
    }
}

fn write(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match stream.write(bytes) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        other => other,
    }
}

/// The body without its framing.
fn body(head: &Head<'_>, request: &[u8]) -> Vec<u8> {
    if !head.chunked {
        return request.get(head.length..).unwrap_or_default().to_vec();
    }
    let mut whole = Vec::new();
    let taken = chunks(request, head.length, |range| {
        whole.extend_from_slice(request.get(range).unwrap_or_default());
    });
    taken.map(|_| whole).unwrap_or_default()
}
