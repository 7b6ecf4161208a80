//! What gRPC puts on the wire: frames, timeouts, statuses in trailers.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tradewind_grpc::{FrameError, failure, format_timeout, frame, parse_timeout, unframe};

pub(crate) fn check(bytes: &[u8]) {
    framed(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        timeout(text);
        status(text);
    }
}

/// A frame has one meaning, and what is framed comes out again.
fn framed(bytes: &[u8]) {
    let read = unframe(Bytes::copy_from_slice(bytes));
    match bytes {
        [] => assert_eq!(read, Err(FrameError::Missing)),
        [compressed, a, b, c, d, message @ ..] => {
            let length = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
            let expected = match (compressed, length.cmp(&(message.len() as u64))) {
                (1.., _) => Err(FrameError::Compressed),
                (0, std::cmp::Ordering::Greater) => Err(FrameError::Cut),
                (0, std::cmp::Ordering::Less) => Err(FrameError::TooMany),
                (0, std::cmp::Ordering::Equal) => Ok(Bytes::copy_from_slice(message)),
            };
            assert_eq!(read, expected);
        }
        _ => assert_eq!(read, Err(FrameError::Cut)),
    }
    if let Ok(message) = read {
        assert_eq!(&frame(&message)[..], bytes, "a message has two frames");
    }
    assert_eq!(unframe(frame(bytes)), Ok(Bytes::copy_from_slice(bytes)), "a message changed in its frame");
}

/// What is told of a timeout is never longer than the timeout.
fn timeout(text: &str) {
    let Some(left) = parse_timeout(text) else { return };
    assert!(text.len() <= 9 && text.is_ascii(), "{text:?} was taken for a timeout");
    let told = parse_timeout(&format_timeout(left)).unwrap_or_else(|| panic!("{left:?} cannot be told"));
    assert!(told <= left, "{left:?} became {told:?}");
}

/// Trailers, a line each: any give a problem with a status of errors, or success by a `grpc-status` of 0.
fn status(text: &str) {
    let mut trailers = HeaderMap::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            trailers.append(name, value);
        }
    }
    match failure(&trailers) {
        Some(problem) => assert!((400..600).contains(&problem.status()), "{problem:?}"),
        None => {
            let said = trailers.get("grpc-status").map(|value| value.as_bytes());
            let is_zero =
                said.is_some_and(|said| !said.is_empty() && said.iter().all(|digit| *digit == b'0'));
            assert!(is_zero, "{said:?} was taken for success");
        }
    }
}
