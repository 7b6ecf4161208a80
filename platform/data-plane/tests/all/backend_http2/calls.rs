//! The four kinds of calls of gRPC, and what goes with them.

use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::backend::{backend, next, send};
use super::client::{Client, whole};
use super::gateway::{Way, gateway};
use super::soon;

#[tokio::test]
async fn a_unary_call_has_its_trailers_and_the_fields_of_any_request() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/unary").await;
    stream.send_data(Bytes::from_static(b"hello"), false).unwrap();
    let trailers = [("x-checksum".parse().unwrap(), "abc".parse().unwrap())].into_iter().collect();
    stream.send_trailers(trailers).unwrap();
    let answer = whole(soon(answer).await.unwrap()).await;
    assert_eq!(answer.head.status(), 200);
    assert_eq!(answer.body, b"5");
    assert_eq!(answer.trailer("grpc-status"), "0");
    assert_eq!(answer.header("x-checksum-seen"), "abc");
    assert_eq!(answer.header("x-authority"), "shop.example");
    assert_eq!(answer.header("x-scheme"), "http");
    assert_eq!(answer.header("x-te"), "trailers");
    assert_eq!(answer.header("x-for"), "127.0.0.1");
    assert_eq!(answer.header("x-trace").len(), 55);
}

#[tokio::test]
async fn calls_share_a_connection() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    for _ in 0..3 {
        let client = Client::new(gateway.address).await;
        assert_eq!(client.unary("/unary", b"hello").await.trailer("grpc-status"), "0");
    }
    assert_eq!(backend.state.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_message_arrives_before_the_next_one_is_sent() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/drip").await;
    send(&mut stream, Bytes::from_static(b"please"), true).await;
    let mut body = soon(answer).await.unwrap().into_body();
    for expected in [&b"0"[..], b"1", b"2"] {
        backend.state.drops.add_permits(1);
        assert_eq!(soon(next(&mut body)).await.unwrap(), expected);
    }
    assert!(soon(next(&mut body)).await.is_none());
    assert_eq!(soon(body.trailers()).await.unwrap().unwrap()["grpc-status"], "0");
}

#[tokio::test]
async fn a_client_sends_one_message_after_the_other() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/unary").await;
    for index in 0..20 {
        send(&mut stream, Bytes::from(vec![1; 10_000]), index == 19).await;
    }
    assert_eq!(whole(soon(answer).await.unwrap()).await.body, b"200000");
}

#[tokio::test]
async fn messages_go_both_ways_at_the_same_time() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/echo").await;
    // The answer begins before there is a message.
    let mut body = soon(answer).await.unwrap().into_body();
    for index in 0..50_u8 {
        send(&mut stream, Bytes::from(vec![index; 100]), false).await;
        let mut echoed = Vec::new();
        while echoed.len() < 100 {
            echoed.extend_from_slice(&soon(next(&mut body)).await.unwrap());
        }
        assert_eq!(echoed, vec![index; 100]);
    }
    send(&mut stream, Bytes::new(), true).await;
    assert!(soon(next(&mut body)).await.is_none());
    assert_eq!(soon(body.trailers()).await.unwrap().unwrap()["grpc-status"], "0");
}

#[tokio::test]
async fn great_bodies_go_both_ways_as_they_are() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let sent: Vec<u8> =
        (0..5_u32 << 20).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (answer, mut stream) = client.call("/echo").await;
    let bytes = Bytes::from(sent.clone());
    tokio::spawn(async move { send(&mut stream, bytes, true).await });
    let answer = whole(soon(answer).await.unwrap()).await;
    assert!(answer.body == sent, "{} of {} bytes", answer.body.len(), sent.len());
    assert_eq!(answer.trailer("grpc-status"), "0");
}

#[tokio::test]
async fn a_client_can_send_all_before_it_takes_the_answer() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/flood").await;
    let answer = soon(answer).await.unwrap();
    soon(send(&mut stream, vec![1; 2 << 20].into(), true)).await;
    drop(soon(backend.state.drops.acquire_many(2 << 20)).await.unwrap());
    assert_eq!(whole(answer).await.body.len(), 3 << 20);
}

#[tokio::test]
async fn two_hundred_calls_go_at_a_time() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let mut calls = Vec::new();
    for _ in 0..200 {
        calls.push(client.call("/echo").await);
    }
    let mut begun = Vec::new();
    for (answer, stream) in calls {
        begun.push((soon(answer).await.unwrap(), stream));
    }
    for (_, stream) in &mut begun {
        stream.send_data(Bytes::from_static(b"x"), true).unwrap();
    }
    for (answer, _) in begun {
        let answer = whole(answer).await;
        assert_eq!((answer.body.as_slice(), answer.trailer("grpc-status")), (&b"x"[..], "0"));
    }
    assert!(backend.state.connections.load(Ordering::SeqCst) <= 3);
}

#[tokio::test]
async fn an_answer_of_trailers_only_ends_with_its_head() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let answer = client.unary("/other", b"hello").await;
    assert_eq!((answer.header("grpc-status"), answer.is_head_only), ("5", true));
    // It also does where the request has not ended.
    let (answer, _stream) = client.call("/other").await;
    let answer = whole(soon(answer).await.unwrap()).await;
    assert_eq!((answer.header("grpc-status"), answer.is_head_only), ("5", true));
}
