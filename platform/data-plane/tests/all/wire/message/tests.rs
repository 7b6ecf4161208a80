//! The strict reader of the tests, itself tested.

use super::{Kind, Read, read};

const ANSWER: Kind = Kind::Response { to_head: false, at_end: false };

fn whole(bytes: &[u8], kind: Kind) -> (String, Vec<u8>, usize) {
    match read(bytes, kind) {
        Read::Whole(message, taken) => (message.start, message.body, taken),
        other => panic!("{}: {other:?}", bytes.escape_ascii()),
    }
}

#[test]
fn messages_end_where_their_framing_says() {
    let request = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET";
    assert_eq!(
        whole(request, Kind::Request),
        ("POST /a HTTP/1.1".to_owned(), b"ab".to_vec(), request.len() - 3)
    );
    let chunked =
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nx: y\r\n\r\nGET";
    assert_eq!(whole(chunked, Kind::Request).1, b"abc");
    assert_eq!(whole(chunked, Kind::Request).2, chunked.len() - 3);
    let bare = b"GET / HTTP/1.1\r\nhost: a\r\n\r\nrest";
    assert_eq!(whole(bare, Kind::Request).2, bare.len() - 4);
    let answer = b"HTTP/1.1 204 No Content\r\n\r\nrest";
    assert_eq!(whole(answer, ANSWER).2, answer.len() - 4);
    let to_head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nrest";
    assert_eq!(whole(to_head, Kind::Response { to_head: true, at_end: false }).2, to_head.len() - 4);
    let closed = b"HTTP/1.0 200 OK\r\n\r\nrest";
    assert_eq!(whole(closed, Kind::Response { to_head: false, at_end: true }).1, b"rest");
}

#[test]
fn every_shorter_message_is_incomplete() {
    for (bytes, kind) in [
        (&b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"[..], Kind::Request),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx: y\r\n\r\n", Kind::Request),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", ANSWER),
    ] {
        assert_eq!(whole(bytes, kind).2, bytes.len());
        for length in 0..bytes.len() {
            assert!(matches!(read(&bytes[..length], kind), Read::Incomplete(_)), "{length}");
        }
    }
}

#[test]
fn liberties_are_flaws() {
    for bytes in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET a HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\n",
        "GET / HTTP/1.1\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\r\nA\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \0\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\na",
        "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\na",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\na\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\na\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\na",
    ] {
        let found = read(bytes.as_bytes(), Kind::Request);
        assert!(matches!(found, Read::Flawed(_)), "{}: {found:?}", bytes.escape_debug());
    }
    for bytes in
        ["HTTP/1.1 99 A\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 600 A\r\n\r\n"]
    {
        assert!(matches!(read(bytes.as_bytes(), ANSWER), Read::Flawed(_)), "{}", bytes.escape_debug());
    }
}
