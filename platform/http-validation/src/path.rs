//! One canonical form of a request path.
//!
//! Two spellings of one path must never be routed as one thing and authorised as another. So the path is
//! brought into one form at the door (RFC 3986 §6.2.2), and routing, authorisation, limits and forwarding all
//! use that form. A spelling that services are known to read in different ways is refused.

use std::fmt;

/// A path in its one canonical form.
///
/// It begins with `/`, has no `.` or `..` segment and no empty segment except a last one (a trailing slash).
/// Percent triplets are in upper case and stand only where they are needed. The query is not part of it.
/// Made by [`canonical`] and [`CanonicalPath::root`] only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalPath(String);

impl CanonicalPath {
    /// The path `/`.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// The path as text: visible ASCII, never empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CanonicalPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Why a path has no canonical form. The text of each says to the caller what to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathError {
    /// The path does not begin with `/`.
    NotAbsolute,
    /// A segment other than the last is empty (`//`): some services skip it and some do not.
    EmptySegment,
    /// A `..` segment would leave the root.
    AboveRoot,
    /// A `.` or `..` segment carries a parameter (`..;x`): some services drop the parameter and then walk up.
    DotSegmentWithParameter,
    /// `%` without two hexadecimal digits after it (RFC 3986 §2.1).
    MalformedEscape,
    /// `%2F` or `%5C`: some services decode it before they split the path.
    EncodedSeparator,
    /// An encoded control byte, NUL included (`%00` to `%1F`, `%7F`).
    EncodedControl,
    /// A character that must be percent-encoded in a path (RFC 3986 §3.3), a raw backslash included.
    ForbiddenCharacter,
    /// The encoded bytes are not UTF-8. Overlong forms of `/` and `.` are among these.
    NotUtf8,
}

impl PathError {
    /// The stable name of the error, for problem documents and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAbsolute => "path-not-absolute",
            Self::EmptySegment => "path-empty-segment",
            Self::AboveRoot => "path-above-root",
            Self::DotSegmentWithParameter => "path-dot-segment-with-parameter",
            Self::MalformedEscape => "path-malformed-escape",
            Self::EncodedSeparator => "path-encoded-separator",
            Self::EncodedControl => "path-encoded-control",
            Self::ForbiddenCharacter => "path-forbidden-character",
            Self::NotUtf8 => "path-not-utf-8",
        }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAbsolute => "the path must begin with \"/\"",
            Self::EmptySegment => "the path has an empty segment: write one \"/\" instead of several",
            Self::AboveRoot => "the path has more \"..\" segments than there are segments to leave",
            Self::DotSegmentWithParameter => "a \".\" or \"..\" segment must not carry a parameter",
            Self::MalformedEscape => {
                "\"%\" must be followed by two hexadecimal digits; write \"%25\" for \"%\""
            }
            Self::EncodedSeparator => "the path must not contain an encoded slash or backslash",
            Self::EncodedControl => "the path must not contain encoded control characters",
            Self::ForbiddenCharacter => "the path has a character that must be percent-encoded",
            Self::NotUtf8 => "the percent-encoded bytes of the path must be UTF-8",
        })
    }
}

impl std::error::Error for PathError {}

/// Brings a path into its canonical form.
///
/// `raw_path` is the path of a request target as it came, without the query. In the result
/// - percent triplets of unreserved characters are decoded (RFC 3986 §6.2.2.2),
/// - the other triplets have upper-case digits (§6.2.2.1),
/// - `.` and `..` segments are resolved, also when they came encoded (§6.2.2.3, §5.2.4).
///
/// Reserved characters stay as they came: `%3B` and `;` remain two different paths (§2.2).
/// The work and the memory are linear in the length of `raw_path`, which is bounded by the head scanner.
///
/// # Errors
///
/// [`PathError`] names the first flaw of the path, from left to right.
pub fn canonical(raw_path: &str) -> Result<CanonicalPath, PathError> {
    let relative = raw_path.strip_prefix('/').ok_or(PathError::NotAbsolute)?;
    let mut path = String::with_capacity(raw_path.len());
    let mut segments = relative.split('/').peekable();
    while let Some(raw) = segments.next() {
        let last = segments.peek().is_none();
        if raw.is_empty() && !last {
            return Err(PathError::EmptySegment);
        }
        append_segment(&mut path, raw, last)?;
    }
    Ok(CanonicalPath(path))
}

/// Appends one segment with its leading slash, or resolves it when it is a dot segment.
fn append_segment(path: &mut String, raw: &str, last: bool) -> Result<(), PathError> {
    let before = path.len();
    path.push('/');
    decode_segment(path, raw)?;
    let kept = match path.get(before + 1..).unwrap_or_default() {
        "." => before,
        ".." => path.get(..before).and_then(|parent| parent.rfind('/')).ok_or(PathError::AboveRoot)?,
        segment if is_dot_segment_with_parameter(segment) => return Err(PathError::DotSegmentWithParameter),
        _ => return Ok(()),
    };
    path.truncate(kept);
    if last {
        path.push('/');
    }
    Ok(())
}

/// True for `.;…` and `..;…`, the semicolon raw or encoded.
fn is_dot_segment_with_parameter(segment: &str) -> bool {
    let after_dots = segment.trim_start_matches('.');
    let dots = segment.len() - after_dots.len();
    (1..=2).contains(&dots) && (after_dots.starts_with(';') || after_dots.starts_with("%3B"))
}

/// Appends `raw` with its percent triplets in canonical form.
fn decode_segment(path: &mut String, raw: &str) -> Result<(), PathError> {
    // Most segments have nothing to decode.
    if raw.bytes().all(is_path_character) {
        path.push_str(raw);
        return Ok(());
    }
    let mut rest = raw.as_bytes();
    let mut beyond_ascii = Vec::new();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let (value, after) = triplet(after)?;
            rest = after;
            if value.is_ascii() {
                check_utf8(&mut beyond_ascii)?;
            } else {
                beyond_ascii.push(value);
            }
            push_decoded(path, value)?;
        } else if is_path_character(byte) {
            check_utf8(&mut beyond_ascii)?;
            path.push(char::from(byte));
            rest = after;
        } else {
            return Err(PathError::ForbiddenCharacter);
        }
    }
    check_utf8(&mut beyond_ascii)
}

/// The value of the two hexadecimal digits in front, and what follows them.
fn triplet(after_percent: &[u8]) -> Result<(u8, &[u8]), PathError> {
    let [high, low, rest @ ..] = after_percent else {
        return Err(PathError::MalformedEscape);
    };
    match (hexadecimal(*high), hexadecimal(*low)) {
        (Some(high), Some(low)) => Ok((high << 4 | low, rest)),
        _ => Err(PathError::MalformedEscape),
    }
}

fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends an encoded byte: decoded when it is unreserved, as an upper-case triplet otherwise.
fn push_decoded(path: &mut String, value: u8) -> Result<(), PathError> {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    match value {
        b'/' | b'\\' => return Err(PathError::EncodedSeparator),
        _ if value.is_ascii_control() => return Err(PathError::EncodedControl),
        _ if is_unreserved(value) => path.push(char::from(value)),
        _ => path.extend(['%', DIGITS[usize::from(value >> 4)], DIGITS[usize::from(value & 15)]]),
    }
    Ok(())
}

/// Checks and forgets a finished run of encoded bytes beyond ASCII.
fn check_utf8(run: &mut Vec<u8>) -> Result<(), PathError> {
    if !run.is_empty() {
        std::str::from_utf8(run).map_err(|_| PathError::NotUtf8)?;
        run.clear();
    }
    Ok(())
}

/// `unreserved` of RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `pchar` of RFC 3986 §3.3 without the percent triplet.
pub(crate) fn is_path_character(byte: u8) -> bool {
    const PATH: &[u8] = b"-._~!$&'()*+,;=:@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static TABLE: [bool; 256] = byte_set(PATH);
    TABLE[usize::from(byte)]
}

/// A table that tells whether a byte is one of `members`. One look-up per byte is what a hot loop can afford.
pub(crate) const fn byte_set(members: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < members.len() {
        table[members[index] as usize] = true;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests;
