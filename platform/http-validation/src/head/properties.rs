//! What must hold for any bytes and any way of cutting them.

use super::{ChunkReader, Framing, HeadLimits, Piece, Refusal, RequestReader, Scanner};
use proptest::prelude::*;

/// All that a scanner tells about a byte stream.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    released: Vec<u8>,
    heads: u64,
    is_idle: bool,
    in_head: bool,
    verdict: Result<(), Refusal>,
}

fn scan<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: HeadLimits) -> Outcome {
    let mut scanner = Scanner::new(limits);
    let mut released = Vec::new();
    let mut verdict = Ok(());
    for piece in pieces {
        verdict = scanner.feed(piece, &mut released);
    }
    let (heads, is_idle, in_head) = (scanner.heads(), scanner.is_idle(), scanner.in_head());
    Outcome { released, heads, is_idle, in_head, verdict }
}

/// Cuts `input` at the given fractions of its length.
fn cut<'a>(input: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    places.extend([0, input.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect()
}

/// Limits small enough that generated streams reach them.
fn limits() -> impl Strategy<Value = HeadLimits> {
    let small = (20_usize..120, 0_usize..4, 1_usize..20).prop_map(
        |(max_head_bytes, max_headers, max_target_bytes)| HeadLimits {
            max_head_bytes,
            max_headers,
            max_target_bytes,
        },
    );
    prop_oneof![Just(HeadLimits::default()), small]
}

/// A valid request, chosen so that its body looks like requests.
fn requests() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(
        prop_oneof![
            Just(b"\r\n".to_vec()),
            Just(b"GET / HTTP/1.0\r\n\r\n".to_vec()),
            prop::collection::vec(any::<u8>(), 1..20)
        ],
        0..4,
    )
    .prop_map(|parts| parts.concat());
    (body, prop::collection::vec(1_usize..9, 0..4)).prop_map(|(body, sizes)| match sizes.as_slice() {
        [] => [
            format!("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(),
            &body,
        ]
        .concat(),
        sizes => chunked(&body, sizes),
    })
}

/// A request whose body is cut into chunks of the given sizes, again and again.
fn chunked(mut body: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut request = b"PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for size in sizes.iter().cycle() {
        let (chunk, rest) = body.split_at_checked(*size).unwrap_or((body, &[]));
        if chunk.is_empty() {
            break;
        }
        request.extend(format!("{:x};e\r\n", chunk.len()).bytes());
        request.extend(chunk);
        request.extend(b"\r\n");
        body = rest;
    }
    request.extend(b"0\r\nT: v\r\n\r\n");
    request
}

/// Pieces of requests in any order: mostly wrong, often nearly right.
fn nearly_requests() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\r\n",
        b"\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\r",
        b"\n",
        b" ",
        b"\t",
        b":",
        b"\0",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\n",
        b"POST /",
        b" HTTP/1.1\r\n",
        b"Host: a\r\n",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"X: y\r\n",
        b"5\r\nabcde\r\n",
        b"0\r\n",
        b"3;x\r\n",
        b"Expect: 100-continue\r\n",
        b"PRI * HTTP/2.0\r\n",
        b"abcde",
        b"\xff\x80",
        b"a b c",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..16).prop_map(|pieces| pieces.concat())
}

/// Arbitrary bytes, nearly valid streams, and valid ones with a tail.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let pipelined = (prop::collection::vec(requests(), 1..4), nearly_requests())
        .prop_map(|(requests, tail)| [requests.concat(), tail].concat());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), nearly_requests(), pipelined]
}

/// True if `released` is the beginning of `input` but for CRLF pairs left out.
fn is_prefix_without_empty_lines(mut released: &[u8], mut input: &[u8]) -> bool {
    while let [first, rest @ ..] = released {
        match input {
            [same, after @ ..] if same == first => (released, input) = (rest, after),
            [b'\r', b'\n', after @ ..] => input = after,
            _ => return false,
        }
    }
    true
}

/// What the readers make of a stream that comes in pieces: how many heads, and the verdict.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: HeadLimits) -> (u64, Result<(), Refusal>) {
    let (mut buffer, mut reader, mut heads) = (Vec::new(), RequestReader::new(limits), 0);
    let (mut sized, mut chunks): (u64, Option<ChunkReader>) = (0, None);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let taken = if let Some(reader) = chunks.as_mut().filter(|_| !buffer.is_empty()) {
                match reader.next(&buffer) {
                    Ok(Piece::Data(taken) | Piece::Framing(taken)) => taken,
                    Ok(Piece::End(taken)) => {
                        chunks = None;
                        taken
                    }
                    Err(refusal) => return (heads, Err(refusal)),
                }
            } else if sized > 0 {
                let taken = buffer.len().min(sized as usize);
                sized -= taken as u64;
                taken
            } else {
                match reader.read(&buffer) {
                    Ok(None) => break,
                    Ok(Some(taken)) => {
                        heads += 1;
                        match reader.framing() {
                            Framing::Sized(length) => sized = length,
                            Framing::Chunked => chunks = Some(ChunkReader::new(limits.max_headers)),
                        }
                        reader.reset();
                        taken
                    }
                    Err(refusal) => return (heads, Err(refusal)),
                }
            };
            buffer.drain(..taken);
            if buffer.is_empty() {
                break;
            }
        }
    }
    (heads, Ok(()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn readers_judge_as_the_scanner_does(
        stream in streams(),
        limits in limits(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let scanned = scan([stream.as_slice()], limits);
        let expected = (scanned.heads, scanned.verdict);
        prop_assert_eq!(&read([stream.as_slice()], limits), &expected);
        prop_assert_eq!(&read(cut(&stream, &cuts), limits), &expected);
        prop_assert_eq!(&read(stream.chunks(1), limits), &expected);
    }

    #[test]
    fn cutting_changes_nothing(
        stream in streams(),
        limits in limits(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let whole = scan([stream.as_slice()], limits);
        prop_assert_eq!(&scan(cut(&stream, &cuts), limits), &whole);
        prop_assert_eq!(&scan(stream.chunks(1), limits), &whole);
    }

    #[test]
    fn released_bytes_are_the_clients_own(stream in streams(), limits in limits()) {
        let outcome = scan([stream.as_slice()], limits);
        prop_assert!(is_prefix_without_empty_lines(&outcome.released, &stream));
        if outcome.heads <= 1 {
            let bare = stream.strip_prefix(b"\r\n").unwrap_or(&stream);
            prop_assert!(bare.starts_with(&outcome.released));
        }
    }

    #[test]
    fn more_bytes_never_take_back_what_was_released(stream in streams(), more in nearly_requests()) {
        let before = scan([stream.as_slice()], HeadLimits::default());
        let after = scan([stream.as_slice(), more.as_slice()], HeadLimits::default());
        prop_assert!(after.released.starts_with(&before.released));
        if before.verdict.is_err() {
            prop_assert_eq!(after, before);
        }
    }

    #[test]
    fn refusals_are_safe_to_show(stream in streams(), limits in limits()) {
        if let Err(refusal) = scan([stream.as_slice()], limits).verdict {
            prop_assert!((400..600).contains(&refusal.status()));
            prop_assert!(refusal.to_string().bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
        }
    }

    #[test]
    fn pipelined_requests_are_counted(first in requests(), second in requests()) {
        let stream = [first, second].concat();
        let outcome = scan([stream.as_slice()], HeadLimits::default());
        prop_assert_eq!(outcome.released, stream);
        prop_assert_eq!((outcome.heads, outcome.is_idle, outcome.verdict), (2, true, Ok(())));
    }
}
