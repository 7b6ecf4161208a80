//! Bodies of requests: what of them is waited for before a backend is asked, and how the rest follows.
//!
//! - `backend` notes what reaches it, `upload` is a client that sends as slowly as a test wants,
//! - `slow` says who waits, `streams` who does not, `bounds` how much is held, `any` that bodies arrive as they were sent.

mod any;
mod backend;
mod bounds;
mod slow;
mod streams;
mod upload;

use std::time::Duration;

use tradewind_data_plane::{BackendProtocol, Timers};

use super::backend_http2::client::exchange;
use super::backend_http2::gateway::{Gateway, Way, gateway};
use super::backend_http2::soon;
use backend::{Backend, backend};
use upload::{Protocol, Upload};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

/// The way to a backend that speaks HTTP/1, and takes one request at a time. Bodies of unknown length are waited for,
/// however long they take.
fn way(backend: &Backend) -> Way {
    let way = Way::to(backend.address);
    let timers = Timers { collect: LONG, ..way.timers };
    Way { protocol: BackendProtocol::Http1, most_requests: 1, timers, ..way }
}

/// Others ask and get their answers. When they have, the gateway has looked at what came before.
async fn others(gateway: &Gateway) {
    for _ in 0..5 {
        let request = b"GET /other HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n";
        let answer = exchange(gateway.address, request, "\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert_eq!(gateway.outcome().await, (200, None, 1));
    }
}

/// Nothing has reached the backend, and its one place is free.
async fn is_not_asked(gateway: &Gateway, backend: &Backend) {
    others(gateway).await;
    assert_eq!(backend.asked(), [] as [&str; 0]);
}
