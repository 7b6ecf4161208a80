//! The first message of a TLS connection (`ClientHello`, RFC 8446 §4.1.2), as far as it says where the connection is
//! to go.
//!
//! A proxy that passes TLS on as it is has nothing but this message to decide by. It is read strictly: what could mean
//! another name to another reader is refused, and so is what is no such message at all.

mod message;
mod name;

use std::fmt;

/// The longest message in bytes. Browsers send one or two thousand.
pub const MAX_MESSAGE: usize = 16 * 1024;

/// The most records that a message may be divided into.
pub const MAX_RECORDS: usize = 64;

/// The most bytes that are read until a message is whole or refused.
pub const MAX_BYTES: usize = MAX_MESSAGE + MAX_RECORDS * RECORD_HEAD;

/// Type, version and length of a record (RFC 8446 §5.1).
const RECORD_HEAD: usize = 5;
/// Type and length of a message of the handshake (RFC 8446 §4).
const MESSAGE_HEAD: usize = 4;
/// The longest record in bytes (RFC 8446 §5.1).
const MAX_RECORD: usize = 16 * 1024;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

/// What a first message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    /// The host that is asked for (RFC 6066 §3), in lower case.
    pub server_name: Option<String>,
    /// How many bytes of the stream it took. What follows them belongs to the connection all the same.
    pub length: usize,
}

/// Why bytes are no first message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoHello {
    /// They are no TLS, or no handshake that begins.
    NotTls,
    /// It is longer, or in more pieces, than it may be.
    TooLong,
    /// It is one, and what it says cannot be read, or could be read in two ways.
    Malformed(&'static str),
}

impl fmt::Display for NoHello {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls => formatter.write_str("it is no TLS"),
            Self::TooLong => formatter.write_str("the first message is too long"),
            Self::Malformed(what) => write!(formatter, "the first message is malformed: {what}"),
        }
    }
}

/// Reads the beginning of a connection; none as long as the message is not whole. The verdict never changes with what
/// comes behind, so bytes may be shown again with more of them.
///
/// # Errors
///
/// They are no such message. At [`MAX_BYTES`] there is a verdict in any case.
pub fn read(bytes: &[u8]) -> Result<Option<ClientHello>, NoHello> {
    let mut message = Message::default();
    let mut rest = bytes;
    loop {
        let Some((payload, behind)) = record(rest)? else { return Ok(None) };
        let is_whole = payload.len() == behind.expected;
        let is_over = message.add(payload, behind.expected)?;
        if is_over {
            let length = bytes.len() - behind.rest.len();
            return message::server_name(&message.body())
                .map(|server_name| Some(ClientHello { server_name, length }));
        }
        if !is_whole {
            return Ok(None);
        }
        rest = behind.rest;
    }
}

/// What follows the part of a record that has come.
struct Behind<'a> {
    /// How long the record is to be.
    expected: usize,
    rest: &'a [u8],
}

/// The part of the first record that has come; none before its head has.
fn record(bytes: &[u8]) -> Result<Option<(&[u8], Behind<'_>)>, NoHello> {
    // Each byte is judged as soon as it is there, so that who speaks another protocol does not wait for an answer.
    let [kind, rest @ ..] = bytes else { return Ok(None) };
    if *kind != HANDSHAKE {
        return Err(NoHello::NotTls);
    }
    let [major, rest @ ..] = rest else { return Ok(None) };
    if *major != 3 {
        return Err(NoHello::NotTls);
    }
    let [minor, rest @ ..] = rest else { return Ok(None) };
    // TLS 1.0 to 1.2; later ones go on saying so (RFC 8446 §5.1).
    if !(1..=3).contains(minor) {
        return Err(NoHello::NotTls);
    }
    let [high, low, rest @ ..] = rest else { return Ok(None) };
    let expected = usize::from(u16::from_be_bytes([*high, *low]));
    if expected == 0 {
        return Err(NoHello::Malformed("an empty record"));
    }
    if expected > MAX_RECORD {
        return Err(NoHello::TooLong);
    }
    let (payload, rest) = rest.split_at(rest.len().min(expected));
    Ok(Some((payload, Behind { expected, rest })))
}

/// A message, put together from records. Its bytes stay where they are until it is whole.
#[derive(Default)]
struct Message<'a> {
    parts: Vec<&'a [u8]>,
    head: [u8; MESSAGE_HEAD],
    length: usize,
}

impl<'a> Message<'a> {
    /// Adds what has come of a record that is so long, and says whether the message is over.
    fn add(&mut self, part: &'a [u8], record: usize) -> Result<bool, NoHello> {
        if self.parts.len() == MAX_RECORDS {
            return Err(NoHello::TooLong);
        }
        let declared = self.length + record;
        let free = self.head.iter_mut().skip(self.length);
        free.zip(part).for_each(|(place, byte)| *place = *byte);
        self.length += part.len();
        self.parts.push(part);
        let [kind, length @ ..] = self.head;
        if self.length > 0 && kind != CLIENT_HELLO {
            return Err(NoHello::NotTls);
        }
        if self.length < MESSAGE_HEAD {
            return Ok(false);
        }
        let [high, middle, low] = length.map(usize::from);
        let expected = MESSAGE_HEAD + (high << 16 | middle << 8 | low);
        if expected > MAX_MESSAGE {
            return Err(NoHello::TooLong);
        }
        // By what the record says of itself: the verdict must not depend on how much of it has come.
        if declared > expected {
            return Err(NoHello::Malformed("something behind it in its record"));
        }
        Ok(self.length == expected)
    }

    /// What is in it, behind its own head.
    fn body(&self) -> Vec<u8> {
        self.parts.iter().copied().flatten().skip(MESSAGE_HEAD).copied().collect()
    }
}

#[cfg(test)]
#[path = "hello/tests.rs"]
mod tests;
