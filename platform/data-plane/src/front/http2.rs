//! Serves a client that speaks HTTP/2.
//!
//! Frames, header compression and flow control are hyper's. What a request means is judged here, as of HTTP/1.

mod answer;
mod floods;
mod request;
mod wire;

use std::cell::Cell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use http::Response;
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::sync::Notify;

use crate::bounds::Bounds;
use crate::buffer::Buffer;
use crate::front::http2::answer::AnswerBody;
use crate::front::http2::wire::Wire;
use crate::io::Stream;
use crate::listener::Listener;
use crate::settings::Timers;
use crate::task::spawn;
use crate::thread::{Place, Thread};
use crate::timer::{pause, within};

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
    pub(crate) listener: Rc<Listener>,
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) peer: SocketAddr,
    pub(crate) server_name: Option<String>,
    /// Requests so far.
    requests: Cell<u32>,
    /// There have been as many as there may be.
    enough: Notify,
}

impl Shared {
    /// Of a connection that begins.
    pub(crate) fn new(
        client: (Rc<Thread>, Rc<Listener>, Arc<Bounds>),
        peer: SocketAddr,
        server_name: Option<String>,
    ) -> Self {
        let (thread, listener, bounds) = client;
        Self { thread, listener, bounds, peer, server_name, requests: Cell::new(0), enough: Notify::new() }
    }

    fn count(&self) {
        let count = self.requests.get().saturating_add(1);
        self.requests.set(count);
        if count >= self.bounds.requests {
            self.enough.notify_one();
        }
    }

    /// Waits until the connection is to take no further requests by its own bounds.
    async fn has_lasted(&self) {
        let of_age = async {
            match self.bounds.age {
                Some(age) => pause(age).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = of_age => {}
            () = self.enough.notified() => {}
        }
    }
}

/// Runs tasks of a connection on the thread that calls.
#[derive(Debug, Clone, Copy)]
struct Here;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Here {
    fn execute(&self, task: F) {
        spawn(task);
    }
}

/// Serves the requests of a connection. `first` has what was read of it already.
pub(crate) async fn serve(shared: Shared, stream: Stream, first: Buffer, place: Place) {
    let thread = shared.thread.clone();
    let shared = Rc::new(shared);
    let timers = thread.settings.timers;
    let bounds = shared.bounds.clone();
    let of_wire = Timers { idle: bounds.idle, body: bounds.write, ..timers };
    let wire = Wire::new(stream, first, of_wire, bounds.resets);
    let asked = shared.clone();
    let service = service_fn(move |request: http::Request<Incoming>| {
        let shared = asked.clone();
        shared.count();
        async move { Ok::<Response<AnswerBody>, Infallible>(request::answer(shared, request).await) }
    });
    let connection = Builder::new(Here)
        .timer(TokioTimer::new())
        .max_concurrent_streams(bounds.streams)
        .max_frame_size(FRAME)
        .initial_stream_window_size(bounds.stream_window)
        .initial_connection_window_size(bounds.connection_window)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(u32::try_from(bounds.head.max_head_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(LOCAL_RESETS)
        .serve_connection(wire, service);
    let mut connection = std::pin::pin!(connection);
    let mut stopping = std::pin::pin!(thread.stopping.notified());
    stopping.as_mut().enable();
    let mut has_lasted = std::pin::pin!(shared.has_lasted());
    let (mut is_leaving, mut is_stopping) = (false, thread.is_stopping.get());
    while !is_stopping {
        tokio::select! {
            biased;
            // How it ended is of no use to anybody: clients go as they like.
            _ = connection.as_mut() => return drop(place),
            () = &mut stopping => is_stopping = true,
            () = &mut has_lasted, if !is_leaving => {
                is_leaving = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    let _ = within(timers.drain, connection).await;
    drop(place);
}
