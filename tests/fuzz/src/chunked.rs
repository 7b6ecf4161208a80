//! Chunked bodies: read the same however they are cut, as the scanner judges them, and as another parser reads them.

use tradewind_http_validation::head::{ChunkReader, HeadLimits, Piece, Refusal};

use crate::exchange::scan;
use crate::pieces::ways;

/// The most trailer fields.
const FIELDS: usize = 8;

/// What came of a body: its data, its trailers, and where it ended, if it did.
#[derive(Debug, PartialEq, Eq)]
struct Body {
    data: Vec<u8>,
    trailers: Vec<u8>,
    end: Result<Option<usize>, Refusal>,
}

pub(crate) fn check(stream: &[u8]) {
    for new in [ChunkReader::new, ChunkReader::of_answer] {
        let [whole, others @ ..] = ways(stream);
        let body = follow(new(FIELDS), &whole);
        for pieces in others {
            assert_eq!(follow(new(FIELDS), &pieces), body, "a body depends on how it is cut");
        }
        as_another_parser(&body, stream);
    }
    as_the_scanner(&follow(ChunkReader::new(FIELDS), &[stream]), stream);
}

fn follow(mut reader: ChunkReader, pieces: &[&[u8]]) -> Body {
    let mut body = Body { data: Vec::new(), trailers: Vec::new(), end: Ok(None) };
    let mut at = 0;
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let taken = match reader.next(rest) {
                Ok(Piece::Data(length)) => {
                    body.data.extend_from_slice(&rest[..length]);
                    length
                }
                Ok(Piece::Framing(length)) => length,
                Ok(Piece::End(length)) => {
                    body.trailers = reader.trailers().to_vec();
                    body.end = Ok(Some(at + length));
                    return body;
                }
                Err(refusal) => {
                    body.end = Err(refusal);
                    return body;
                }
            };
            assert!((1..=rest.len()).contains(&taken), "took {taken} of {}", rest.len());
            at += taken;
            rest = &rest[taken..];
        }
    }
    body
}

/// The scanner says the same of a request with this body.
fn as_the_scanner(body: &Body, stream: &[u8]) {
    const HEAD: &[u8] = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let end = match &body.end {
        Ok(Some(end)) => *end,
        _ => stream.len(),
    };
    let limits = HeadLimits { max_headers: FIELDS, ..HeadLimits::default() };
    let scanned = scan(&[HEAD, &stream[..end]], limits);
    assert_eq!(scanned.verdict.as_ref().err(), body.end.as_ref().err(), "the scanner differs");
    if body.end == Ok(Some(end)) {
        assert_eq!(scanned.released, [HEAD, &stream[..end]].concat(), "the scanner ends elsewhere");
    }
}

/// `httparse` knows sizes and fields and is more lenient; between them it is only to count.
fn as_another_parser(body: &Body, stream: &[u8]) {
    let other = counted(stream);
    match &body.end {
        Ok(Some(end)) => {
            let (data, other_end) = other.unwrap_or_else(|| panic!("only we see a body that ends"));
            assert_eq!((&body.data, *end), (&data, other_end), "the body is another");
            let empty_line = body.trailers.ends_with(b"\r\n");
            assert!(empty_line && stream[..*end].ends_with(&body.trailers), "the trailers are others");
        }
        Ok(None) => assert_eq!(other, None, "only we wait for more"),
        Err(_) => {}
    }
}

fn counted(stream: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut data, mut at) = (Vec::new(), 0);
    loop {
        let Ok(httparse::Status::Complete((line, size))) = httparse::parse_chunk_size(&stream[at..]) else {
            return None;
        };
        at += line;
        if size == 0 {
            let mut fields = [httparse::EMPTY_HEADER; 2 * FIELDS];
            let parsed = httparse::parse_headers(&stream[at..], &mut fields);
            let Ok(httparse::Status::Complete((trailers, _))) = parsed else { return None };
            return Some((data, at + trailers));
        }
        let end = at.checked_add(usize::try_from(size).ok()?)?;
        data.extend_from_slice(stream.get(at..end)?);
        at = end + stream.get(end..end + 2).filter(|ending| ending == b"\r\n")?.len();
    }
}
