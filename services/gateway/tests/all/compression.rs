//! Compression of answers at the program's door.

use std::io::Read;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tradewind_testkit::{Answer, Request, within};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, route};
use crate::policies::{guarded, policy};

/// An answer with these fields and a body of so many bytes; it is for one test, and stays until its end.
fn says(fields: &str, body: &str) -> Does {
    let length = body.len();
    let text =
        format!("HTTP/1.1 200 OK\r\n{fields}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    Does::Says(Box::leak(text.into_boxed_str()))
}

fn text() -> String {
    (0..500).map(|number| format!("{{\"item\": {number}}}\n")).collect()
}

fn read(answer: &Answer) -> String {
    let mut text = String::new();
    match answer.header("content-encoding") {
        Some("gzip") => flate2::read::GzDecoder::new(&*answer.body).read_to_string(&mut text),
        Some("br") => brotli::Decompressor::new(&*answer.body, 4096).read_to_string(&mut text),
        coding => panic!("{coding:?} of {answer:?}"),
    }
    .unwrap();
    text
}

async fn asked(gateway: &Gateway, accept_encoding: &str) -> Answer {
    Request::new("GET", "/").header("Accept-Encoding", accept_encoding).send(gateway.address).await
}

#[tokio::test]
async fn who_takes_it_gets_it_shorter_in_the_coding_that_the_policy_prefers() {
    let backend =
        Backend::start("shop", says("content-type: application/json\r\netag: \"v1\"\r\n", &text())).await;
    let policy = policy("  compression: {algorithms: [Brotli, Gzip]}\n");
    let gateway = guarded(&backend, &[&policy], &[]).await;
    for (accepted, coding) in [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, *", "gzip")] {
        let answer = asked(&gateway, accepted).await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, Some(coding)));
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
        assert_eq!(answer.header("content-length"), None);
        // The bytes are others, and mean the same.
        assert_eq!(answer.header("etag"), Some("W/\"v1\""));
        assert!(answer.body.len() * 4 < text().len(), "{} bytes", answer.body.len());
        assert_eq!(read(&answer), text());
    }
    for accepted in ["identity", "gzip;q=0, br;q=0"] {
        let answer = asked(&gateway, accepted).await;
        assert_eq!(
            (answer.header("content-encoding"), answer.header("vary")),
            (None, Some("accept-encoding"))
        );
        assert_eq!((answer.header("etag"), &*answer.body), (Some("\"v1\""), text().as_bytes()));
    }
}

#[tokio::test]
async fn what_is_not_meant_stays_as_it_is() {
    let backend = Backend::start("shop", Does::Answers).await;
    let gateway = guarded(&backend, &[&policy("  compression: {minBytes: 2000}\n")], &[]).await;
    let long = text();
    for (fields, body) in [
        ("content-type: image/png\r\n", &*long),
        ("content-type: text/html\r\n", &long[..1999]),
        ("content-type: text/html\r\ncontent-encoding: zstd\r\n", &long),
        ("content-type: text/html\r\ncache-control: public, No-Transform\r\n", &long),
        ("", &long),
    ] {
        backend.now(says(fields, body));
        let answer = asked(&gateway, "gzip").await;
        let (coding, vary) = (answer.header("content-encoding"), answer.header("vary"));
        assert!(coding != Some("gzip") && vary.is_none(), "{fields} {answer:?}");
        assert_eq!(answer.body, body.as_bytes(), "{fields}");
    }
    backend.now(says("content-type: text/html\r\n", &long[..2000]));
    assert_eq!(read(&asked(&gateway, "gzip").await), long[..2000]);
}

#[tokio::test]
async fn without_a_policy_nothing_is_compressed() {
    let backend = Backend::start("shop", says("content-type: application/json\r\n", &text())).await;
    let gateway = Gateway::before(&[backend.address], &[]).await;
    let answer = asked(&gateway, "gzip").await;
    assert_eq!((answer.header("content-encoding"), answer.header("vary")), (None, None));
}

/// Reads until the bytes are whole lines of the answer up to here.
async fn decoded(client: &mut TcpStream, received: &mut Vec<u8>, expected: &str) {
    loop {
        let begin = received.windows(4).position(|four| four == b"\r\n\r\n");
        let chunks = begin.map(|begin| unchunked(&received[begin + 4..])).unwrap_or_default();
        let mut text = Vec::new();
        // It is not whole yet; what is there can be read all the same.
        let _ = flate2::read::GzDecoder::new(&*chunks).read_to_end(&mut text);
        if text == expected.as_bytes() {
            return;
        }
        assert!(client.read_buf(received).await.unwrap() > 0, "it ended with {text:?}");
    }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    while let Some(line) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).unwrap(), 16).unwrap();
        let rest = &bytes[line + 2..];
        data.extend_from_slice(&rest[..size.min(rest.len())]);
        bytes = rest.get(size + 2..).unwrap_or_default();
    }
    data
}

#[tokio::test]
async fn what_has_come_so_far_is_not_held_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let given = format!("--backend=shop:80={}", listener.local_addr().unwrap());
    let (route, policy) = (route("shop", "/"), policy("  compression: {}\n"));
    let files = [("shop.yaml", route.as_str()), ("policy.yaml", policy.as_str())];
    let gateway = Gateway::start(&files, &[&given]).await;
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\n\r\n").await.unwrap();
    let (mut backend, _) = within("the request", listener.accept()).await.unwrap();
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
    backend.write_all(head).await.unwrap();
    let (mut received, mut expected) = (Vec::new(), String::new());
    for line in ["one\n", "two\n", "six\n"] {
        backend.write_all(format!("4\r\n{line}\r\n").as_bytes()).await.unwrap();
        expected.push_str(line);
        within("a line", decoded(&mut client, &mut received, &expected)).await;
    }
    backend.write_all(b"0\r\n\r\n").await.unwrap();
    let is_whole = async {
        while !received.ends_with(b"\r\n0\r\n\r\n") {
            assert!(client.read_buf(&mut received).await.unwrap() > 0);
        }
    };
    within("the end", is_whole).await;
}
