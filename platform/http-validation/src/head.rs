//! A strict HTTP/1 request scanner that stands in front of the HTTP server.
//!
//! HTTP/1 servers are lenient in different ways, and an attacker who finds two that disagree about where one
//! request ends smuggles a second one past the first (RFC 9112 §11.2). The scanner removes the disagreement:
//! it reads the same bytes before the server does, lets through only what has one meaning, and follows the
//! bodies so that it finds the next head exactly where the server will. It changes no byte; it only holds
//! back, drops an empty line between requests, or refuses.
//!
//! The verdict depends on the bytes alone, never on how the network cut them into reads.
//!
//! - `lines` collects CRLF lines, `request_line`, `fields` and `host` judge them,
//! - `message` puts a head together, `chunks` follows a chunked body,
//! - `limits` bounds a head, `refusal` is what the caller is told.
//!
//! [`Scanner`] stands before a server that parses by itself. [`RequestReader`], [`ResponseReader`] and [`ChunkReader`]
//! are for a program that takes messages apart by itself: the same judges, over a buffer, without a copy.

mod chunk_reader;
mod chunks;
mod fields;
mod host;
mod limits;
mod lines;
mod message;
mod reader;
mod refusal;
mod request_line;
mod response;
mod spans;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod tests;

pub use chunk_reader::{ChunkReader, Piece};
pub use limits::HeadLimits;
pub use message::Framing;
pub use reader::{Persistence, RequestReader};
pub use refusal::Refusal;
pub use request_line::Version;
pub use response::{ResponseFraming, ResponseReader};
pub use spans::Fields;

use chunks::{Chunks, Trailers, pass};
use lines::{Lines, Met};
use message::Head;

/// Whether a text is one host with an optional port (RFC 9110 §7.2), as a `Host` field has to be.
#[must_use]
pub fn is_host(text: &[u8]) -> bool {
    host::is_valid(text)
}

/// Whether a text is a path with an optional query (RFC 9112 §3.2.1) of characters that a URI allows.
#[must_use]
pub fn is_origin_form(text: &[u8]) -> bool {
    text.first() == Some(&b'/') && request_line::is_origin_form(text)
}

/// Follows the bytes that a client sends on one connection.
///
/// One scanner belongs to one connection and is never reused for another. It holds at most one head, one
/// chunk-size line or one trailer section in memory.
#[derive(Debug)]
pub struct Scanner {
    limits: HeadLimits,
    /// The unfinished head, chunk-size line or trailer section.
    lines: Lines,
    phase: Phase,
    heads: u64,
    refused_in_body: bool,
}

/// What the next byte belongs to.
#[derive(Debug)]
enum Phase {
    /// Nothing of a head has come. A client may put one empty line here (RFC 9112 §2.2).
    Between(EmptyLine),
    Head(Head),
    /// A body of known length; never zero bytes left.
    Sized {
        left: u64,
    },
    Chunked(Chunks),
    Refused(Refusal),
}

/// How much of the tolerated empty line has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EmptyLine {
    None,
    CarriageReturn,
    Whole,
}

impl Scanner {
    /// A scanner for a fresh connection.
    pub fn new(limits: HeadLimits) -> Self {
        Self {
            limits,
            lines: Lines::default(),
            phase: Phase::Between(EmptyLine::None),
            heads: 0,
            refused_in_body: false,
        }
    }

    /// Takes bytes as they came and appends to `released` those that the server behind may see.
    ///
    /// A head is held back until it is complete and valid; so are each chunk-size line and the trailer
    /// section of a chunked body. Body bytes pass at once. One empty line in front of a head is dropped. Each
    /// byte is looked at a fixed number of times, however slowly it comes.
    ///
    /// # Errors
    ///
    /// [`Refusal`] says what the client did wrong. `released` may have grown in the same call, by requests in
    /// front of the refused one, which still want their answers, and by the beginning of a refused body.
    /// After a refusal nothing more is released and each call returns the same refusal: answer it and close
    /// the connection.
    pub fn feed(&mut self, input: &[u8], released: &mut Vec<u8>) -> Result<(), Refusal> {
        if let Phase::Refused(refusal) = &self.phase {
            return Err(refusal.clone());
        }
        let mut rest = input;
        while !rest.is_empty() {
            match self.step(rest, released) {
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(refusal) => {
                    self.lines = Lines::default();
                    self.refused_in_body = matches!(self.phase, Phase::Chunked(_));
                    self.phase = Phase::Refused(refusal.clone());
                    return Err(refusal);
                }
            }
        }
        Ok(())
    }

    /// Heads released so far.
    pub fn heads(&self) -> u64 {
        self.heads
    }

    /// True between messages: nothing of a next head has arrived, except perhaps the tolerated empty line.
    ///
    /// For the idle timer of a connection. False after a refusal.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Between(_))
    }

    /// True while a head has begun and is not complete.
    ///
    /// For the timer that bounds how slowly a head may come. False in a body and after a refusal.
    pub fn in_head(&self) -> bool {
        matches!(self.phase, Phase::Head(_))
    }

    /// True when the refused bytes belong to a body: its request was released and has the next answer, so
    /// that the refusal cannot be told.
    pub fn refused_in_body(&self) -> bool {
        self.refused_in_body
    }

    /// Takes some of `input`, at least one byte or one change of phase, and says how many bytes.
    fn step(&mut self, input: &[u8], released: &mut Vec<u8>) -> Result<usize, Refusal> {
        match &mut self.phase {
            Phase::Between(empty_line) => {
                let (next, taken) = between(*empty_line, input)?;
                self.phase = next;
                Ok(taken)
            }
            Phase::Head(_) => self.head(input, released),
            Phase::Sized { left } => {
                let taken = pass(input, left, released);
                if *left == 0 {
                    self.phase = Phase::Between(EmptyLine::None);
                }
                Ok(taken)
            }
            Phase::Chunked(chunks) => {
                let taken = {
                    let allowed = Trailers { most: self.limits.max_headers, may_frame: false };
                    chunks.step(input, &mut self.lines, allowed, released)?
                };
                if chunks.is_finished() {
                    self.phase = Phase::Between(EmptyLine::None);
                }
                Ok(taken)
            }
            Phase::Refused(refusal) => Err(refusal.clone()),
        }
    }

    /// Takes one line of a head, or what has come of it.
    fn head(&mut self, input: &[u8], released: &mut Vec<u8>) -> Result<usize, Refusal> {
        let Phase::Head(head) = &mut self.phase else {
            return Ok(0);
        };
        let (taken, met) = self.lines.take(input, self.limits.max_head_bytes);
        match met {
            Met::NeedMore => {}
            Met::Line => {
                if let Some(framing) = head.line(self.lines.line(), &self.limits)? {
                    self.lines.release(released);
                    self.heads += 1;
                    self.phase = after_head(framing);
                }
            }
            Met::LimitReached if !head.has_request_line() => {
                return Err(request_line::target_too_long(self.limits.max_target_bytes));
            }
            Met::LimitReached => return Err(head_too_large(self.limits.max_head_bytes)),
            Met::Flaw(flaw) => return Err(flaw.refusal()),
        }
        Ok(taken)
    }
}

/// What follows a head.
fn after_head(framing: Framing) -> Phase {
    match framing {
        Framing::Sized(0) => Phase::Between(EmptyLine::None),
        Framing::Sized(left) => Phase::Sized { left },
        Framing::Chunked => Phase::Chunked(Chunks::default()),
    }
}

/// Looks at one byte between messages: a tolerated empty line, or the first byte of a head.
fn between(seen: EmptyLine, input: &[u8]) -> Result<(Phase, usize), Refusal> {
    match (seen, input.first()) {
        (EmptyLine::None, Some(b'\r')) => Ok((Phase::Between(EmptyLine::CarriageReturn), 1)),
        (EmptyLine::CarriageReturn, Some(b'\n')) => Ok((Phase::Between(EmptyLine::Whole), 1)),
        (EmptyLine::CarriageReturn, Some(_)) => Err(lines::Flaw::BareCarriageReturn.refusal()),
        (EmptyLine::Whole, Some(b'\r')) => Err(Refusal::bad_request(
            "empty-lines",
            "send at most one empty line in front of a request".to_owned(),
        )),
        _ => Ok((Phase::Head(Head::default()), 0)),
    }
}

/// RFC 6585 §5.
fn head_too_large(limit: usize) -> Refusal {
    let detail = format!("the request line and the header fields together must not exceed {limit} bytes");
    Refusal::new(431, "head-too-large", detail)
}
