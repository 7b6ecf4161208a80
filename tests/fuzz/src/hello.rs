//! The first message of a TLS connection: a verdict that nothing behind it changes, and a name that is one.

use tradewind_edge::hello::{ClientHello, MAX_BYTES, NoHello, read};

use crate::pieces::ways;

pub(crate) fn check(stream: &[u8]) {
    let whole = read(stream);
    let [_, others @ ..] = ways(stream);
    for pieces in others {
        assert_eq!(in_pieces(&pieces), whole, "the verdict depends on how a stream is cut");
    }
    assert!(whole != Ok(None) || stream.len() < MAX_BYTES, "nothing is decided");
    let Ok(Some(ClientHello { server_name, length })) = whole else { return };
    assert!(length <= stream.len().min(MAX_BYTES), "{length} bytes of {}", stream.len());
    assert_eq!(read(&stream[..length - 1]), Ok(None), "it ends before its end");
    let Some(name) = server_name else { return };
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    assert!((1..=253).contains(&name.len()) && name.bytes().all(is_plain), "{name:?}");
    assert!(!name.starts_with('.') && !name.ends_with('.') && !name.contains(".."), "{name:?}");
    let bytes = stream[..length].to_ascii_lowercase();
    // Where the message is in one record the name stands there as it is.
    let is_in_one = usize::from(u16::from_be_bytes([stream[3], stream[4]])) + 5 == length;
    let is_there = || bytes.windows(name.len()).any(|window| window == name.as_bytes());
    assert!(!is_in_one || is_there(), "{name:?} is not in it");
}

fn in_pieces(pieces: &[&[u8]]) -> Result<Option<ClientHello>, NoHello> {
    let mut buffer = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        match read(&buffer) {
            Ok(None) => {}
            verdict => return verdict,
        }
    }
    Ok(None)
}
