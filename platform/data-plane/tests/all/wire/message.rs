//! Messages as the tests read them: more strictly than any server does, and knowing nothing of the gateway.
//!
//! What the gateway sends has to be readable without a doubt, in both directions, so every liberty that RFC 9112 leaves
//! to a sender is a flaw here: one line end, one framing, plain chunk sizes without extensions.

use super::text::shown;

/// One whole message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The first line without its end.
    pub start: String,
    /// Names in lower case, values without white space around.
    pub fields: Vec<(String, Vec<u8>)>,
    /// Without the chunks' sizes.
    pub body: Vec<u8>,
    pub trailers: Vec<(String, Vec<u8>)>,
    pub is_chunked: bool,
}

/// Compact: a complaint shows whole messages.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.start)?;
        for (name, value) in self.fields.iter().chain(&self.trailers) {
            write!(f, " {name}: {}", shown(value))?;
        }
        write!(f, " with \"{}\"", shown(&self.body))
    }
}

/// What a run of bytes begins with.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// The message, and how many bytes it takes.
    Whole(Message, usize),
    /// What has come of it so far; without its head nothing is known.
    Incomplete(Option<Message>),
    /// Not a message that everybody reads in the same way.
    Flawed(String),
}

/// Which message is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Request,
    /// The answer to a request of this kind; `at_end` when no more bytes will come.
    Response {
        to_head: bool,
        at_end: bool,
    },
}

impl Kind {
    fn is_at_end(self) -> bool {
        matches!(self, Self::Response { at_end: true, .. })
    }
}

impl Message {
    /// All values of a field.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// The second word of a request line, or of a status line.
    pub fn second(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    pub fn method(&self) -> &str {
        self.start.split(' ').next().unwrap_or_default()
    }

    pub fn status(&self) -> u16 {
        self.second().parse().unwrap_or_default()
    }

    /// An answer after which the final one is still to come.
    pub fn is_interim(&self) -> bool {
        (102..200).contains(&self.status()) || self.status() == 100
    }
}

/// Reads the message at the beginning of `bytes`.
pub fn read(bytes: &[u8], kind: Kind) -> Read {
    match try_read(bytes, kind) {
        Ok(read) => read,
        Err(flaw) => Read::Flawed(flaw),
    }
}

fn try_read(bytes: &[u8], kind: Kind) -> Result<Read, String> {
    let Some((mut message, head)) = read_head(bytes, kind)? else {
        return Ok(Read::Incomplete(None));
    };
    let rest = &bytes[head..];
    let wanted = match framing(&message, kind)? {
        Framing::Chunked => {
            message.is_chunked = true;
            let taken = chunks(rest, &mut message, false)?;
            return Ok(match taken {
                Some(taken) => Read::Whole(message, head + taken),
                None => Read::Incomplete(Some(message)),
            });
        }
        Framing::Sized(length) => length,
        Framing::UntilEnd if kind.is_at_end() => rest.len(),
        Framing::UntilEnd => usize::MAX,
    };
    if rest.len() >= wanted {
        message.body = rest[..wanted].to_vec();
        return Ok(Read::Whole(message, head + wanted));
    }
    message.body = rest.to_vec();
    Ok(Read::Incomplete(Some(message)))
}

/// The head and its length in bytes, or `None` while it is not complete.
fn read_head(bytes: &[u8], kind: Kind) -> Result<Option<(Message, usize)>, String> {
    let Some((start, mut at)) = line(bytes)? else {
        return Ok(None);
    };
    let start = String::from_utf8(start.to_vec()).map_err(|_| "a first line beyond ASCII".to_owned())?;
    check_start(&start, kind)?;
    let mut message = Message { start, ..Message::default() };
    match field_lines(&bytes[at..])? {
        Some((fields, taken)) => {
            message.fields = fields;
            at += taken;
            Ok(Some((message, at)))
        }
        None => Ok(None),
    }
}

fn check_start(start: &str, kind: Kind) -> Result<(), String> {
    let words: Vec<&str> = start.splitn(3, ' ').collect();
    let is_good = match (kind, words.as_slice()) {
        (Kind::Request, [method, target, "HTTP/1.1"]) => {
            !method.is_empty()
                && method.bytes().all(is_token_byte)
                && (*target == "*" || target.starts_with('/'))
        }
        (_, ["HTTP/1.1" | "HTTP/1.0", status, _]) => {
            status.len() == 3 && status.parse().is_ok_and(|status: u16| (100..600).contains(&status))
        }
        _ => false,
    };
    is_good.then_some(()).ok_or_else(|| format!("the first line {start:?}"))
}

type Fields = Vec<(String, Vec<u8>)>;

/// Field lines up to the empty one, and how many bytes they take with it.
fn field_lines(bytes: &[u8]) -> Result<Option<(Fields, usize)>, String> {
    let (mut fields, mut at) = (Vec::new(), 0);
    while let Some((text, taken)) = line(&bytes[at..])? {
        at += taken;
        if text.is_empty() {
            return Ok(Some((fields, at)));
        }
        let shown = || format!("the field line \"{}\"", text.escape_ascii());
        let colon = text.iter().position(|byte| *byte == b':').ok_or_else(shown)?;
        let (name, value) = (&text[..colon], &text[colon + 1..]);
        if name.is_empty() || !name.iter().copied().all(is_token_byte) {
            return Err(shown());
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        fields.push((name, trimmed(value).to_vec()));
    }
    Ok(None)
}

/// A line and how many bytes it takes with its end; `None` while it is not complete.
fn line(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, String> {
    let Some(end) = bytes.iter().position(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f) else {
        return Ok(None);
    };
    match bytes[end..] {
        [b'\r', b'\n', ..] => Ok(Some((&bytes[..end], end + 2))),
        [b'\r'] => Ok(None),
        _ => Err(format!("a control byte after \"{}\"", bytes[..end].escape_ascii())),
    }
}

enum Framing {
    Sized(usize),
    Chunked,
    UntilEnd,
}

fn framing(message: &Message, kind: Kind) -> Result<Framing, String> {
    let lengths: Vec<&[u8]> = message.values("content-length").collect();
    let codings: Vec<&[u8]> = message.values("transfer-encoding").collect();
    let declared = match (lengths.as_slice(), codings.as_slice()) {
        ([], []) => None,
        ([length], []) => Some(Framing::Sized(decimal(length)?)),
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") && message.start_is_11(kind) => {
            Some(Framing::Chunked)
        }
        _ => return Err(format!("the framing of {:?}", message.start)),
    };
    let Kind::Response { to_head, .. } = kind else {
        return Ok(declared.unwrap_or(Framing::Sized(0)));
    };
    if to_head || matches!(message.status(), 100..200 | 204 | 304) {
        return Ok(Framing::Sized(0));
    }
    Ok(declared.unwrap_or(Framing::UntilEnd))
}

impl Message {
    fn start_is_11(&self, kind: Kind) -> bool {
        match kind {
            Kind::Request => self.start.ends_with("HTTP/1.1"),
            _ => self.start.starts_with("HTTP/1.1"),
        }
    }
}

fn decimal(digits: &[u8]) -> Result<usize, String> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    text.and_then(|text| text.parse().ok()).ok_or_else(|| format!("the length \"{}\"", digits.escape_ascii()))
}

/// How many bytes a chunked body takes; `None` while it is not complete.
fn chunks(bytes: &[u8], message: &mut Message, with_extensions: bool) -> Result<Option<usize>, String> {
    let mut at = 0;
    while let Some((mut digits, taken)) = line(&bytes[at..])? {
        at += taken;
        if with_extensions {
            digits = digits.split(|byte| *byte == b';').next().unwrap_or_default();
        }
        let text = String::from_utf8_lossy(digits);
        let is_plain = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
        let size = usize::from_str_radix(&text, 16).ok().filter(|_| is_plain);
        let size = size.ok_or_else(|| format!("the chunk size {text:?}"))?;
        if size == 0 {
            let Some((trailers, taken)) = field_lines(&bytes[at..])? else {
                return Ok(None);
            };
            message.trailers = trailers;
            return Ok(Some(at + taken));
        }
        let rest = &bytes[at..];
        message.body.extend_from_slice(&rest[..size.min(rest.len())]);
        match rest.get(size..).unwrap_or_default() {
            [b'\r', b'\n', ..] => at += size + 2,
            [] | [b'\r'] => return Ok(None),
            _ => return Err("no line end after the data of a chunk".to_owned()),
        }
    }
    Ok(None)
}

fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests;
