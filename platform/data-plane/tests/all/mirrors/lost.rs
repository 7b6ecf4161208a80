//! How copies are lost. Their originals notice nothing of it.

use std::time::Duration;

use bytes::Bytes;

use super::sink::answer;
use super::*;
use crate::backend_http2::backend::{backend, send};
use crate::mirrors::grpc::Service;

/// Sends a body of 8 MiB in chunks through the gateway, and gives what its backend got.
async fn upload(gateway: SocketAddr, original: &Sink) -> Vec<u8> {
    let mut client = TcpStream::connect(gateway).await.unwrap();
    let head = b"POST /long HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n";
    soon(client.write_all(head)).await.unwrap();
    for _ in 0..128 {
        soon(client.write_all(&chunk(&[7; 65_536]))).await.unwrap();
    }
    soon(client.write_all(b"0\r\n\r\n")).await.unwrap();
    answer(&mut client, "ok").await;
    finished(&original.request().1).unwrap().0
}

#[tokio::test]
async fn a_mirror_that_takes_nothing_loses_its_copy() {
    let (original, mirror) = (Sink::start(Does::Answers).await, Sink::start(Does::TakesNothing).await);
    let gateway = gateway(way(&original, mirror.address));
    assert!(upload(gateway.address, &original).await == vec![7; 8 << 20]);
    lost(&gateway.copies, CopyLost::Behind).await;
}

#[tokio::test]
async fn a_mirror_that_is_not_there_loses_its_copy() {
    let original = Sink::start(Does::Answers).await;
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let gateway = gateway(way(&original, nobody.local_addr().unwrap()));
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client
        .write_all(b"POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        .await
        .unwrap();
    lost(&gateway.copies, CopyLost::Unreachable).await;
    client.write_all(b"3\r\ntwo\r\n0\r\n\r\n").await.unwrap();
    answer(&mut client, "ok").await;
    assert_eq!(finished(&original.request().1).unwrap().0, b"onetwo");
}

#[tokio::test]
async fn a_mirror_that_breaks_off_loses_its_copy() {
    let (original, mirror) = (Sink::start(Does::Answers).await, Sink::start(Does::ClosesAfter(1_000)).await);
    let gateway = gateway(way(&original, mirror.address));
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n";
    client.write_all(&[&head[..], &chunk(&[1; 1_000])].concat()).await.unwrap();
    lost(&gateway.copies, CopyLost::Failed).await;
    client.write_all(b"3\r\ntwo\r\n0\r\n\r\n").await.unwrap();
    answer(&mut client, "ok").await;
    assert_eq!(finished(&original.request().1).unwrap().0.len(), 1_003);
}

#[tokio::test]
async fn a_mirror_that_never_answers_loses_its_copy_in_the_end() {
    let (original, mirror) = (Sink::start(Does::Answers).await, Sink::start(Does::Hangs).await);
    let mut way = way(&original, mirror.address);
    way.timers.answer = Duration::from_millis(50);
    let gateway = gateway(way);
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n").await.unwrap();
    answer(&mut client, "ok").await;
    lost(&gateway.copies, CopyLost::Late).await;
    until(|| mirror.closed() == 1).await;
}

#[tokio::test]
async fn what_its_client_breaks_off_does_not_look_whole_to_the_mirror() {
    let (original, mirror) = (Sink::start(Does::Answers).await, Sink::start(Does::Answers).await);
    let gateway = gateway(way(&original, mirror.address));
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n";
    client.write_all(&[&head[..], &chunk(b"one")].concat()).await.unwrap();
    until(|| mirror.bytes().ends_with(b"one\r\n")).await;
    drop(client);
    lost(&gateway.copies, CopyLost::Cut).await;
    until(|| mirror.closed() == 1).await;
    assert_eq!(finished(&mirror.request().1), None);
}

#[tokio::test]
async fn what_is_refused_for_its_length_does_not_look_whole_to_the_mirror() {
    let (original, mirror) = (Sink::start(Does::Answers).await, Sink::start(Does::Answers).await);
    let gateway = gateway(Way { most_body: Some(3), ..way(&original, mirror.address) });
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n";
    client.write_all(&[&head[..], &chunk(b"one")].concat()).await.unwrap();
    until(|| mirror.bytes().ends_with(b"one\r\n")).await;
    client.write_all(&[&chunk(b"two")[..], b"0\r\n\r\n"].concat()).await.unwrap();
    lost(&gateway.copies, CopyLost::Cut).await;
    until(|| mirror.closed() == 1).await;
    assert_eq!(finished(&mirror.request().1), None);
}

#[tokio::test]
async fn a_call_that_is_taken_back_is_taken_back_from_the_mirror() {
    let (original, mirror) = (backend(None).await, Service::start().await);
    let mirrors = vec![(mirror.address, BackendProtocol::Http2)];
    let gateway = gateway(Way { mirrors, ..Way::to(original.address) });
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/echo").await;
    send(&mut stream, Bytes::from_static(b"one"), false).await;
    until(|| mirror.calls().first().is_some_and(|call| call.body == b"one")).await;
    stream.send_reset(h2::Reason::CANCEL);
    drop(answer);
    lost(&gateway.copies, CopyLost::Cut).await;
    until(|| mirror.calls()[0].is_reset).await;
}

#[tokio::test]
async fn there_are_so_many_copies_at_a_time() {
    let (original, mirror) = (backend(None).await, Service::start().await);
    let mirrors = vec![(mirror.address, BackendProtocol::Http2)];
    let gateway = gateway(Way { mirrors, ..Way::to(original.address) });
    let client = Client::new(gateway.address).await;
    let mut calls = Vec::new();
    for _ in 0..101 {
        let (answer, stream) = client.call("/echo").await;
        calls.push((soon(answer).await.unwrap(), stream));
    }
    until(|| mirror.calls().len() == 100).await;
    lost(&gateway.copies, CopyLost::NoRoom).await;
    for (_, stream) in &mut calls {
        stream.send_data(Bytes::new(), true).unwrap();
    }
    until(|| gateway.copies.count_carried() == 100).await;
    assert_eq!(client.unary("/unary", b"hello").await.trailer("grpc-status"), "0");
    until(|| gateway.copies.count_carried() == 101).await;
}
