//! A request head taken apart where it lies.

use super::fields::Field;
use super::limits::HeadLimits;
use super::lines::{Cursor, Next};
use super::message::{Framing, Head};
use super::refusal::Refusal;
use super::request_line::{self, Version};
use super::spans::{FieldSpans, Fields, Span};
use super::{EmptyLine, Phase, between, head_too_large};

/// Reads one request head after the other from a buffer that begins with it.
///
/// It gives the same verdicts as a [`Scanner`](super::Scanner) on the same bytes, and says where the parts are.
#[derive(Debug)]
pub struct RequestReader {
    limits: HeadLimits,
    head: Head,
    /// Where the head begins: behind a tolerated empty line.
    begin: Option<usize>,
    cursor: Cursor,
    method: Span,
    target: Span,
    fields: FieldSpans,
    persistence: Persistence,
    framing: Framing,
}

/// What the `Connection` field and its like ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Persistence {
    /// `Connection: close`.
    pub close: bool,
    /// `Connection: keep-alive`, which HTTP/1.0 needs.
    pub keep_alive: bool,
    /// `Connection: upgrade`.
    pub upgrade: bool,
    /// `Connection` names further fields, which end at this hop.
    pub names_others: bool,
    /// `Expect: 100-continue`.
    pub expects_continue: bool,
    /// `TE` has `trailers`.
    pub takes_trailers: bool,
}

impl RequestReader {
    /// A reader for the first head of a connection.
    #[must_use]
    pub fn new(limits: HeadLimits) -> Self {
        Self {
            limits,
            head: Head::default(),
            begin: None,
            cursor: Cursor::default(),
            method: Span::default(),
            target: Span::default(),
            fields: FieldSpans::default(),
            persistence: Persistence::default(),
            framing: Framing::Sized(0),
        }
    }

    /// Makes ready for the next head; the buffer must begin with it.
    pub fn reset(&mut self) {
        self.head = Head::default();
        self.begin = None;
        self.cursor = Cursor::default();
        self.fields.clear();
        self.persistence = Persistence::default();
    }

    /// Looks at all that has come since the last head ended, and says how long the head is once it is complete and
    /// valid, the tolerated empty line in front included.
    ///
    /// `unit` must begin with the same bytes as in the call before.
    ///
    /// # Errors
    ///
    /// [`Refusal`] says what the client did wrong. Answer it and close the connection.
    pub fn read(&mut self, unit: &[u8]) -> Result<Option<usize>, Refusal> {
        let Some(begin) = self.begin(unit)? else { return Ok(None) };
        let head = unit.get(begin..).unwrap_or_default();
        loop {
            match self.cursor.next(head, self.limits.max_head_bytes) {
                Next::NeedMore => return Ok(None),
                Next::Line(line, start) => {
                    let is_first = !self.head.has_request_line();
                    if let Some(framing) = self.head.line(line, &self.limits)? {
                        self.framing = framing;
                        return Ok(Some(begin + self.cursor.start()));
                    }
                    self.note(line, begin + start, is_first);
                }
                Next::LimitReached if !self.head.has_request_line() => {
                    return Err(request_line::target_too_long(self.limits.max_target_bytes));
                }
                Next::LimitReached => return Err(head_too_large(self.limits.max_head_bytes)),
                Next::Flaw(flaw) => return Err(flaw.refusal()),
            }
        }
    }

    /// True when a head has begun and is not complete: for the timer that bounds how slowly it may come.
    #[must_use]
    pub fn is_within(&self) -> bool {
        self.begin.is_some()
    }

    /// Where the head begins; none as long as nothing of it has come.
    fn begin(&mut self, unit: &[u8]) -> Result<Option<usize>, Refusal> {
        if self.begin.is_none() {
            let (mut empty_line, mut rest) = (EmptyLine::None, unit);
            while !rest.is_empty() {
                match between(empty_line, rest)? {
                    (Phase::Between(next), taken) => {
                        empty_line = next;
                        rest = rest.get(taken..).unwrap_or_default();
                    }
                    _ => {
                        self.begin = Some(unit.len() - rest.len());
                        break;
                    }
                }
            }
        }
        Ok(self.begin)
    }

    /// Remembers where the parts of a valid line are.
    fn note(&mut self, line: &[u8], start: usize, is_first: bool) {
        if is_first {
            let method = line.iter().position(|&byte| byte == b' ').unwrap_or_default();
            let rest = line.get(method + 1..).unwrap_or_default();
            let target = rest.iter().position(|&byte| byte == b' ').unwrap_or_default();
            self.method = Span::new(start, method);
            self.target = Span::new(start + method + 1, target);
        } else if let Ok(field) = Field::parse(line) {
            self.fields.push(line, start, &field);
            self.persistence.note(&field);
        }
    }

    /// The method of the head that was read from `unit`.
    pub fn method<'unit>(&self, unit: &'unit [u8]) -> &'unit str {
        text(self.method.of(unit))
    }

    /// The target as it came: a path with perhaps a query, or `*`.
    pub fn target<'unit>(&self, unit: &'unit [u8]) -> &'unit str {
        text(self.target.of(unit))
    }

    /// The fields.
    pub fn fields<'unit>(&'unit self, unit: &'unit [u8]) -> Fields<'unit> {
        self.fields.of(unit)
    }

    /// How the body is delimited.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.head.version().unwrap_or(Version::Http11)
    }

    /// What is asked of the connection.
    #[must_use]
    pub fn persistence(&self) -> Persistence {
        self.persistence
    }
}

impl Persistence {
    pub(super) fn note(&mut self, field: &Field<'_>) {
        if field.is("connection") {
            for token in tokens(field.value) {
                match token {
                    token if token.eq_ignore_ascii_case(b"close") => self.close = true,
                    token if token.eq_ignore_ascii_case(b"keep-alive") => self.keep_alive = true,
                    token if token.eq_ignore_ascii_case(b"upgrade") => self.upgrade = true,
                    _ => self.names_others = true,
                }
            }
        } else if field.is("expect") {
            self.expects_continue = true;
        } else if field.is("te") {
            self.takes_trailers |=
                tokens(field.value).any(|token| bare(token).eq_ignore_ascii_case(b"trailers"));
        }
    }

    /// Whether the connection may carry another message after one of this version.
    #[must_use]
    pub fn persists(&self, version: Version) -> bool {
        !self.close && (version == Version::Http11 || self.keep_alive)
    }
}

/// The elements of a list (RFC 9110 §5.6.1).
fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|token| !token.is_empty())
}

/// An element without its parameters.
fn bare(token: &[u8]) -> &[u8] {
    token.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii()
}

/// What was checked to be ASCII.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
