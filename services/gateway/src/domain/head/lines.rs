//! Lines of a message, collected as they arrive.

use super::refusal::Refusal;

/// Capacity that a connection keeps between heads; what is above is given back, for idle connections are many.
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
    /// All input is taken and no line is complete.
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
            Self::BareCarriageReturn => ("bare-carriage-return", "a carriage return must be followed by a line feed"),
            Self::ControlByte => ("control-byte", "control characters are not allowed in a request head"),
        };
        Refusal::bad_request(code, detail.to_owned())
    }
}

impl Lines {
    /// Takes bytes up to the end of a line; the unit may grow to `limit` bytes.
    ///
    /// Returns how many bytes were taken. The search goes on where the last call stopped.
    pub(super) fn take(&mut self, input: &[u8], limit: usize) -> (usize, Met) {
        let room = limit.saturating_sub(self.held.len()).min(input.len());
        let window = input.get(..room).unwrap_or_default();
        let plain = if self.after_carriage_return { 0 } else { plain_bytes(window) };
        let (text, rest) = window.split_at_checked(plain).unwrap_or((window, &[]));
        self.held.extend_from_slice(text);
        match (self.after_carriage_return, rest) {
            (_, []) if room < input.len() => (plain, Met::LimitReached),
            (_, []) => (plain, Met::NeedMore),
            (true, [b'\n', ..]) => {
                self.end_line();
                (1, Met::Line)
            }
            (true, _) => (0, Met::Flaw(Flaw::BareCarriageReturn)),
            (false, [b'\r', after @ ..]) => {
                self.held.push(b'\r');
                self.after_carriage_return = true;
                self.after_return(after, plain + 1, room < input.len())
            }
            (false, [b'\n', ..]) => (plain, Met::Flaw(Flaw::BareLineFeed)),
            (false, _) => (plain, Met::Flaw(Flaw::ControlByte)),
        }
    }

    /// Looks at the byte after a CR when it is there already.
    fn after_return(&mut self, after: &[u8], taken: usize, more_beyond: bool) -> (usize, Met) {
        match after.first() {
            Some(b'\n') => {
                self.end_line();
                (taken + 1, Met::Line)
            }
            Some(_) => (taken, Met::Flaw(Flaw::BareCarriageReturn)),
            None if more_beyond => (taken, Met::LimitReached),
            None => (taken, Met::NeedMore),
        }
    }

    fn end_line(&mut self) {
        self.line = (self.next_line, self.held.len() - 1);
        self.held.push(b'\n');
        self.next_line = self.held.len();
        self.after_carriage_return = false;
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

/// How many bytes in front are neither a line end nor a control byte.
fn plain_bytes(window: &[u8]) -> usize {
    window.iter().position(|&byte| byte.is_ascii_control() && byte != b'\t').unwrap_or(window.len())
}
