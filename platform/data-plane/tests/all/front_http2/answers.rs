//! What clients get.

use bytes::Bytes;
use http::Request;

use super::backend::backend;
use super::raw::{END_HEADERS, END_STREAM, HEADERS, RESET, Raw, fields, frame};
use super::{Client, Way, gateway, soon, way, whole};

#[tokio::test]
async fn answers_of_a_backend_of_http1_come_as_they_are() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let small = client.get("/small").await;
    assert_eq!(
        (small.body.as_slice(), small.header("content-length"), small.header("x-one")),
        (&b"hello"[..], "5", "1")
    );
    let empty = client.get("/empty").await;
    assert_eq!((empty.header("content-length"), empty.is_head_only), ("0", true));
    let none = client.get("/none").await;
    assert_eq!(
        (none.head.status().as_u16(), none.header("content-length"), none.is_head_only),
        (204, "", true)
    );
    let chunks = client.get("/chunks").await;
    assert_eq!((chunks.body.as_slice(), chunks.trailers.is_none()), (&b"abcde"[..], true));
    assert!(client.get("/great").await.body == vec![7; 1 << 20]);
    assert_eq!(
        gateway.outcomes.lock().unwrap().as_slice(),
        [(200, None, 1), (200, None, 1), (204, None, 1), (200, None, 1), (200, None, 1)]
    );
}

#[tokio::test]
async fn who_takes_trailers_gets_them() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let request = Request::get("http://shop.example/chunks").header("te", "trailers").body(()).unwrap();
    let chunks = client.ask(request).await;
    assert_eq!((chunks.body.as_slice(), chunks.trailer("x-checksum")), (&b"abcde"[..], "1"));
}

#[tokio::test]
async fn the_backend_gets_one_head_of_http1() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let request = Request::get("http://shop.example/echo-head")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .header("x-mine", "yes")
        .body(())
        .unwrap();
    let head = String::from_utf8(client.ask(request).await.body).unwrap();
    assert!(head.starts_with("GET /echo-head HTTP/1.1\r\nhost: shop.example\r\n"), "{head}");
    assert!(head.contains("\r\ncookie: a=1; b=2\r\n") && head.contains("\r\nx-mine: yes\r\n"), "{head}");
    assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
}

#[tokio::test]
async fn many_streams_have_their_answers_at_a_time() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let mut waiting = Vec::new();
    for _ in 0..100 {
        waiting.push(client.begin("GET", "/wait").await);
    }
    backend.state.go.add_permits(100);
    for (answer, _) in waiting {
        assert_eq!(whole(soon(answer).await.unwrap()).await.body, b"late");
    }
}

#[tokio::test]
async fn a_head_request_has_no_body_whoever_answers() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    for path in ["/small", "/nowhere"] {
        let request = Request::head(format!("http://shop.example{path}")).body(()).unwrap();
        let answer = client.ask(request).await;
        assert!(answer.is_head_only && !answer.header("content-length").is_empty(), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_backend_that_breaks_off_resets_the_stream() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, _) = client.begin("GET", "/half").await;
    // A reset takes the place of what has not gone out yet, be it the head.
    let error = match soon(answer).await {
        Err(error) => error,
        Ok(answer) => {
            let mut body = answer.into_body();
            loop {
                if let Err(error) = soon(body.data()).await.unwrap() {
                    break error;
                }
            }
        }
    };
    assert!(error.is_reset(), "{error}");
    assert_eq!(gateway.outcome().await, (200, Some("upstream-cut"), 1));
}

#[tokio::test]
async fn what_has_no_one_meaning_is_refused() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let method = |method| (":method", method);
    let (scheme, path, authority) =
        ((":scheme", "http"), (":path", "/small"), (":authority", "shop.example"));
    for (expected, head) in [
        ("501", vec![method("CONNECT"), authority]),
        ("400", vec![method("GET"), scheme, path, (":authority", "me@shop.example")]),
        ("400", vec![method("GET"), scheme, path, authority, ("host", "other.example")]),
        ("400", vec![method("GET"), scheme, path, ("host", "shop.example"), ("host", "shop.example")]),
        ("400", vec![method("GET"), scheme, path]),
        ("400", vec![method("GET"), scheme, (":path", "/a|b"), authority]),
        ("reset", vec![method("GET"), scheme, path, authority, ("connection", "close")]),
        ("reset", vec![method("GET"), scheme, path, authority, ("X-Upper", "1")]),
        ("200", vec![method("GET"), scheme, path, authority, ("host", "SHOP.example")]),
        ("200", vec![method("GET"), scheme, path, ("host", "shop.example")]),
    ] {
        let mut client = Raw::new(gateway.address).await;
        client.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields(&head))).await;
        assert_eq!(status(&mut client).await, expected, "{head:?}");
    }
    assert_eq!(backend.state.requests.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let path = |length: usize| format!("http://shop.example/{}", "a".repeat(length - 1));
    let long = Request::get(path(8 * 1024 + 1)).body(()).unwrap();
    assert_eq!(client.ask(long).await.head.status(), 414);
    let many = |count: usize| {
        let request = Request::get("http://shop.example/small");
        (0..count)
            .fold(request, |request, number| request.header(format!("x-{number}"), "1"))
            .body(())
            .unwrap()
    };
    assert_eq!(client.ask(many(101)).await.head.status(), 431);
    assert_eq!(client.ask(many(100)).await.head.status(), 200);
    let great = Request::get("http://shop.example/small").header("x-great", "a".repeat(17 * 1024));
    assert_eq!(client.ask(great.body(()).unwrap()).await.head.status(), 431);
}

#[tokio::test]
async fn a_policy_cannot_name_what_http2_has_no_place_for() {
    let backend = backend().await;
    let headers = [("connection", "close"), ("keep-alive", "1"), ("content-length", "77"), ("x-other", "2")];
    let gateway = gateway(Way { response: headers.to_vec(), ..way(backend.address) });
    let client = Client::new(gateway.address).await;
    let chunks = client.get("/chunks").await;
    assert_eq!((chunks.body.as_slice(), chunks.header("x-other")), (&b"abcde"[..], "2"));
    assert_eq!((chunks.header("connection"), chunks.header("content-length")), ("", ""));
}

#[tokio::test]
async fn a_backend_cannot_change_the_protocol() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    assert_eq!(client.get("/switch").await.head.status(), 502);
    assert_eq!(gateway.outcome().await, (502, Some("upstream-malformed"), 1));
}

/// The status of the first answer, as far as it is in the static table (RFC 7541, appendix A) or spelled out.
async fn status(client: &mut Raw) -> String {
    loop {
        let frame = client.read().await.expect("an answer");
        match (frame.kind, frame.payload.as_slice()) {
            (HEADERS, [0x88, ..]) => return "200".to_owned(),
            (HEADERS, [0x8c, ..]) => return "400".to_owned(),
            // Incremental indexing, the name of entry 8, three digits by Huffman or as they are.
            (HEADERS, [0x48, 0x03, digits @ ..]) => return String::from_utf8(digits[..3].to_vec()).unwrap(),
            (HEADERS, [0x48, 0x82, digits @ ..]) => return huffman(digits[..2].try_into().unwrap()),
            (RESET | super::raw::GOAWAY, _) => return "reset".to_owned(),
            _ => {}
        }
    }
}

/// Three digits, each in five bits from 0 to 2 or in six behind them (RFC 7541, appendix B).
fn huffman(bytes: [u8; 2]) -> String {
    let bits = u16::from_be_bytes(bytes);
    let (mut at, mut digits) = (0, String::new());
    while digits.len() < 3 {
        let five = bits << at >> 11;
        if five <= 2 {
            digits.push(char::from(b'0' + five as u8));
            at += 5;
        } else {
            let six = bits << at >> 10;
            digits.push(char::from(b'3' + (six - 0x19) as u8));
            at += 6;
        }
    }
    digits
}

#[tokio::test]
async fn a_body_of_our_own_is_given_though_the_client_sends_on() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.begin("POST", "/nowhere").await;
    stream.send_data(Bytes::from_static(b"something"), false).unwrap();
    let answer = whole(soon(answer).await.unwrap()).await;
    assert_eq!(answer.head.status(), 404);
    assert!(answer.body.starts_with(b"{\"type\":"), "{answer:?}");
}
