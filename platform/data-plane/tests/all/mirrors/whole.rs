//! What mirrors get.

use bytes::Bytes;
use http::Request;

use super::sink::answer;
use super::*;
use crate::backend_http2::backend::{backend, send};
use crate::backend_http2::client::whole;
use crate::mirrors::grpc::Service;

const HEAD: &[u8] = b"POST /long HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n";

#[tokio::test]
async fn a_body_of_unknown_length_goes_to_the_mirror_as_it_comes() {
    let (original, mirror) = (Sink::start(Does::Answers).await, Sink::start(Does::Answers).await);
    let gateway = gateway(way(&original, mirror.address));
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(&[HEAD, &chunk(b"one")].concat()).await.unwrap();
    until(|| mirror.bytes().ends_with(b"one\r\n")).await;
    client.write_all(&[&chunk(b"two")[..], b"0\r\nx-sum: 6\r\n\r\n"].concat()).await.unwrap();
    assert!(answer(&mut client, "ok").await.starts_with("HTTP/1.1 200"));
    until(|| gateway.copies.count_carried() == 1).await;
    let ((head, body), (copied_head, copy)) = (original.request(), mirror.request());
    let said = Some((b"onetwo".to_vec(), "x-sum: 6\r\n\r\n".to_owned()));
    assert_eq!((finished(&body), finished(&copy)), (said.clone(), said));
    assert!(copied_head.starts_with("post /long http/1.1\r\nhost: shop\r\n"));
    assert!(
        head.contains("transfer-encoding: chunked") && copied_head.contains("transfer-encoding: chunked")
    );
    // The connection is used again.
    client.write_all(b"GET /short HTTP/1.1\r\nhost: shop\r\n\r\n").await.unwrap();
    answer(&mut client, "ok").await;
    until(|| gateway.copies.count_carried() == 2).await;
    assert_eq!(mirror.closed(), 0);
    let says_so = |sink: &Sink| String::from_utf8_lossy(&sink.bytes()).contains("tradewind-retries: 1");
    assert!(says_so(&original) && !says_so(&mirror), "nobody sends a copy again");
}

#[tokio::test]
async fn a_long_body_goes_to_the_mirror_whole() {
    let (original, mirror) = (Sink::start(Does::Answers).await, Sink::start(Does::Answers).await);
    let gateway = gateway(way(&original, mirror.address));
    let length = 5 << 20;
    let body: Vec<u8> =
        (0..length as u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let head = format!("POST /long HTTP/1.1\r\nhost: shop\r\ncontent-length: {length}\r\n\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    let mut sent = 0;
    for piece in body.chunks(1 << 18) {
        client.write_all(piece).await.unwrap();
        sent += piece.len();
        // As fast as the mirror takes it: who is slower may lose it.
        until(|| mirror.count() >= sent).await;
    }
    answer(&mut client, "ok").await;
    until(|| gateway.copies.count_carried() == 1).await;
    let (head, copy) = mirror.request();
    assert!(head.contains(&format!("content-length: {length}\r\n")), "{head}");
    assert!(copy == body && original.request().1 == body);
}

#[tokio::test]
async fn a_stream_of_grpc_goes_to_the_mirror_with_its_messages_and_what_is_behind_them() {
    let (original, mirror) = (backend(None).await, Service::start().await);
    let mirrors = vec![(mirror.address, BackendProtocol::Http2)];
    let gateway = gateway(Way { mirrors, ..Way::to(original.address) });
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/unary").await;
    for index in 0..10_usize {
        send(&mut stream, Bytes::from(vec![index as u8; 1_000]), false).await;
        until(|| mirror.calls().first().is_some_and(|call| call.body.len() == (index + 1) * 1_000)).await;
    }
    let trailers = [("x-checksum".parse().unwrap(), "abc".parse().unwrap())].into_iter().collect();
    stream.send_trailers(trailers).unwrap();
    let answer = whole(soon(answer).await.unwrap()).await;
    assert_eq!((answer.body.as_slice(), answer.trailer("grpc-status")), (&b"10000"[..], "0"));
    until(|| gateway.copies.count_carried() == 1).await;
    let calls = mirror.calls();
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(call.path, "/unary");
    assert_eq!(call.headers["te"], "trailers");
    assert_eq!(call.headers["content-type"], "application/grpc");
    assert_eq!(call.body, (0..10).flat_map(|index| vec![index; 1_000]).collect::<Vec<u8>>());
    assert_eq!(call.trailers.as_ref().unwrap()["x-checksum"], "abc");
}

#[tokio::test]
async fn mirrors_may_speak_another_version_than_the_original() {
    let (original, first, second) =
        (Sink::start(Does::Answers).await, Service::start().await, Sink::start(Does::Answers).await);
    let mut way = way(&original, second.address);
    way.mirrors.push((first.address, BackendProtocol::Http2));
    let gateway = gateway(way);
    let client = Client::new(gateway.address).await;
    // Short, and with a length: it is kept until it is whole.
    let short = Request::post("http://shop.example/short").header("content-length", "5").body(()).unwrap();
    let (answer, mut stream) = client.start(short).await;
    send(&mut stream, Bytes::from_static(b"hello"), true).await;
    assert_eq!(whole(soon(answer).await.unwrap()).await.body, b"ok");
    until(|| gateway.copies.count_carried() == 2).await;
    assert_eq!(first.calls()[0].body, b"hello");
    assert_eq!(second.request().1, b"hello");
    // And one of unknown length.
    let (answer, mut stream) = client.begin("POST", "/long").await;
    send(&mut stream, Bytes::from_static(b"hello again"), true).await;
    assert_eq!(whole(soon(answer).await.unwrap()).await.body, b"ok");
    until(|| gateway.copies.count_carried() == 4).await;
    assert_eq!(
        (first.calls()[1].body.as_slice(), &first.calls()[1].trailers),
        (&b"hello again"[..], &Some(http::HeaderMap::new()))
    );
    assert!(second.bytes().ends_with(b"b\r\nhello again\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn one_without_a_body_has_none_at_the_mirror() {
    let (original, mirror) = (backend(None).await, Service::start().await);
    let mirrors = vec![(mirror.address, BackendProtocol::Http2)];
    let gateway = gateway(Way { mirrors, ..Way::to(original.address) });
    let client = Client::new(gateway.address).await;
    client.get("/other").await;
    until(|| gateway.copies.count_carried() == 1).await;
    assert_eq!((mirror.calls()[0].body.len(), mirror.calls()[0].path.as_str()), (0, "/other"));
}
