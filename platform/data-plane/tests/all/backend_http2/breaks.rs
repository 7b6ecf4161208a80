//! What goes wrong on the way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use tokio::net::TcpListener;
use tradewind_data_plane::{Reached, Room, RoomBounds};

use super::backend::{backend, backend_of, next, send};
use super::client::{Client, exchange_seen, whole};
use super::gateway::{Way, gateway};
use super::soon;

#[tokio::test]
async fn a_backend_hears_that_its_client_has_given_up() {
    let mut backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    // Before the answer has begun ...
    let (answer, mut stream) = client.call("/hang").await;
    send(&mut stream, Bytes::from_static(b"hello"), true).await;
    while backend.state.requests.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    stream.send_reset(Reason::CANCEL);
    drop(answer);
    assert_eq!(soon(backend.resets.recv()).await, Some(Reason::CANCEL));
    // ... and within it.
    let (answer, mut stream) = client.call("/drip").await;
    backend.state.drops.add_permits(1);
    let mut body = soon(answer).await.unwrap().into_body();
    assert_eq!(soon(next(&mut body)).await.unwrap(), "0");
    stream.send_reset(Reason::CANCEL);
    assert_eq!(soon(backend.resets.recv()).await, Some(Reason::CANCEL));
    // The edge hears of both, each once: what it has counted must end.
    let outcomes = gateway.outcomes.lock().unwrap();
    let told: Vec<_> = outcomes.iter().map(|(status, reason, _)| (*status, *reason)).collect();
    assert_eq!(told, [(499, Some("client-gone")), (200, Some("client-gone"))]);
}

#[tokio::test]
async fn a_client_sees_that_the_answer_is_not_whole() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/break").await;
    send(&mut stream, Bytes::from_static(b"hello"), true).await;
    let mut body = soon(answer).await.unwrap().into_body();
    assert_eq!(soon(next(&mut body)).await.unwrap(), "half");
    backend.state.drops.add_permits(1);
    let error = soon(body.data()).await.unwrap().unwrap_err();
    assert!(error.is_reset(), "{error}");
    // Over HTTP/1 the last chunk is missing.
    let request = b"GET /break HTTP/1.1\r\nhost: shop.example\r\n\r\n";
    let go_on = |piece: &str| backend.state.drops.add_permits(usize::from(piece.contains("half")));
    let answer = exchange_seen(gateway.address, request, "\r\n0\r\n", go_on).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n4\r\nhalf\r\n"),
        "{answer}"
    );
    let outcomes = gateway.outcomes.lock().unwrap();
    assert!(outcomes.iter().all(|(_, reason, _)| *reason == Some("upstream-cut")), "{outcomes:?}");
}

#[tokio::test]
async fn a_connection_that_says_goodbye_is_replaced() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/echo").await;
    let mut body = soon(answer).await.unwrap().into_body();
    for round in 1..=10 {
        assert_eq!(client.unary("/unary", b"hello").await.trailer("grpc-status"), "0", "round {round}");
        backend.state.closing.notify_waiters();
        soon(backend.state.closed.notified()).await;
    }
    assert_eq!(client.unary("/unary", b"hello").await.trailer("grpc-status"), "0");
    assert!(backend.state.connections.load(Ordering::SeqCst) > 5);
    // What was under way goes on.
    send(&mut stream, Bytes::from_static(b"still"), true).await;
    assert_eq!(soon(next(&mut body)).await.unwrap(), "still");
    assert!(soon(next(&mut body)).await.is_none());
    let outcomes = gateway.outcomes.lock().unwrap();
    assert!(outcomes.iter().all(|(status, ..)| *status == 200), "{outcomes:?}");
}

#[tokio::test]
async fn a_refused_stream_is_tried_again_and_a_broken_one_is_not() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    assert_eq!(client.unary("/refuse-once", b"hello").await.header("grpc-status"), "5");
    assert_eq!(backend.state.requests.load(Ordering::SeqCst), 2);
    assert_eq!(client.unary("/refuse", b"hello").await.header("grpc-status"), "14");
    assert_eq!(backend.state.requests.load(Ordering::SeqCst), 4);
    assert_eq!(client.unary("/internal", b"hello").await.header("grpc-status"), "14");
    assert_eq!(backend.state.requests.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_call_that_takes_too_long_has_a_status_of_grpc() {
    let mut backend = backend(None).await;
    let way = Way { request_timeout: Some(Duration::from_millis(100)), ..Way::to(backend.address) };
    let gateway = gateway(way);
    let client = Client::new(gateway.address).await;
    let answer = client.unary("/hang", b"hello").await;
    assert_eq!((answer.head.status().as_u16(), answer.header("grpc-status")), (200, "4"));
    assert!(answer.is_head_only && answer.header("content-type") == "application/grpc");
    assert_eq!(soon(backend.resets.recv()).await, Some(Reason::CANCEL));
    assert_eq!(gateway.outcomes.lock().unwrap()[0], (504, Some("upstream-timeout"), 1));
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_unavailable() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = gateway(Way::to(nobody.local_addr().unwrap()));
    drop(nobody);
    let client = Client::new(gateway.address).await;
    let answer = client.unary("/unary", b"hello").await;
    assert_eq!(answer.header("grpc-status"), "14");
    assert_eq!(answer.header("grpc-message"), "The service behind cannot be reached.");
    let answer = client.unary("/nowhere", b"hello").await;
    assert_eq!(answer.header("grpc-status"), "12");
    assert_eq!(answer.header("grpc-message"), "There is no route: 100 %25.");
}

#[tokio::test]
async fn another_endpoint_takes_what_one_cannot() {
    let backend = backend(None).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let way =
        Way { endpoints: vec![nobody.local_addr().unwrap(), backend.address], ..Way::to(backend.address) };
    drop(nobody);
    let gateway = gateway(way);
    let client = Client::new(gateway.address).await;
    for _ in 0..20 {
        assert_eq!(client.unary("/unary", b"hello").await.trailer("grpc-status"), "0");
    }
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_heard_is_replaced() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let way = Way::to(silent.local_addr().unwrap());
    let gateway = gateway(Way { request_timeout: Some(Duration::from_millis(50)), ..way });
    let client = Client::new(gateway.address).await;
    let mut connections = Vec::new();
    for _ in 0..3 {
        assert_eq!(client.unary("/unary", b"hello").await.header("grpc-status"), "4");
        connections.push(soon(silent.accept()).await.unwrap());
    }
}

#[tokio::test]
async fn clients_that_take_nothing_keep_no_others_waiting() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let mut stalled = Vec::new();
    for _ in 0..60 {
        let (answer, stream) = client.call("/flood").await;
        stalled.push((soon(answer).await.unwrap(), stream));
    }
    let other = Client::new(gateway.address).await;
    let (answer, mut stream) = other.call("/echo").await;
    tokio::spawn(async move { send(&mut stream, vec![1; 1 << 20].into(), true).await });
    assert_eq!(whole(soon(answer).await.unwrap()).await.body.len(), 1 << 20);
    assert_eq!(backend.state.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn calls_that_are_given_up_do_not_end_a_connection() {
    let mut backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    for _ in 0..300 {
        let (answer, mut stream) = client.call("/drip").await;
        let answer = soon(answer).await.unwrap();
        stream.send_reset(Reason::CANCEL);
        drop(answer);
        assert_eq!(soon(backend.resets.recv()).await, Some(Reason::CANCEL));
    }
    assert_eq!(backend.state.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_is_too_long_is_never_whole() {
    let backend = backend(None).await;
    let gateway = gateway(Way { most_body: Some(1_000), ..Way::to(backend.address) });
    let client = Client::new(gateway.address).await;
    // Before the answer has begun ...
    let (answer, mut stream) = client.call("/unary").await;
    send(&mut stream, vec![1; 1_001].into(), false).await;
    let answer = whole(soon(answer).await.unwrap()).await;
    assert_eq!(answer.header("grpc-status"), "8");
    // ... and within it.
    let (answer, mut stream) = client.call("/echo").await;
    let mut body = soon(answer).await.unwrap().into_body();
    send(&mut stream, vec![1; 1_001].into(), false).await;
    assert!(soon(body.data()).await.unwrap().unwrap_err().is_reset());
}

#[tokio::test]
async fn what_connections_have_no_room_for_is_refused() {
    let backend = backend_of(None, 2).await;
    let gateway = gateway(Way::to(backend.address));
    let client = Client::new(gateway.address).await;
    let mut calls = Vec::new();
    for _ in 0..16 {
        let (answer, stream) = client.call("/echo").await;
        calls.push((soon(answer).await.unwrap(), stream));
    }
    assert_eq!(backend.state.connections.load(Ordering::SeqCst), 8);
    assert_eq!(client.unary("/unary", b"hello").await.header("grpc-status"), "14");
    calls.clear();
    // As soon as the gateway has heard of it there is room again.
    soon(async { while client.unary("/unary", b"hello").await.trailer("grpc-status") != "0" {} }).await;
}

#[tokio::test]
async fn more_calls_than_there_may_be_are_refused() {
    let backend = backend(None).await;
    let gateway = gateway(Way { most_requests: 1, ..Way::to(backend.address) });
    let client = Client::new(gateway.address).await;
    let (answer, _stream) = client.call("/echo").await;
    let _answer = soon(answer).await.unwrap();
    assert_eq!(client.unary("/unary", b"hello").await.header("grpc-status"), "14");
}

#[tokio::test]
async fn a_call_waits_for_a_stream_of_the_only_connection_that_there_may_be() {
    let backend = backend_of(None, 2).await;
    let bounds = RoomBounds { requests: 100, connections: 1, pending: 1 };
    let room = Arc::new(Room::new(bounds, 1));
    let gateway = gateway(Way { room: Some(room.clone()), ..Way::to(backend.address) });
    let client = Client::new(gateway.address).await;
    let mut calls = Vec::new();
    for _ in 0..2 {
        let (answer, stream) = client.call("/echo").await;
        calls.push((soon(answer).await.unwrap(), stream));
    }
    let (answer, mut stream) = client.call("/unary").await;
    stream.send_data(Bytes::from_static(b"hello"), true).unwrap();
    soon(async {
        while room.pending() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // One more may not wait.
    assert_eq!(client.unary("/unary", b"hello").await.header("grpc-status"), "14");
    assert_eq!(room.count(Reached::Pending), 1);
    drop(calls.pop());
    assert_eq!(whole(soon(answer).await.unwrap()).await.trailer("grpc-status"), "0");
    assert_eq!(
        (backend.state.connections.load(Ordering::SeqCst), room.connections(), room.pending()),
        (1, 1, 0)
    );
}
