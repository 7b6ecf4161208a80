//! How connections end.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tradewind_data_plane::Timers;

use super::backend::backend;
use super::raw::{END_HEADERS, END_STREAM, GOAWAY, HEADERS, Raw, SETTINGS, WINDOW_UPDATE, frame, request};
use super::{Client, Way, gateway, soon, way, whole};

const SHORT: Duration = Duration::from_millis(100);

fn timed(backend: std::net::SocketAddr, change: impl FnOnce(&mut Timers)) -> Way {
    let mut way = way(backend);
    change(&mut way.timers);
    way
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_told_so_and_closed() {
    let backend = backend().await;
    let gateway = gateway(timed(backend.address, |timers| timers.idle = SHORT));
    let began = Instant::now();
    let mut client = Raw::new(gateway.address).await;
    let goodbye = client.next(GOAWAY).await.expect("a goodbye");
    assert_eq!(goodbye.payload[4..8], [0; 4]);
    assert!(client.read().await.is_none());
    assert!(began.elapsed() >= SHORT, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_client_that_says_nothing_at_all_is_closed() {
    let backend = backend().await;
    let gateway = gateway(timed(backend.address, |timers| timers.idle = SHORT));
    let mut client = Raw { stream: tokio::net::TcpStream::connect(gateway.address).await.unwrap() };
    // The preface, and no settings behind it.
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    while client.read().await.is_some() {}
}

#[tokio::test]
async fn a_request_under_way_keeps_a_connection() {
    // Longer than a loaded machine needs to send the request, before which the connection is not in use.
    let idle = 5 * SHORT;
    let backend = backend().await;
    let gateway = gateway(timed(backend.address, |timers| timers.idle = idle));
    let client = Client::new(gateway.address).await;
    let (answer, _) = client.begin("GET", "/wait").await;
    tokio::time::sleep(2 * idle).await;
    backend.state.go.add_permits(1);
    assert_eq!(whole(soon(answer).await.unwrap()).await.body, b"late");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up_in_time() {
    let backend = backend().await;
    let gateway = gateway(timed(backend.address, |timers| timers.answer = SHORT));
    let client = Client::new(gateway.address).await;
    let answers = [client.begin("GET", "/wait").await, client.begin("GET", "/wait").await];
    for (answer, _) in answers {
        assert_eq!(soon(answer).await.unwrap().status(), 504);
    }
    // Those that come later have their own time.
    let began = Instant::now();
    let (answer, _) = client.begin("GET", "/wait").await;
    assert_eq!(soon(answer).await.unwrap().status(), 504);
    assert!(began.elapsed() >= SHORT, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up_in_time() {
    let backend = backend().await;
    let gateway = gateway(timed(backend.address, |timers| timers.body = SHORT));
    let client = Client::new(gateway.address).await;
    let (answer, _stream) = client.begin("POST", "/wait").await;
    assert_eq!(soon(answer).await.unwrap().status(), 408);
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_given_up_in_time() {
    let backend = backend().await;
    let gateway = gateway(timed(backend.address, |timers| timers.body = SHORT));
    let client = Client::new(gateway.address).await;
    let (answer, _) = client.begin("GET", "/great").await;
    let _body = soon(answer).await.unwrap().into_body();
    assert_eq!(soon(gateway.outcome()).await, (200, Some("too-slow"), 1));
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_closed() {
    let backend = backend().await;
    let gateway = gateway(timed(backend.address, |timers| timers.body = SHORT));
    let mut client = Raw::narrow(gateway.address).await;
    // It opens its windows as far as they go, so that answers wait for its socket, and nothing else.
    client.send(&frame(WINDOW_UPDATE, 0, 0, &0x7000_0000_u32.to_be_bytes())).await;
    client.send(&frame(SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff])).await;
    for number in 0..200 {
        let head = request("GET", "/fits");
        client.send(&frame(HEADERS, END_HEADERS | END_STREAM, number * 2 + 1, &head)).await;
    }
    tokio::time::sleep(10 * SHORT).await;
    // What was on its way, and then the end.
    while client.read().await.is_some() {}
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_ends_what_is_under_way() {
    let backend = backend().await;
    let gateway = gateway(timed(backend.address, |timers| timers.drain = Duration::from_secs(20)));
    let mut client = Raw::new(gateway.address).await;
    client.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &request("GET", "/wait"))).await;
    while backend.state.requests.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    gateway.stop();
    let goodbye = client.next(GOAWAY).await.expect("a goodbye");
    assert_eq!(goodbye.payload[4..8], [0; 4]);
    backend.state.go.add_permits(1);
    let answer = client.next(HEADERS).await.expect("an answer");
    assert_eq!(answer.stream, 1);
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_ever() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let mut client = Raw::new(gateway.address).await;
    client.send(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &request("GET", "/wait"))).await;
    while backend.state.requests.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    gateway.stop();
    while client.read().await.is_some() {}
}
