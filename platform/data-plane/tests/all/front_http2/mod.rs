//! Clients that speak HTTP/2, and backends of HTTP/1.
//!
//! - `raw` is a client that sends any frames, `backend` a backend of HTTP/1,
//! - `answers` says what clients get, `changes` what of it is changed on the way, `flow` who waits for whom, `ends` how
//!   connections end, `floods` who is thrown out.

mod answers;
mod backend;
mod changes;
mod ends;
mod floods;
mod flow;
mod raw;

use tradewind_data_plane::BackendProtocol;

use super::backend_http2::backend::next;
use super::backend_http2::client::{Client, whole};
use super::backend_http2::gateway::{Way, gateway};
use super::backend_http2::soon;

/// The way to a backend that speaks HTTP/1.
fn way(backend: std::net::SocketAddr) -> Way {
    Way { protocol: BackendProtocol::Http1, ..Way::to(backend) }
}
