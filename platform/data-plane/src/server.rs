//! Opens sockets and starts threads.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::bounds::Admitted;
use crate::edge::Edge;
use crate::front;
use crate::listener::Listener;
use crate::settings::Settings;
use crate::task::{event_loop, spawn};
use crate::thread::Thread;
use crate::timer::{Moment, now, pause, within};

/// Connections that wait to be accepted, for each thread.
const BACKLOG: i32 = 4_096;

/// The pause after the system refused to accept: it is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often the edge is told that time passes.
const TICK: Duration = Duration::from_millis(100);

/// A listener could not be opened, or no thread be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct ServerError {
    /// Where it was to be.
    pub address: SocketAddr,
    /// Why it is not there, and what to do.
    pub reason: String,
}

/// A server whose sockets are open and take connections, which wait until [`Bound::serve`].
#[derive(Debug)]
pub struct Bound {
    listeners: Vec<(Listener, Vec<std::net::TcpListener>)>,
    settings: Settings,
}

/// A server that serves, until it is drained or dropped.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    /// The sockets once more, so that they can be handed on.
    sockets: Vec<(u16, std::net::TcpListener)>,
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
}

/// How threads are asked to stop, and what they say of it.
#[derive(Debug, Default)]
struct Stop {
    is_asked: AtomicBool,
    asked: Notify,
    /// Connections that had to be dropped.
    dropped: AtomicUsize,
}

impl Bound {
    /// Opens a socket for each listener and thread.
    ///
    /// # Errors
    ///
    /// A port is taken, or the system refuses.
    pub fn bind(listeners: Vec<Listener>, settings: Settings) -> Result<Self, ServerError> {
        Self::adopt(listeners, Vec::new(), settings)
    }

    /// The same with sockets that another process has handed on, by the ports as routes name them; those of which there
    /// are not enough are opened.
    ///
    /// # Errors
    ///
    /// A port is taken, or the system refuses.
    pub fn adopt(
        listeners: Vec<Listener>,
        mut handed: Vec<(u16, std::net::TcpListener)>,
        settings: Settings,
    ) -> Result<Self, ServerError> {
        let threads = settings.threads.max(1);
        let mut bound = Vec::new();
        for mut listener in listeners {
            let name = listener.name();
            let explain = |error: io::Error| ServerError {
                address: listener.address,
                reason: match error.kind() {
                    io::ErrorKind::AddrInUse => {
                        "the port is in use; stop what uses it or choose another one".to_owned()
                    }
                    _ => error.to_string(),
                },
            };
            let mut sockets = Vec::new();
            for (_, socket) in handed.extract_if(.., |(given, _)| *given == name).take(threads) {
                socket.set_nonblocking(true).map_err(explain)?;
                sockets.push(socket);
            }
            if sockets.is_empty() {
                sockets.push(open(listener.address).map_err(explain)?);
            }
            let first = sockets.first().map(std::net::TcpListener::local_addr);
            let address = first.unwrap_or(Ok(listener.address)).map_err(explain)?;
            while sockets.len() < threads {
                sockets.push(open(address).map_err(explain)?);
            }
            listener.address = address;
            bound.push((listener, sockets));
        }
        Ok(Self { listeners: bound, settings })
    }

    /// Where the listeners are, in the order in which they were given.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().map(|(listener, _)| listener.address).collect()
    }

    /// Starts the threads. `seed` makes ids of traces differ from those of other processes.
    ///
    /// # Errors
    ///
    /// A thread could not be started.
    pub fn serve(self, edge: &Arc<dyn Edge>, seed: u64) -> io::Result<Server> {
        let (addresses, stop, start) = (self.addresses(), Arc::new(Stop::default()), now());
        let count = self.settings.threads.max(1);
        let mut kept = Vec::new();
        for (listener, sockets) in &self.listeners {
            for socket in sockets {
                kept.push((listener.name(), socket.try_clone()?));
            }
        }
        let mut of_threads: Vec<Vec<(Listener, std::net::TcpListener)>> =
            (0..count).map(|_| Vec::new()).collect();
        for (listener, sockets) in self.listeners {
            for (sockets_of_thread, socket) in of_threads.iter_mut().zip(sockets) {
                sockets_of_thread.push((listener.clone(), socket));
            }
        }
        let mut threads = Vec::new();
        for (number, sockets) in of_threads.into_iter().enumerate() {
            let (edge, settings, stop) = (edge.clone(), self.settings.clone(), stop.clone());
            let seed = seed.wrapping_add((number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let run = move || run(sockets, &*edge, settings, &stop, (seed, start));
            let name = format!("data-plane-{number}");
            threads.push(std::thread::Builder::new().name(name).spawn(run)?);
        }
        Ok(Server { addresses, sockets: kept, stop, threads })
    }
}

impl Server {
    /// Where the listeners are, in the order in which they were given.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The listening sockets, by the ports as routes name them, for a process that takes the place of this one.
    #[must_use]
    pub fn sockets(&self) -> Vec<(u16, &std::net::TcpListener)> {
        self.sockets.iter().map(|(name, socket)| (*name, socket)).collect()
    }

    /// Takes no further connections and requests, lets those under way end within the time that the settings give, and
    /// says how many connections had to be dropped. Blocks the thread that calls.
    #[must_use]
    pub fn drain(mut self) -> usize {
        self.sockets.clear();
        self.ask();
        for thread in self.threads.drain(..) {
            // One that panicked has dropped what it had.
            let _ = thread.join();
        }
        self.stop.dropped.load(Ordering::Relaxed)
    }

    /// The same without waiting for it; [`Server::drain`] waits.
    pub fn ask(&self) {
        self.stop.is_asked.store(true, Ordering::Release);
        self.stop.asked.notify_waiters();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ask();
    }
}

fn open(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the connections of the life before.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// One thread, from its start to its end.
fn run(
    sockets: Vec<(Listener, std::net::TcpListener)>,
    edge: &dyn Edge,
    settings: Settings,
    stop: &Arc<Stop>,
    (seed, start): (u64, Moment),
) {
    let (runtime, tasks) = match event_loop() {
        Ok(made) => made,
        Err(error) => {
            tracing::error!(%error, "a thread of the data plane could not start");
            return;
        }
    };
    let serving = async {
        let thread = Thread::new(edge.thread(), settings, (seed, start));
        for (listener, socket) in sockets {
            match TcpListener::from_std(socket) {
                Ok(socket) => spawn(accept(thread.clone(), listener, socket)),
                Err(error) => tracing::error!(%error, "a socket of the data plane could not be used"),
            }
        }
        let ticking = thread.clone();
        spawn(async move {
            loop {
                pause(TICK).await;
                ticking.day_time.set();
                ticking.edge.tick();
            }
        });
        asked(stop).await;
        thread.stop();
        let _ = within(thread.settings.timers.drain, thread.emptied()).await;
        thread.edge.tick();
        stop.dropped.fetch_add(thread.connections(), Ordering::Relaxed);
    };
    tasks.block_on(&runtime, serving);
}

/// Waits until the server is asked to stop.
async fn asked(stop: &Stop) {
    loop {
        let asked = stop.asked.notified();
        let mut asked = std::pin::pin!(asked);
        asked.as_mut().enable();
        if stop.is_asked.load(Ordering::Acquire) {
            return;
        }
        asked.await;
    }
}

/// Accepts connections until the thread stops.
async fn accept(thread: Rc<Thread>, listener: Listener, socket: TcpListener) {
    let listener = Rc::new(listener);
    let mut stopping = std::pin::pin!(thread.stopping.notified());
    stopping.as_mut().enable();
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stopping => return drain_queue(&thread, &listener, &socket).await,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(mut admitted) = admit(&listener, peer) else { continue };
                let stops = match &mut admitted {
                    None => false,
                    Some(admitted) => tokio::select! {
                        biased;
                        () = &mut stopping => true,
                        () = admitted.enter() => false,
                    },
                };
                front::welcome(&thread, &listener, stream, peer, admitted);
                if stops {
                    return drain_queue(&thread, &listener, &socket).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                pause(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Takes the connections that are there already: to close the socket would reset them.
async fn drain_queue(thread: &Rc<Thread>, listener: &Rc<Listener>, socket: &TcpListener) {
    while let Some(Ok((stream, peer))) = within(Duration::ZERO, socket.accept()).await {
        if let Ok(admitted) = admit(listener, peer) {
            front::welcome(thread, listener, stream, peer, admitted);
        }
    }
}

/// Counts a connection where the listener has bounds of its own; an error where the client has too many.
fn admit(listener: &Listener, peer: SocketAddr) -> Result<Option<Admitted>, ()> {
    let Some(bounds) = &listener.bounds else { return Ok(None) };
    bounds.admit(peer.ip()).map(Some).ok_or(())
}
