//! A chunked body, followed to its end (RFC 9112 §7.1).

use super::fields::{self, Field};
use super::lines::{Flaw, Lines, Met};
use super::refusal::{Refusal, shown};

/// Digits of a chunk size: sixteen hexadecimal digits always fit 64 bits.
const MAX_SIZE_DIGITS: usize = 16;
/// Bytes of the extensions of one chunk, from the first semicolon on (RFC 9112 §7.1.1 asks for a limit).
const MAX_EXTENSION_BYTES: usize = 256;
/// Bytes of a chunk-size line with its line end.
const MAX_SIZE_LINE_BYTES: usize = MAX_SIZE_DIGITS + MAX_EXTENSION_BYTES + 2;
/// Bytes of a trailer section with all its line ends.
const MAX_TRAILER_BYTES: usize = 4 * 1024;

/// Which trailer fields there may be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trailers {
    pub(super) most: usize,
    /// Also those that frame or route a message; whoever reads them is to leave them out.
    pub(super) may_frame: bool,
}

/// Where in a chunked body the next byte belongs.
#[derive(Debug, Default)]
pub(super) enum Chunks {
    #[default]
    SizeLine,
    /// Never zero bytes left.
    Data {
        left: u64,
    },
    /// The CRLF after the data of a chunk.
    DataEnd {
        after_carriage_return: bool,
    },
    Trailers {
        fields: usize,
    },
    Finished,
}

impl Chunks {
    /// How many of the next bytes are data; zero when they are something else.
    pub(super) fn data_left(&self) -> u64 {
        match self {
            Self::Data { left } => *left,
            _ => 0,
        }
    }

    /// True in the trailer section.
    pub(super) fn in_trailers(&self) -> bool {
        matches!(self, Self::Trailers { .. })
    }

    /// Counts off data that was taken.
    pub(super) fn take_data(&mut self, taken: u64) {
        if let Self::Data { left } = self {
            *left -= taken.min(*left);
            if *left == 0 {
                *self = Self::DataEnd { after_carriage_return: false };
            }
        }
    }

    /// True when the trailer section has ended, and with it the message.
    pub(super) fn is_finished(&self) -> bool {
        matches!(self, Self::Finished)
    }

    /// Takes some of `input` and says how many bytes. Released are data, and complete valid lines.
    pub(super) fn step(
        &mut self,
        input: &[u8],
        lines: &mut Lines,
        allowed: Trailers,
        released: &mut Vec<u8>,
    ) -> Result<usize, Refusal> {
        match self {
            Self::SizeLine => self.size_line(input, lines, released),
            Self::Data { left } => {
                let taken = pass(input, left, released);
                if *left == 0 {
                    *self = Self::DataEnd { after_carriage_return: false };
                }
                Ok(taken)
            }
            Self::DataEnd { after_carriage_return } => {
                let after_carriage_return = *after_carriage_return;
                self.data_end(after_carriage_return, input, released)
            }
            Self::Trailers { .. } => self.trailer_line(input, lines, allowed, released),
            Self::Finished => Ok(0),
        }
    }

    fn size_line(
        &mut self,
        input: &[u8],
        lines: &mut Lines,
        released: &mut Vec<u8>,
    ) -> Result<usize, Refusal> {
        let (taken, met) = lines.take(input, MAX_SIZE_LINE_BYTES);
        match met {
            Met::NeedMore => {}
            Met::Line => {
                *self = match chunk_size(lines.line())? {
                    0 => Self::Trailers { fields: 0 },
                    left => Self::Data { left },
                };
                lines.release(released);
            }
            Met::LimitReached => return Err(size_line_too_long()),
            Met::Flaw(flaw) => return Err(in_body(flaw)),
        }
        Ok(taken)
    }

    /// The data of a chunk ends with exactly CRLF; anything else means that its size was wrong.
    fn data_end(
        &mut self,
        after_return: bool,
        input: &[u8],
        released: &mut Vec<u8>,
    ) -> Result<usize, Refusal> {
        let byte = match (after_return, input.first()) {
            (false, Some(b'\r')) => {
                *self = Self::DataEnd { after_carriage_return: true };
                b'\r'
            }
            (true, Some(b'\n')) => {
                *self = Self::SizeLine;
                b'\n'
            }
            _ => {
                return Err(bad_chunk(
                    "the data of a chunk must end with CRLF, exactly after its declared size",
                ));
            }
        };
        released.push(byte);
        Ok(1)
    }

    fn trailer_line(
        &mut self,
        input: &[u8],
        lines: &mut Lines,
        allowed: Trailers,
        released: &mut Vec<u8>,
    ) -> Result<usize, Refusal> {
        let Self::Trailers { fields } = self else {
            return Ok(0);
        };
        let (taken, met) = lines.take(input, MAX_TRAILER_BYTES);
        match met {
            Met::NeedMore => {}
            Met::Line if lines.line().is_empty() => {
                lines.release(released);
                *self = Self::Finished;
            }
            Met::Line if *fields == allowed.most => return Err(fields::too_many(allowed.most)),
            Met::Line => {
                *fields += 1;
                let field = Field::parse(lines.line())?;
                if !allowed.may_frame {
                    check_trailer(&field)?;
                }
            }
            Met::LimitReached => return Err(trailers_too_large()),
            Met::Flaw(flaw) => return Err(in_body(flaw)),
        }
        Ok(taken)
    }
}

/// Passes on as many of the `left` bytes as have come, and counts them off.
pub(super) fn pass(input: &[u8], left: &mut u64, released: &mut Vec<u8>) -> usize {
    let most = usize::try_from(*left).unwrap_or(usize::MAX);
    let body = input.get(..most).unwrap_or(input);
    released.extend_from_slice(body);
    *left -= body.len() as u64;
    body.len()
}

/// `1*HEXDIG [ chunk-ext ]`. White space around the size, which some servers skip, is refused.
fn chunk_size(line: &[u8]) -> Result<u64, Refusal> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, extensions) = line.split_at_checked(digits).unwrap_or_default();
    if !(1..=MAX_SIZE_DIGITS).contains(&digits) {
        return Err(bad_chunk("a chunk must begin with its size in 1 to 16 hexadecimal digits"));
    }
    if extensions.len() > MAX_EXTENSION_BYTES {
        return Err(size_line_too_long());
    }
    if !matches!(extensions.first(), None | Some(b';')) || !extensions.iter().all(is_extension_byte) {
        return Err(bad_chunk(
            "a chunk size may be followed by extensions after a semicolon, and by nothing else",
        ));
    }
    let size = std::str::from_utf8(size).ok().and_then(|size| u64::from_str_radix(size, 16).ok());
    size.ok_or_else(|| bad_chunk("a chunk must begin with its size in 1 to 16 hexadecimal digits"))
}

/// Visible ASCII and white space. Bytes beyond ASCII are of no use in an extension.
fn is_extension_byte(byte: &u8) -> bool {
    byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t')
}

/// RFC 9110 §6.5.1: fields that frame or route a message must not come after its content.
fn check_trailer(field: &Field<'_>) -> Result<(), Refusal> {
    if ["content-length", "transfer-encoding", "host"].iter().any(|name| field.is(name)) {
        let detail = format!("{} is not allowed in a trailer section", shown(field.name));
        return Err(Refusal::bad_request("forbidden-trailer", detail));
    }
    Ok(())
}

/// The flaws of lines, in the words of a body.
fn in_body(flaw: Flaw) -> Refusal {
    match flaw {
        Flaw::ControlByte => bad_chunk("control characters are not allowed in chunk sizes and trailers"),
        Flaw::BareLineFeed | Flaw::BareCarriageReturn => flaw.refusal(),
    }
}

fn bad_chunk(detail: &str) -> Refusal {
    Refusal::bad_request("bad-chunk", detail.to_owned())
}

fn size_line_too_long() -> Refusal {
    let detail = format!(
        "a chunk size must not exceed {MAX_SIZE_DIGITS} digits and {MAX_EXTENSION_BYTES} bytes of extensions"
    );
    Refusal::bad_request("chunk-size-line-too-long", detail)
}

fn trailers_too_large() -> Refusal {
    let detail = format!("the trailer section must not exceed {MAX_TRAILER_BYTES} bytes");
    Refusal::new(431, "trailers-too-large", detail)
}
