//! Listening sockets.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tradewind_client::Handler;
use tradewind_kernel::Clock;

use crate::serve::ConnectionLimits;
use crate::serve::connection;
use crate::serve::guard::{GuardFactory, OnRefusal};
use crate::serve::wire::Wire;
use crate::tasks::Scope;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// Connections served at the same time by one door.
const MAX_CONNECTIONS: usize = 4_096;

/// Requests under way at the same time on all HTTP/2 connections of one door, where each may carry many.
const MAX_STREAMS: usize = 4_096;

/// The pause after the system refused to accept: it is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A door could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct ListenError {
    /// Where the door was to be.
    pub address: SocketAddr,
    /// Why it is not there, and what to do.
    pub reason: String,
}

/// A listening socket for a door, to be handed to a process that serves it; port 0 takes a free one.
///
/// # Errors
/// [`ListenError`] when the port is taken, or the system refuses.
pub fn listen(address: SocketAddr) -> Result<std::net::TcpListener, ListenError> {
    Listener::bind(address).map(|listener| listener.socket)
}

/// A bound socket that is not served yet.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: std::net::TcpListener,
    pub(crate) address: SocketAddr,
}

impl Listener {
    /// Binds `address`; port 0 takes a free one.
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        let explain = |error: &io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                "the port is in use; stop what uses it or choose other ports".to_owned()
            }
            _ => error.to_string(),
        };
        open(address).map_err(|error| ListenError { address, reason: explain(&error) })
    }

    /// Takes a socket that listens already.
    pub(crate) fn handed(socket: std::net::TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }
}

fn open(address: SocketAddr) -> io::Result<Listener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the connections of the life before.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let socket: std::net::TcpListener = socket.into();
    let address = socket.local_addr()?;
    Ok(Listener { socket, address })
}

/// What serves a listener.
#[derive(Clone)]
pub(crate) struct Accepting {
    pub(crate) handler: Handler,
    pub(crate) guard: Option<(GuardFactory, OnRefusal)>,
    pub(crate) wire: Wire,
    pub(crate) limits: ConnectionLimits,
    pub(crate) clock: Clock,
    /// Stops when no further connection or request is taken.
    pub(crate) scope: Scope,
}

/// Accepts connections on the runtime of the caller until the scope stops.
pub(crate) async fn accept(listener: Listener, serving: Accepting) {
    let socket = match TcpListener::from_std(listener.socket) {
        Ok(socket) => socket,
        Err(error) => {
            tracing::error!(%error, address = %listener.address, "a door could not be opened");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let streams = Arc::new(Semaphore::new(MAX_STREAMS));
    let scope = serving.scope.clone();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            biased;
            () = serving.scope.stopping() => return,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                let (serving, streams) = (serving.clone(), streams.clone());
                scope.spawn("connection", async move {
                    connection::serve(stream, from, serving, streams).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                serving.clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Accepts connections on a thread of their own, so that what they cost does not slow the services down.
pub(crate) fn accept_on_own_thread(name: &str, listener: Listener, serving: Accepting) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scope = serving.scope.clone();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        runtime.block_on(async move {
            scope.spawn("accept", accept(listener, serving));
            // The connections live on this runtime: it goes on until the last of them has ended.
            scope.stopping().await;
            scope.idle().await;
        });
    })?;
    Ok(())
}
