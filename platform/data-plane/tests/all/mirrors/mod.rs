//! Copies of requests go beside them.
//!
//! - `sink` takes requests of HTTP/1 and keeps them, `grpc` those of HTTP/2,
//! - `whole` is what mirrors get, `lost` how copies are lost, and what their originals notice of it: nothing.

mod grpc;
mod lost;
mod sink;
mod whole;

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tradewind_data_plane::{BackendProtocol, CopyCounts, CopyLost};

use super::backend_http2::client::Client;
use super::backend_http2::gateway::{Way, gateway};
use super::backend_http2::soon;
use sink::{Does, Sink, chunk, finished};

/// From HTTP/1 to HTTP/1.
fn way(original: &Sink, mirror: SocketAddr) -> Way {
    Way {
        protocol: BackendProtocol::Http1,
        mirrors: vec![(mirror, BackendProtocol::Http1)],
        ..Way::to(original.address)
    }
}

/// Looks again and again, and not forever.
async fn until(mut holds: impl FnMut() -> bool) {
    soon(async {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// Waits until a copy was lost, and for this reason only.
async fn lost(counts: &CopyCounts, why: CopyLost) {
    until(|| CopyLost::ALL.into_iter().any(|why| counts.count_lost(why) > 0)).await;
    let found: Vec<_> = CopyLost::ALL.into_iter().filter(|why| counts.count_lost(*why) > 0).collect();
    assert_eq!((found, counts.count_lost(why), counts.count_carried()), (vec![why], 1, 0));
}
