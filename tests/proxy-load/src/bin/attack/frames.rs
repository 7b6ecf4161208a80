//! HTTP/2 frames, as bytes.

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// The kinds of frames that are sent or looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Data = 0,
    Headers = 1,
    Priority = 2,
    Reset = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// Appends one frame.
pub(crate) fn frame(out: &mut Vec<u8>, kind: Kind, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind as u8, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// A request's header block: indexed fields of the static table, and literals that are not indexed.
pub(crate) fn request(post: bool, host: &str, path: &str) -> Vec<u8> {
    let mut block = vec![if post { 0x83 } else { 0x82 }, 0x86];
    for (name, value) in [(1_u8, host), (4, path)] {
        block.push(name);
        // A length of up to 126 is one byte.
        let value = value.as_bytes().get(..value.len().min(126)).unwrap_or_default();
        block.push(u8::try_from(value.len()).unwrap_or(0));
        block.extend_from_slice(value);
    }
    block
}

/// Appends a whole request; with a body to come if it is a POST.
pub(crate) fn headers(out: &mut Vec<u8>, stream: u32, post: bool, block: &[u8]) {
    let flags = END_HEADERS | if post { 0 } else { END_STREAM };
    frame(out, Kind::Headers, flags, stream, block);
}

/// Finds the code of the first GOAWAY in what the peer has sent.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    bytes: Vec<u8>,
}

impl Reader {
    /// Takes what has come; the code if a GOAWAY is in it.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Option<u32> {
        self.bytes.extend_from_slice(bytes);
        let (mut at, mut found) = (0, None);
        while let Some(([high, middle, low, kind, ..], _)) =
            self.bytes.get(at..).and_then(|rest| rest.split_first_chunk::<9>())
        {
            let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
            let Some(payload) = self.bytes.get(at + 9..at + 9 + length) else { break };
            if *kind == Kind::GoAway as u8 && found.is_none() {
                let code = payload.get(4..8).and_then(|code| code.first_chunk::<4>());
                found = code.map(|code| u32::from_be_bytes(*code));
            }
            at += 9 + length;
        }
        self.bytes.drain(..at);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goaway_is_found_wherever_the_bytes_are_cut() {
        let mut bytes = Vec::new();
        frame(&mut bytes, Kind::Settings, 0, 0, &[]);
        frame(&mut bytes, Kind::Ping, 1, 0, &[7; 8]);
        frame(&mut bytes, Kind::GoAway, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 11, b'x']);
        for cut in 0..bytes.len() {
            let mut reader = Reader::default();
            assert_eq!(reader.feed(&bytes[..cut]), None);
            assert_eq!(reader.feed(&bytes[cut..]), Some(11));
        }
    }

    #[test]
    fn a_request_is_a_block_of_known_bytes() {
        assert_eq!(request(false, "h", "/a"), [0x82, 0x86, 1, 1, b'h', 4, 2, b'/', b'a']);
    }
}
