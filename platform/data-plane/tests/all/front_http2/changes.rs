//! What is changed of an answer on its way: its coding, and its mark for hops that would try again.

use std::io::Read as _;

use flate2::read::GzDecoder;
use http::Request;

use super::backend::{backend, text};
use super::{Client, Way, gateway, next, soon, way, whole};

fn asking(path: &str, name: &str, value: &str) -> Request<()> {
    Request::get(format!("http://shop.example{path}")).header(name, value).body(()).unwrap()
}

fn read(compressed: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(compressed).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn who_takes_it_gets_it_compressed() {
    let backend = backend().await;
    let gateway = gateway(Way { compresses: true, ..way(backend.address) });
    let client = Client::new(gateway.address).await;
    let answer = client.ask(asking("/text", "accept-encoding", "gzip")).await;
    assert_eq!(
        ["content-encoding", "vary", "etag", "content-length"].map(|name| answer.header(name)),
        ["gzip", "accept-encoding", "W/\"v1\"", ""]
    );
    assert!(answer.body.len() * 4 < text().len(), "{} bytes", answer.body.len());
    assert_eq!(read(&answer.body), text());

    // Who takes none gets it as it is, and so does one who asks for something else.
    let plain = client.ask(asking("/text", "accept-encoding", "br")).await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    assert_eq!((plain.body.len(), plain.header("etag")), (text().len(), "\"v1\""));
    let other = client.ask(asking("/small", "accept-encoding", "gzip")).await;
    assert_eq!((other.header("content-encoding"), other.header("content-length")), ("", "5"));

    // A head says what a body would be like, and has none.
    let mut head = asking("/text", "accept-encoding", "gzip");
    *head.method_mut() = http::Method::HEAD;
    let head = client.ask(head).await;
    assert_eq!((head.is_head_only, head.header("content-encoding")), (true, ""));
}

#[tokio::test]
async fn what_was_compressed_so_far_is_not_held_back() {
    let backend = backend().await;
    let gateway = gateway(Way { compresses: true, ..way(backend.address) });
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.start(asking("/text-slowly", "accept-encoding", "gzip")).await;
    stream.send_data(bytes::Bytes::new(), true).unwrap();
    let answer = soon(answer).await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let (parts, mut incoming) = answer.into_parts();
    let (mut seen, mut read_so_far) = (Vec::new(), Vec::new());
    while read_so_far != b"one\n" {
        seen.extend_from_slice(&soon(next(&mut incoming)).await.expect("a line"));
        read_so_far.clear();
        // It is not whole yet; what is there can be read all the same.
        let _ = GzDecoder::new(&*seen).read_to_end(&mut read_so_far);
    }
    backend.state.go.add_permits(1);
    seen.extend(whole(http::Response::from_parts(parts, incoming)).await.body);
    assert_eq!(read(&seen), "one\ntwo\n");
}

#[tokio::test]
async fn a_hop_that_would_try_again_hears_that_it_was_decided() {
    let backend = backend().await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for endpoint in [backend.address, gone] {
        let gateway = gateway(way(endpoint));
        let client = Client::new(gateway.address).await;
        for (name, expected) in [("tradewind-retries", "1"), ("x-other", "")] {
            let answer = client.ask(asking("/retried", name, "1")).await;
            assert!(answer.head.status().is_server_error(), "{answer:?}");
            assert_eq!(answer.header("tradewind-retried"), expected, "{name} to {endpoint}");
        }
    }
}
