//! Serves a client that speaks HTTP/2.
//!
//! Frames, header compression and flow control are those of `h2`. What a request means is judged here, as of HTTP/1. A
//! connection is one task with one timer, however many streams it has.

mod answer;
mod connection;
mod floods;
mod own;
mod parts;
mod request;
mod upload;
mod wire;

use std::cell::RefCell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use h2::server::Builder;

use crate::bounds::Bounds;
use crate::buffer::Buffer;
use crate::door::Door;
use crate::front::http2::connection::{Protocol, Serving};
use crate::front::http2::wire::{Handle, Wire};
use crate::io::Stream;
use crate::task::bounding_itself;
use crate::thread::{Place, Thread};
use crate::timer::now;

/// The greatest frame that is sent and taken, in bytes (RFC 9113 §4.2).
const FRAME: u32 = 16 * 1024;

/// Bytes of an answer that wait to be written on one stream.
const SEND_BUFFER: usize = 64 * 1024;

/// Streams that a client may have reset before it was looked at: a client that resets more is not in good faith
/// (CVE-2023-44487).
const PENDING_RESETS: usize = 20;

/// Streams that may have been reset for the client's mistakes on one connection.
const LOCAL_RESETS: usize = 100;

/// What all requests of a connection have in common.
pub(crate) struct Shared {
    pub(crate) thread: Rc<Thread>,
    pub(crate) listener: Rc<Door>,
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) peer: SocketAddr,
    pub(crate) server_name: Option<String>,
}

impl Shared {
    /// Of a connection that begins.
    pub(crate) fn new(
        (thread, listener, bounds): (Rc<Thread>, Rc<Door>, Arc<Bounds>),
        peer: SocketAddr,
        server_name: Option<String>,
    ) -> Self {
        Self { thread, listener, bounds, peer, server_name }
    }
}

/// Serves the requests of a connection. `first` has what was read of it already.
pub(crate) async fn serve(shared: Shared, stream: Stream, first: Buffer, place: Place) {
    let (thread, door, bounds) = (shared.thread.clone(), shared.listener.clone(), shared.bounds.clone());
    let shared = Rc::new(shared);
    let wire = Wire::new(thread.clone(), stream, first, (now(), bounds.resets));
    let wire = Rc::new(RefCell::new(wire));
    let greeting = Protocol::Greeting(builder(&bounds).handshake(Handle(wire.clone())));
    let make = |inbox, timer| request::serve(shared.clone(), inbox, timer);
    let mut stopping = Box::pin(door.stopping.notified());
    stopping.as_mut().enable();
    let mut serving = Serving::new((&thread, &door, &bounds), wire, greeting, (make, stopping));
    bounding_itself(poll_fn(|context| serving.poll(context))).await;
    drop(place);
}

fn builder(bounds: &Bounds) -> Builder {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(bounds.streams)
        .max_frame_size(FRAME)
        .initial_window_size(bounds.stream_window)
        .initial_connection_window_size(bounds.connection_window)
        .max_send_buffer_size(SEND_BUFFER)
        .max_header_list_size(u32::try_from(bounds.head.max_head_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(Some(LOCAL_RESETS));
    builder
}
