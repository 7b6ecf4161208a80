//! Frames: a message with its length before it.

use bytes::{BufMut, Bytes, BytesMut};

/// What stands before a message: one byte that says whether it is compressed, four for its length.
const PREFIX: usize = 5;

/// Why bytes are not one framed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// There is no message.
    #[error("there is no message")]
    Missing,
    /// It ends before its length.
    #[error("the message ends before the length that it names")]
    Cut,
    /// Something follows the message.
    #[error("something follows the message, where one message is expected")]
    TooMany,
    /// It is compressed, and nobody agreed to that.
    #[error("the message is compressed; send it as it is")]
    Compressed,
}

/// A message in its frame, uncompressed. It must be shorter than 4 GiB, as everything here is that is sent.
#[must_use]
pub fn frame(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// The one message of a whole body.
///
/// # Errors
/// What is wrong with the frame.
pub fn unframe(mut body: Bytes) -> Result<Bytes, FrameError> {
    let Some((&[compressed, a, b, c, d], _)) = body.split_first_chunk::<PREFIX>() else {
        return Err(if body.is_empty() { FrameError::Missing } else { FrameError::Cut });
    };
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let message = body.split_off(PREFIX);
    match (compressed, message.len()) {
        (0, there) if there == length => Ok(message),
        (0, there) if there < length => Err(FrameError::Cut),
        (0, _) => Err(FrameError::TooMany),
        _ => Err(FrameError::Compressed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_one_whole_message_is_named() {
        let cases: [(&[u8], FrameError); 7] = [
            (b"", FrameError::Missing),
            (b"\0", FrameError::Cut),
            (b"\0\0\0\0", FrameError::Cut),
            (b"\0\0\0\0\x02a", FrameError::Cut),
            (b"\0\xff\xff\xff\xffa", FrameError::Cut),
            (b"\0\0\0\0\x01ab", FrameError::TooMany),
            (b"\x01\0\0\0\x01a", FrameError::Compressed),
        ];
        for (bytes, expected) in cases {
            assert_eq!(unframe(Bytes::from_static(bytes)), Err(expected), "{bytes:?}");
        }
        assert_eq!(unframe(Bytes::from_static(b"\0\0\0\0\0")), Ok(Bytes::new()));
    }

    proptest! {
        #[test]
        fn a_message_survives_its_frame(message: Vec<u8>) {
            prop_assert_eq!(unframe(frame(&message)), Ok(Bytes::from(message)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            drop(unframe(Bytes::from(bytes)));
        }
    }
}
