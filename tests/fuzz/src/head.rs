//! Heads of requests: the reader, the scanner and another parser agree about what they say and where they end.

use tradewind_http_validation::head::{Framing, HeadLimits, RequestReader, Version};

use crate::exchange::{LIMITS, read, scan};
use crate::pieces::ways;

pub(crate) fn check(stream: &[u8]) {
    for limits in LIMITS {
        let [whole, others @ ..] = ways(stream);
        let (scanned, seen) = (scan(&whole, limits), read(&whole, limits));
        assert_eq!(
            (seen.heads, &seen.verdict),
            (scanned.heads, &scanned.verdict),
            "reader and scanner differ"
        );
        for pieces in others {
            assert_eq!(scan(&pieces, limits), scanned, "the scanner depends on how a stream is cut");
            assert_eq!(read(&pieces, limits), seen, "the reader depends on how a stream is cut");
        }
        first(stream, limits);
    }
}

/// The first head alone.
fn first(stream: &[u8], limits: HeadLimits) {
    let mut reader = RequestReader::new(limits);
    let Ok(Some(end)) = reader.read(stream) else { return };
    let head = &stream[..end];
    assert_eq!(RequestReader::new(limits).read(head), Ok(Some(end)), "what follows a head changes it");
    assert_eq!(RequestReader::new(limits).read(&head[..end - 1]), Ok(None), "a head ends before its end");
    as_another_parser(&reader, stream, end);
}

/// As `httparse` reads it, which stands in servers behind and is more lenient.
fn as_another_parser(reader: &RequestReader, stream: &[u8], end: usize) {
    let mut fields = [httparse::EMPTY_HEADER; 128];
    let mut other = httparse::Request::new(&mut fields);
    assert_eq!(other.parse(stream), Ok(httparse::Status::Complete(end)), "the head ends elsewhere");
    assert_eq!((other.method, other.path), (Some(reader.method(stream)), Some(reader.target(stream))));
    let version = if reader.version() == Version::Http11 { 1 } else { 0 };
    assert_eq!(other.version, Some(version));
    let ours: Vec<_> = reader.fields(stream).iter().collect();
    let theirs: Vec<_> = other.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect();
    assert_eq!(ours, theirs, "the fields differ");
    assert_eq!(reader.framing(), framing(&theirs), "the body is delimited otherwise");
}

/// How a body is delimited, read once more in the plainest way (RFC 9112 §6.3).
fn framing(fields: &[(&[u8], &[u8])]) -> Framing {
    let all = |name: &str| -> Vec<&[u8]> {
        let fits = |field: &&(&[u8], &[u8])| field.0.eq_ignore_ascii_case(name.as_bytes());
        fields.iter().filter(fits).map(|field| field.1).collect()
    };
    match (all("transfer-encoding").as_slice(), all("content-length").as_slice()) {
        ([], []) => Framing::Sized(0),
        ([coding], []) if coding.eq_ignore_ascii_case(b"chunked") => Framing::Chunked,
        ([], [length]) if length.iter().all(u8::is_ascii_digit) => {
            let length = std::str::from_utf8(length).ok().and_then(|text| text.parse().ok());
            Framing::Sized(length.unwrap_or_else(|| panic!("a length that is no number was accepted")))
        }
        (codings, lengths) => panic!("accepted with {codings:?} and {lengths:?}"),
    }
}
