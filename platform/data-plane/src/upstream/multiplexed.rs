//! Connections of HTTP/2 to one endpoint: each carries many requests at a time.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::SendStream;
use h2::client::{Builder, ResponseFuture, SendRequest};
use http::Request;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use crate::io::Stream;
use crate::settings::Limits;
use crate::task::spawn;
use crate::timer::{Moment, now, within};
use crate::upstream::cluster::{Cluster, ClusterSettings};
use crate::upstream::connection;
use crate::upstream::room::{ConnectionPlace, Reached};

/// Connections to one endpoint from one thread.
const CONNECTIONS: usize = 8;

/// Streams of one connection, where the endpoint allows as many.
const STREAMS: usize = 256;

/// Streams of a connection whose endpoint has not said yet how many it allows.
const STREAMS_AT_FIRST: usize = 100;

/// Bytes that one stream may be ahead of its reader.
const STREAM_WINDOW: u32 = 128 * 1024;

/// Bytes that all streams of a connection may be ahead of their readers: as many as they can be, for clients that do
/// not take their answers must not keep others waiting.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * STREAMS as u32;

/// Streams that were reset, and of which frames may still come. Clients give up as they like, and a connection is not
/// to end for it.
const RESETS: usize = 1_024;

/// Bytes of a request that wait to be written on one stream.
const SEND_BUFFER: usize = 64 * 1024;

/// The connections of one thread to one endpoint.
#[derive(Default)]
pub(crate) struct Multiplexed {
    connections: RefCell<Vec<Rc<Shared>>>,
    is_opening: Cell<bool>,
    /// Why the last connection could not be opened; those that have waited for it hear it, too.
    failed: Cell<Option<io::ErrorKind>>,
    opened: Notify,
}

/// A connection, as long as new requests go over it or old ones are under way.
struct Shared {
    sender: RefCell<SendRequest<Bytes>>,
    streams: Cell<usize>,
    /// When its last stream ended.
    used: Cell<Moment>,
    heard: Rc<Cell<Moment>>,
    /// Nothing new goes over it.
    is_retired: Cell<bool>,
    /// It counts among the connections of its backend.
    place: Option<ConnectionPlace>,
}

/// One stream of a connection.
pub(crate) struct Slot {
    connection: Rc<Shared>,
    /// How long it took to have the connection; zero for one that was there.
    pub(crate) connected: Duration,
}

/// Why there is no stream.
#[derive(Debug)]
pub(crate) enum NoStream {
    /// All connections have as many as they may have.
    Busy,
    /// The backend has as much as there may be.
    Full(Reached),
    /// A connection cannot be had.
    Unreachable(io::Error),
}

impl Multiplexed {
    /// A stream on a connection that is there, or on a new one. One is opened at a time, and all wait for it.
    pub(crate) async fn slot(
        &self,
        address: SocketAddr,
        cluster: &Cluster,
        limits: &Limits,
    ) -> Result<Slot, NoStream> {
        let (began, settings) = (now(), &cluster.settings);
        loop {
            if let Some(connection) = self.free(settings.idle) {
                return Ok(Slot::new(connection, Duration::ZERO));
            }
            if !self.is_opening.get() {
                if self.connections.borrow().len() >= CONNECTIONS {
                    return Err(NoStream::Busy);
                }
                let opening = Opening::new(self);
                let place = match cluster.place(|| self.free(settings.idle)).await.map_err(NoStream::Full)? {
                    Ok(place) => place,
                    Err(connection) => {
                        return Ok(Slot::new(connection, now().saturating_duration_since(began)));
                    }
                };
                // Apart, since it is rare and large: what is waited for is moved with each request.
                let opened = Box::pin(open(address, settings, limits, place)).await;
                self.failed.set(opened.as_ref().err().map(io::Error::kind));
                let connection = opened.map_err(NoStream::Unreachable)?;
                self.connections.borrow_mut().push(connection.clone());
                let slot = Slot::new(connection, now().saturating_duration_since(began));
                drop(opening);
                return Ok(slot);
            }
            let _pending = cluster.pending().map_err(NoStream::Full)?;
            self.opened.notified().await;
            if let Some(kind) = self.failed.get() {
                return Err(NoStream::Unreachable(kind.into()));
            }
        }
    }

    /// A connection with room; the first, so that the others can go.
    fn free(&self, most_idle: Duration) -> Option<Rc<Shared>> {
        let now = now();
        let mut connections = self.connections.borrow_mut();
        connections.retain(|connection| connection.is_good(now, most_idle));
        connections.iter().find(|connection| connection.has_room()).cloned()
    }

    /// Drops connections that were unused for too long, or whose peer has gone.
    pub(crate) fn sweep(&self, now: Moment, most_idle: Duration) {
        self.connections.borrow_mut().retain(|connection| connection.is_good(now, most_idle));
    }

    /// Closes a connection without a request; false where there is none.
    pub(crate) fn close_unused(&self) -> bool {
        let mut connections = self.connections.borrow_mut();
        let unused = connections.iter().position(|connection| connection.streams.get() == 0);
        unused.map(|index| connections.remove(index)).is_some()
    }

    /// Lets nothing new go over the connections that are there.
    pub(crate) fn clear(&self) {
        self.connections.borrow_mut().clear();
    }
}

/// Somebody opens a connection, as long as this is there.
struct Opening<'a>(&'a Multiplexed);

impl<'a> Opening<'a> {
    fn new(connections: &'a Multiplexed) -> Self {
        connections.is_opening.set(true);
        connections.failed.set(None);
        Self(connections)
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.0.is_opening.set(false);
        self.0.opened.notify_waiters();
    }
}

impl Shared {
    fn is_good(&self, now: Moment, most_idle: Duration) -> bool {
        let is_idle = self.streams.get() == 0;
        let is_old = is_idle && now.saturating_duration_since(self.used.get()) >= most_idle;
        if is_old || self.is_retired.get() {
            return false;
        }
        // It fails once the peer has said that it closes, or has gone.
        let mut nobody = Context::from_waker(Waker::noop());
        !matches!(self.sender.borrow_mut().poll_ready(&mut nobody), Poll::Ready(Err(_)))
    }

    fn has_room(&self) -> bool {
        self.streams.get() < self.sender.borrow().current_max_send_streams().min(STREAMS)
    }
}

impl Slot {
    fn new(connection: Rc<Shared>, connected: Duration) -> Self {
        connection.streams.set(connection.streams.get() + 1);
        Self { connection, connected }
    }

    /// Puts a request on the connection.
    pub(crate) fn send(
        &mut self,
        request: Request<()>,
        is_whole: bool,
    ) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
        self.connection.sender.borrow().clone().send_request(request, is_whole)
    }

    /// There was no answer in time. Where nothing at all was heard meanwhile the other side may be gone without a word.
    pub(crate) fn gave_up(&self, since: Moment) {
        if self.connection.heard.get() < since {
            self.connection.is_retired.set(true);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let connection = &self.connection;
        connection.streams.set(connection.streams.get().saturating_sub(1));
        connection.used.set(now());
        if let Some(place) = &connection.place {
            place.share().unused();
        }
    }
}

/// Opens a connection. It is driven by a task of its own, and closes once nobody has it any more.
async fn open(
    address: SocketAddr,
    settings: &ClusterSettings,
    limits: &Limits,
    place: Option<ConnectionPlace>,
) -> io::Result<Rc<Shared>> {
    let heard = Rc::new(Cell::new(now()));
    let list = u32::try_from(limits.answer_head.max_head_bytes).unwrap_or(u32::MAX);
    let connecting = async {
        let stream = connection::connect(address, settings).await?;
        let wire = Wire { stream, heard: heard.clone() };
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_max_send_streams(STREAMS_AT_FIRST)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buffer_size(SEND_BUFFER)
            .max_concurrent_reset_streams(RESETS)
            .max_local_error_reset_streams(None)
            .max_header_list_size(list);
        builder.handshake::<_, Bytes>(wire).await.map_err(io::Error::other)
    };
    let opened = within(settings.connect, connecting).await;
    let (sender, driver) = opened.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))?;
    spawn(async move {
        if let Err(error) = driver.await {
            tracing::debug!(%error, %address, "a connection to a backend has ended");
        }
    });
    Ok(Rc::new(Shared {
        sender: RefCell::new(sender),
        streams: Cell::new(0),
        used: Cell::new(now()),
        heard,
        is_retired: Cell::new(false),
        place,
    }))
}

/// The connection below, and when something was heard on it.
struct Wire {
    stream: Stream,
    heard: Rc<Cell<Moment>>,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.heard.set(now());
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
