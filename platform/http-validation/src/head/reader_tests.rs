use super::{
    ChunkReader, Framing, HeadLimits, Piece, RequestReader, ResponseFraming, ResponseReader, Version,
};

fn request(head: &str) -> RequestReader {
    let mut reader = RequestReader::new(HeadLimits::default());
    assert_eq!(reader.read(head.as_bytes()), Ok(Some(head.len())), "{head:?}");
    reader
}

#[test]
fn a_request_is_taken_apart() {
    let head = "\r\nPOST /a?b HTTP/1.1\r\nHost:  c:1 \r\nX-Empty:\r\nConnection: Upgrade, x\r\nTE: trailers\r\nContent-Length: 3\r\n\r\n";
    let reader = request(head);
    let unit = head.as_bytes();
    assert_eq!((reader.method(unit), reader.target(unit)), ("POST", "/a?b"));
    assert_eq!((reader.version(), reader.framing()), (Version::Http11, Framing::Sized(3)));
    let fields: Vec<_> = reader.fields(unit).iter().collect();
    assert_eq!(fields.len(), 5);
    assert_eq!(fields.first(), Some(&(&b"Host"[..], &b"c:1"[..])));
    assert_eq!(reader.fields(unit).first("x-empty"), Some(&b""[..]));
    assert_eq!(reader.fields(unit).first("x-none"), None);
    let persistence = reader.persistence();
    assert!(persistence.upgrade && persistence.names_others && persistence.takes_trailers);
    assert!(!persistence.close && !persistence.keep_alive && !persistence.expects_continue);
}

#[test]
fn connections_persist_by_version_and_word() {
    for (line, fields, persists) in [
        ("GET / HTTP/1.1", "Host: a\r\n", true),
        ("GET / HTTP/1.1", "Host: a\r\nConnection: x, CLOSE\r\n", false),
        ("GET / HTTP/1.0", "", false),
        ("GET / HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("GET / HTTP/1.0", "Connection: keep-alive, close\r\n", false),
    ] {
        let reader = request(&format!("{line}\r\n{fields}\r\n"));
        assert_eq!(reader.persistence().persists(reader.version()), persists, "{line} {fields:?}");
    }
}

#[test]
fn a_reader_starts_again() {
    let mut reader = request("GET /first HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    reader.reset();
    assert!(!reader.is_within());
    let next = b"GET /next HTTP/1.1\r\nHost: b\r\n\r\n";
    assert_eq!(reader.read(&next[..5]), Ok(None));
    assert!(reader.is_within());
    assert_eq!(reader.read(next), Ok(Some(next.len())));
    assert_eq!(reader.target(next), "/next");
    assert_eq!(reader.fields(next).iter().len(), 1);
    assert!(reader.persistence().persists(reader.version()));
}

fn response(head: &str) -> Result<ResponseReader, &'static str> {
    let mut reader = ResponseReader::new(HeadLimits::default());
    match reader.read(head.as_bytes()) {
        Ok(Some(length)) => {
            assert_eq!(length, head.len());
            Ok(reader)
        }
        Ok(None) => panic!("{head:?} is not complete"),
        Err(refusal) => Err(refusal.code()),
    }
}

#[test]
fn an_answer_is_taken_apart() {
    let head = "HTTP/1.1 404 Not here\r\nContent-Length: 2\r\nX-A: b\r\n\r\n";
    let reader = response(head).unwrap();
    assert_eq!((reader.status(), reader.reason(head.as_bytes())), (404, &b"Not here"[..]));
    assert_eq!(reader.framing(false), ResponseFraming::Sized(2));
    assert_eq!((reader.framing(true), reader.content_length()), (ResponseFraming::Sized(0), Some(2)));
    assert!(reader.persists());
    assert_eq!(reader.fields(head.as_bytes()).first("x-a"), Some(&b"b"[..]));
}

#[test]
fn answers_are_delimited_as_the_standard_says() {
    for (head, framing, persists) in [
        ("HTTP/1.1 200 OK\r\n\r\n", ResponseFraming::UntilClose, true),
        ("HTTP/1.1 200\r\n\r\n", ResponseFraming::UntilClose, true),
        ("HTTP/1.1 200 \r\nTransfer-Encoding: Chunked\r\n\r\n", ResponseFraming::Chunked, true),
        ("HTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\n", ResponseFraming::Sized(0), false),
        ("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", ResponseFraming::Sized(0), false),
        ("HTTP/1.1 304 No\r\n\r\n", ResponseFraming::Sized(0), true),
        ("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\n\r\n", ResponseFraming::Sized(0), true),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", ResponseFraming::Sized(0), false),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            ResponseFraming::Sized(0),
            false,
        ),
    ] {
        let reader = response(head).unwrap();
        assert_eq!((reader.framing(false), reader.persists()), (framing, persists), "{head:?}");
    }
}

#[test]
fn answers_with_two_meanings_are_none() {
    for (head, code) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "conflicting-framing"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "repeated-content-length"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "bad-content-length"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "bad-transfer-encoding"),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "bad-transfer-encoding"),
        ("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "folded-header"),
        ("HTTP/1.1 200 OK\r\nX : a\r\n\r\n", "space-before-colon"),
        ("HTTP/1.1 200 OK\nX: a\n\n", "bare-line-feed"),
        ("HTTP/2.0 200 OK\r\n\r\n", "bad-status-line"),
        ("HTTP/1.1 20 OK\r\n\r\n", "bad-status-line"),
        ("HTTP/1.1 099 OK\r\n\r\n", "bad-status-line"),
        ("HTTP/1.1 2000 OK\r\n\r\n", "bad-status-line"),
        ("HTTP/1.1 600 OK\r\n\r\n", "bad-status-line"),
        ("HTTP/1.1  200 OK\r\n\r\n", "bad-status-line"),
        ("ICY 200 OK\r\n\r\n", "bad-status-line"),
    ] {
        assert_eq!(response(head).map(|_| ()), Err(code), "{head:?}");
    }
}

#[test]
fn a_chunked_body_is_taken_apart() {
    let body = b"3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\nrest";
    for step in [1, 2, 7, body.len()] {
        let (mut reader, mut data, mut at, mut seen) = (ChunkReader::new(10), Vec::new(), 0, 0);
        loop {
            seen = body.len().min(seen.max(at) + step);
            match reader.next(&body[at..seen]).unwrap() {
                Piece::Data(length) => {
                    data.extend_from_slice(&body[at..at + length]);
                    at += length;
                }
                Piece::Framing(length) => at += length,
                Piece::End(length) => {
                    at += length;
                    break;
                }
            }
        }
        assert_eq!((&data[..], &body[at..]), (&b"abcde"[..], &b"rest"[..]), "{step}");
        assert_eq!(reader.trailers(), b"T: v\r\n\r\n", "{step}");
    }
}
