//! Who waits for whom.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::Request;

use super::backend::{self, backend};
use super::{Client, gateway, next, soon, way, whole};

/// More than a stream may be ahead of its reader, and more than buffers on the way hold.
const MUCH: usize = 24 << 20;

#[tokio::test]
async fn a_client_waits_for_a_backend_that_does_not_read() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let request = Request::post("http://shop.example/take").header("content-length", MUCH).body(()).unwrap();
    let (answer, mut stream) = client.start(request).await;
    let (sent, mut left) = (vec![1; 64 << 10], MUCH);
    // Sends as long as it may.
    let is_waiting = async {
        while left > 0 {
            stream.reserve_capacity(sent.len().min(left));
            while stream.capacity() == 0 {
                std::future::poll_fn(|context| stream.poll_capacity(context)).await.unwrap().unwrap();
            }
            let count = stream.capacity().min(left).min(sent.len());
            left -= count;
            stream.send_data(Bytes::copy_from_slice(&sent[..count]), left == 0).unwrap();
        }
    };
    assert!(tokio::time::timeout(Duration::from_millis(500), is_waiting).await.is_err());
    assert!(left > 0);
    // Others on the same connection do not wait.
    assert_eq!(soon(client.get("/small")).await.body, b"hello");
    backend.state.go.add_permits(1);
    while left > 0 {
        let count = left.min(sent.len());
        super::super::backend_http2::backend::send(
            &mut stream,
            Bytes::copy_from_slice(&sent[..count]),
            left == count,
        )
        .await;
        left -= count;
    }
    assert_eq!(whole(soon(answer).await.unwrap()).await.body, MUCH.to_string().as_bytes());
}

#[tokio::test]
async fn a_client_that_takes_nothing_keeps_no_others_waiting() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, _) = client.begin("GET", "/great").await;
    let mut body = soon(answer).await.unwrap().into_body();
    for _ in 0..10 {
        // Not with the window of the connection: what is not taken of it is no more than 64 KiB.
        assert_eq!(soon(client.begin("GET", "/empty").await.0).await.unwrap().status(), 200);
    }
    let mut length = 0;
    while let Some(data) = soon(next(&mut body)).await {
        length += data.len();
    }
    assert_eq!(length, 1 << 20);
}

#[tokio::test]
async fn a_backend_waits_for_a_client_that_takes_nothing() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, _) = client.begin("GET", "/much").await;
    let mut body = soon(answer).await.unwrap().into_body();
    tokio::time::sleep(Duration::from_millis(500)).await;
    // What systems keep on the way is some megabytes.
    let written = backend.state.written.load(Ordering::SeqCst);
    assert!(written < backend::MUCH / 2, "{written}");
    let mut length = 0;
    while let Some(data) = soon(next(&mut body)).await {
        length += data.len();
    }
    assert_eq!(length, backend::MUCH);
}

#[tokio::test]
async fn a_client_that_gives_up_while_the_backend_pauses_is_noted() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.begin("GET", "/pause").await;
    let mut body = soon(answer).await.unwrap().into_body();
    assert_eq!(soon(next(&mut body)).await.unwrap(), "half");
    stream.send_reset(Reason::CANCEL);
    drop(body);
    assert_eq!(soon(gateway.outcome()).await, (200, Some("client-gone"), 1));
}

#[tokio::test]
async fn a_backend_hears_of_a_client_that_gives_up() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.begin("GET", "/wait").await;
    while backend.state.requests.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stream.send_reset(Reason::CANCEL);
    drop(answer);
    assert_eq!(soon(gateway.outcome()).await, (499, Some("client-gone"), 1));
    soon(async {
        while backend.state.broken.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    // Its connection goes on.
    assert_eq!(client.get("/small").await.body, b"hello");
}

#[tokio::test]
async fn a_client_that_gives_up_within_an_answer_is_noted() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.begin("GET", "/great").await;
    let body = soon(answer).await.unwrap().into_body();
    stream.send_reset(Reason::CANCEL);
    drop(body);
    assert_eq!(soon(gateway.outcome()).await, (200, Some("client-gone"), 1));
}

#[tokio::test]
async fn all_requests_of_a_client_that_goes_are_noted() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let (client, task) = Client::with_task(gateway.address).await;
    let waiting = [client.begin("GET", "/wait").await, client.begin("GET", "/wait").await];
    while backend.state.requests.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    task.abort();
    for _ in waiting {
        assert_eq!(soon(gateway.outcome()).await, (499, Some("client-gone"), 0));
    }
}
