//! The head of an answer taken apart where it lies (RFC 9112 §4).

use super::fields::{self, Field};
use super::limits::HeadLimits;
use super::lines::{Cursor, Next};
use super::reader::Persistence;
use super::refusal::Refusal;
use super::request_line::Version;
use super::spans::{FieldSpans, Fields, Span};

/// How the body of an answer is delimited (RFC 9112 §6.3), where the request lets it have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseFraming {
    /// So many bytes.
    Sized(u64),
    /// Chunks up to the empty one.
    Chunked,
    /// All bytes until the connection is closed.
    UntilClose,
}

/// Reads one answer's head after the other from a buffer that begins with it.
///
/// As strict as the reader of requests: an answer that two programs could read in different ways is none.
#[derive(Debug)]
pub struct ResponseReader {
    limits: HeadLimits,
    cursor: Cursor,
    line: Option<(Version, u16)>,
    reason: Span,
    fields: FieldSpans,
    count: usize,
    persistence: Persistence,
    content_length: Option<u64>,
    is_chunked: bool,
}

impl ResponseReader {
    /// A reader for the first head of a connection.
    #[must_use]
    pub fn new(limits: HeadLimits) -> Self {
        Self {
            limits,
            cursor: Cursor::default(),
            line: None,
            reason: Span::default(),
            fields: FieldSpans::default(),
            count: 0,
            persistence: Persistence::default(),
            content_length: None,
            is_chunked: false,
        }
    }

    /// Makes ready for the next head; the buffer must begin with it.
    pub fn reset(&mut self) {
        self.cursor = Cursor::default();
        self.line = None;
        self.fields.clear();
        self.count = 0;
        self.persistence = Persistence::default();
        self.content_length = None;
        self.is_chunked = false;
    }

    /// Looks at all that has come since the last message ended, and says how long the head is once it is complete and
    /// valid.
    ///
    /// `unit` must begin with the same bytes as in the call before.
    ///
    /// # Errors
    ///
    /// [`Refusal`] says, for the operator, what is wrong with the answer; its status means nothing. Close the
    /// connection.
    pub fn read(&mut self, unit: &[u8]) -> Result<Option<usize>, Refusal> {
        loop {
            match self.cursor.next(unit, self.limits.max_head_bytes) {
                Next::NeedMore => return Ok(None),
                Next::Line(line, start) if self.line.is_none() => {
                    let (version, status, reason) = status_line(line)?;
                    self.line = Some((version, status));
                    self.reason = Span::new(start + line.len() - reason, reason);
                }
                Next::Line([], _) => {
                    self.judge()?;
                    return Ok(Some(self.cursor.start()));
                }
                Next::Line(line, start) => self.field(line, start)?,
                Next::LimitReached => return Err(super::head_too_large(self.limits.max_head_bytes)),
                Next::Flaw(flaw) => return Err(flaw.refusal()),
            }
        }
    }

    fn field(&mut self, line: &[u8], start: usize) -> Result<(), Refusal> {
        if self.count == self.limits.max_headers {
            return Err(fields::too_many(self.limits.max_headers));
        }
        self.count += 1;
        let field = Field::parse(line)?;
        if field.is("content-length") {
            if self.content_length.is_some() {
                return Err(fields::repeated("repeated-content-length", &field));
            }
            self.content_length = Some(fields::content_length(field.value)?);
        } else if field.is("transfer-encoding") {
            if self.is_chunked {
                return Err(fields::repeated("repeated-transfer-encoding", &field));
            }
            fields::transfer_encoding(field.value)?;
            self.is_chunked = true;
        } else if field.is("connection") {
            self.persistence.note(&field);
        }
        self.fields.push(line, start, &field);
        Ok(())
    }

    /// Judges the head as a whole.
    fn judge(&self) -> Result<(), Refusal> {
        if self.is_chunked && self.content_length.is_some() {
            let detail = "the answer has both Content-Length and Transfer-Encoding";
            return Err(Refusal::bad_request("conflicting-framing", detail.to_owned()));
        }
        if self.is_chunked && self.version() == Version::Http10 {
            let detail = "Transfer-Encoding needs HTTP/1.1";
            return Err(Refusal::bad_request("bad-transfer-encoding", detail.to_owned()));
        }
        Ok(())
    }

    /// The status, from 100 to 599.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.line.map(|(_, status)| status).unwrap_or_default()
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.map_or(Version::Http11, |(version, _)| version)
    }

    /// The reason phrase as it came; often empty.
    pub fn reason<'unit>(&self, unit: &'unit [u8]) -> &'unit [u8] {
        self.reason.of(unit)
    }

    /// The fields.
    pub fn fields<'unit>(&'unit self, unit: &'unit [u8]) -> Fields<'unit> {
        self.fields.of(unit)
    }

    /// The length that the answer states, whether or not it has a body.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// How the body is delimited. `to_head` says that the request was `HEAD`, whose answer has none.
    #[must_use]
    pub fn framing(&self, to_head: bool) -> ResponseFraming {
        let status = self.status();
        if to_head || status < 200 || status == 204 || status == 304 {
            return ResponseFraming::Sized(0);
        }
        match (self.content_length, self.is_chunked) {
            (_, true) => ResponseFraming::Chunked,
            (Some(length), false) => ResponseFraming::Sized(length),
            (None, false) => ResponseFraming::UntilClose,
        }
    }

    /// What is said of the connection.
    #[must_use]
    pub fn persistence(&self) -> Persistence {
        self.persistence
    }

    /// Whether the connection may carry another message, as far as this head says.
    ///
    /// One that announces a body which there cannot be is the last: nobody knows what comes behind it
    /// (RFC 9112 §6.1).
    #[must_use]
    pub fn persists(&self) -> bool {
        let has_no_body = matches!(self.status(), 100..=199 | 204 | 304);
        let announces =
            self.is_chunked || (self.status() == 204 && self.content_length.is_some_and(|length| length > 0));
        self.persistence.persists(self.version()) && !(has_no_body && announces)
    }
}

/// `HTTP-version SP 3DIGIT SP [ reason-phrase ]`: version, status, and how long the reason at the end is.
///
/// Many servers leave the second space out where there is no reason; that has one meaning, too.
fn status_line(line: &[u8]) -> Result<(Version, u16, usize), Refusal> {
    let (version, rest) = match line {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1', b' ', rest @ ..] => (Version::Http11, rest),
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0', b' ', rest @ ..] => (Version::Http10, rest),
        _ => return Err(bad_status_line("the answer must begin with HTTP/1.1 or HTTP/1.0")),
    };
    let (digits, rest) = rest.split_at_checked(3).unwrap_or((rest, &[]));
    let number = digits.iter().try_fold(0u16, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
    });
    let status = number.filter(|number| (100..=599).contains(number) && digits.len() == 3);
    let status = status.ok_or_else(|| bad_status_line("the status must be three digits from 100 to 599"))?;
    match rest {
        [] => Ok((version, status, 0)),
        [b' ', reason @ ..] => Ok((version, status, reason.len())),
        _ => Err(bad_status_line("the status must be followed by a space")),
    }
}

fn bad_status_line(detail: &str) -> Refusal {
    Refusal::bad_request("bad-status-line", detail.to_owned())
}
