//! Lines of a message, collected as they arrive.

use super::refusal::Refusal;

/// Capacity in bytes that a connection keeps between heads. More is given back: idle connections are many.
const KEPT_CAPACITY: usize = 2 * 1024;

/// Collects the lines of one unit (a head, a chunk-size line, a trailer section) until the unit is released.
///
/// Only CRLF ends a line, although RFC 9112 §2.2 lets a recipient accept a single LF: servers differ in this.
/// Control bytes are refused where they stand (RFC 9110 §5.5), so the lines handed out hold none except HTAB.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The unit so far.
    held: Vec<u8>,
    /// Where in `held` the last whole line begins and, without its CRLF, ends.
    line: (usize, usize),
    /// Where in `held` the unfinished line begins.
    next_line: usize,
    /// The last byte held is a CR whose LF has not come yet.
    after_carriage_return: bool,
}

/// What came of a call to [`Lines::take`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// No line is complete yet. Call again with the rest of the input, if there is one.
    NeedMore,
    /// A line is complete: see [`Lines::line`].
    Line,
    /// The unit would exceed its limit.
    LimitReached,
    /// A byte that may not stand there.
    Flaw(Flaw),
}

/// A byte that may not stand in a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    BareLineFeed,
    BareCarriageReturn,
    ControlByte,
}

impl Flaw {
    /// What the client is told.
    pub(super) fn refusal(self) -> Refusal {
        let (code, detail) = match self {
            Self::BareLineFeed => ("bare-line-feed", "end each line with a carriage return and a line feed"),
            Self::BareCarriageReturn => {
                ("bare-carriage-return", "a carriage return must be followed by a line feed")
            }
            Self::ControlByte => ("control-byte", "control characters are not allowed in a request head"),
        };
        Refusal::bad_request(code, detail.to_owned())
    }
}

impl Lines {
    /// Takes bytes up to the end of a line at most; the unit may grow to `limit` bytes.
    ///
    /// Returns how many bytes were taken: with [`Met::NeedMore`] at least one, and perhaps not all.
    /// The search for the end goes on where the last call stopped.
    pub(super) fn take(&mut self, input: &[u8], limit: usize) -> (usize, Met) {
        let room = limit.saturating_sub(self.held.len());
        let (window, beyond) = input.split_at_checked(room).unwrap_or((input, &[]));
        if self.after_carriage_return && !window.is_empty() {
            return self.line_feed(window);
        }
        let (text, rest) = window.split_at_checked(plain_bytes(window)).unwrap_or((window, &[]));
        self.held.extend_from_slice(text);
        match rest.first() {
            None if beyond.is_empty() => (text.len(), Met::NeedMore),
            None => (text.len(), Met::LimitReached),
            Some(b'\r') => {
                self.held.push(b'\r');
                self.after_carriage_return = true;
                (text.len() + 1, Met::NeedMore)
            }
            Some(b'\n') => (text.len(), Met::Flaw(Flaw::BareLineFeed)),
            Some(_) => (text.len(), Met::Flaw(Flaw::ControlByte)),
        }
    }

    /// Takes the byte after a CR.
    fn line_feed(&mut self, window: &[u8]) -> (usize, Met) {
        if window.first() != Some(&b'\n') {
            return (0, Met::Flaw(Flaw::BareCarriageReturn));
        }
        self.line = (self.next_line, self.held.len() - 1);
        self.held.push(b'\n');
        self.next_line = self.held.len();
        self.after_carriage_return = false;
        (1, Met::Line)
    }

    /// The last whole line, without its CRLF.
    pub(super) fn line(&self) -> &[u8] {
        self.held.get(self.line.0..self.line.1).unwrap_or_default()
    }

    /// Hands the unit on and starts the next one.
    pub(super) fn release(&mut self, released: &mut Vec<u8>) {
        released.append(&mut self.held);
        self.held.shrink_to(KEPT_CAPACITY);
        self.line = (0, 0);
        self.next_line = 0;
    }
}

/// Finds the lines of a unit that lies in one buffer, whole or in part.
///
/// The same verdicts as [`Lines`], without a copy. Each byte is looked at once, however slowly it comes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    /// Where the unfinished line begins.
    start: usize,
    /// Up to where the unfinished line has been looked at.
    looked: usize,
}

/// What came of a call to [`Cursor::next`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'unit> {
    /// No line is complete yet. Call again when more has come.
    NeedMore,
    /// A line, without its CRLF, and where it begins.
    Line(&'unit [u8], usize),
    /// The unit would exceed its limit.
    LimitReached,
    /// A byte that may not stand there.
    Flaw(Flaw),
}

impl Cursor {
    /// Where the next line begins; after the last one, where the unit ends.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// The next line of `unit`, which is all that has come of it so far.
    pub(super) fn next<'unit>(&mut self, unit: &'unit [u8], limit: usize) -> Next<'unit> {
        let window = unit.get(..limit).unwrap_or(unit);
        self.looked += plain_bytes(window.get(self.looked..).unwrap_or_default());
        match window.get(self.looked..).unwrap_or_default() {
            [] | [b'\r'] if unit.len() > window.len() => Next::LimitReached,
            [] | [b'\r'] => Next::NeedMore,
            [b'\r', b'\n', ..] => {
                let start = self.start;
                let line = window.get(start..self.looked).unwrap_or_default();
                self.looked += 2;
                self.start = self.looked;
                Next::Line(line, start)
            }
            [b'\r', ..] => Next::Flaw(Flaw::BareCarriageReturn),
            [b'\n', ..] => Next::Flaw(Flaw::BareLineFeed),
            _ => Next::Flaw(Flaw::ControlByte),
        }
    }
}

/// How many bytes in front are neither a line end nor a control byte.
///
/// Whole blocks are looked at without a branch per byte, which compiles to vector instructions.
fn plain_bytes(window: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let is_plain = |block: &&[u8]| !block.iter().fold(false, |seen, &byte| seen | is_control(byte));
    let blocks = window.chunks_exact(BLOCK).take_while(is_plain).count() * BLOCK;
    let rest = window.get(blocks..).unwrap_or_default();
    blocks + rest.iter().position(|&byte| is_control(byte)).unwrap_or(rest.len())
}

/// A control byte other than HTAB; line ends are among them.
fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}
