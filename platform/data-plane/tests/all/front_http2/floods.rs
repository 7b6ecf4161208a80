//! Who keeps the server busy for nothing is thrown out.

use std::time::Duration;

use super::backend::backend;
use super::raw::{
    DATA, END_HEADERS, END_STREAM, HEADERS, PING, RESET, Raw, SETTINGS, WINDOW_UPDATE, frame, request,
};
use super::{gateway, way};

const LIMIT: Duration = Duration::from_secs(1);

/// Whether a client that sends these frames behind one request that goes on is closed in time.
async fn is_closed(again: &[u8]) -> bool {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let mut client = Raw::new(gateway.address).await;
    client.send(&frame(HEADERS, END_HEADERS, 1, &request("POST", "/wait"))).await;
    client.is_closed_by(again, LIMIT).await
}

#[tokio::test]
async fn frames_that_mean_nothing_end_a_connection() {
    for (name, flood) in [
        ("empty data", frame(DATA, 0, 1, &[])),
        ("priorities", frame(2, 0, 1, &[0, 0, 0, 0, 1])),
        ("settings", frame(SETTINGS, 0, 0, &[])),
        ("pings", frame(PING, 0, 0, &[0; 8])),
        ("window updates", frame(WINDOW_UPDATE, 0, 1, &1_u32.to_be_bytes())),
        ("unknown frames", frame(77, 0, 0, &[1, 2, 3])),
    ] {
        assert!(is_closed(&flood.repeat(30_000)).await, "{name}");
    }
}

#[tokio::test]
async fn a_head_without_end_ends_a_connection() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let mut client = Raw::new(gateway.address).await;
    client.send(&frame(HEADERS, 0, 1, &request("POST", "/wait"))).await;
    assert!(client.is_closed_by(&frame(9, 0, 1, &[]).repeat(100), LIMIT).await);
}

#[tokio::test]
async fn resets_end_a_connection_whoever_sends_them() {
    for (name, end, value) in [
        ("rapid reset", RESET, 8_u32),
        // The client opens the window of each stream too far, and the server has to reset it.
        ("made you reset", WINDOW_UPDATE, 0x7fff_ffff),
    ] {
        let backend = backend().await;
        let gateway = gateway(way(backend.address));
        let mut client = Raw::new(gateway.address).await;
        let mut flood = Vec::new();
        for number in 0..15_000 {
            let stream = number * 2 + 1;
            flood.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &request("GET", "/wait")));
            flood.extend(frame(end, 0, stream, &value.to_be_bytes()));
        }
        assert!(client.is_closed_by(&flood, LIMIT).await, "{name}");
    }
}

#[tokio::test]
async fn the_others_go_on_meanwhile() {
    let backend = backend().await;
    let gateway = gateway(way(backend.address));
    let mut attacker = Raw::new(gateway.address).await;
    let other = super::Client::new(gateway.address).await;
    let pings = frame(PING, 0, 0, &[0; 8]).repeat(10_000);
    let attacking = async { attacker.is_closed_by(&pings, LIMIT).await };
    let asking = async {
        for _ in 0..50 {
            assert_eq!(other.get("/small").await.body, b"hello");
        }
    };
    assert!(tokio::join!(attacking, asking).0);
}
