//! Opens sockets and starts threads.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::edge::Edge;
use crate::listener::Listener;
use crate::serving::{Change, Stop, run};
use crate::settings::Settings;
use crate::timer::now;

/// Connections that wait to be accepted, for each thread.
const BACKLOG: i32 = 4_096;

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
    /// The ports as routes name them, in the same order.
    names: Vec<u16>,
    /// The sockets once more, so that they can be handed on.
    sockets: Vec<(u16, std::net::TcpListener)>,
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
    changes: Vec<UnboundedSender<Change>>,
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
        for listener in listeners {
            let name = listener.name();
            let sockets = handed.extract_if(.., |(given, _)| *given == name).take(threads);
            let sockets = sockets.map(|(_, socket)| socket).collect();
            bound.push(sockets_of(listener, sockets, threads)?);
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
        let names = self.listeners.iter().map(|(listener, _)| listener.name()).collect();
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
        let (mut threads, mut changes) = (Vec::new(), Vec::new());
        for (number, sockets) in of_threads.into_iter().enumerate() {
            let (edge, settings, stop) = (edge.clone(), self.settings.clone(), stop.clone());
            let seed = seed.wrapping_add((number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (change, changed) = unbounded_channel();
            changes.push(change);
            let run = move || run(sockets, &*edge, settings, (&stop, changed), (seed, start));
            let name = format!("data-plane-{number}");
            threads.push(std::thread::Builder::new().name(name).spawn(run)?);
        }
        Ok(Server { addresses, names, sockets: kept, stop, threads, changes })
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

    /// Opens a further listener, and says where it is.
    ///
    /// # Errors
    ///
    /// The port is taken, or the system refuses. Nothing is open then.
    pub fn open(&mut self, listener: Listener) -> Result<SocketAddr, ServerError> {
        let (listener, sockets) = sockets_of(listener, Vec::new(), self.changes.len())?;
        let (name, address) = (listener.name(), listener.address);
        let explain = |error: io::Error| ServerError { address, reason: error.to_string() };
        let kept: Result<Vec<_>, _> = sockets.iter().map(std::net::TcpListener::try_clone).collect();
        self.sockets.extend(kept.map_err(explain)?.into_iter().map(|socket| (name, socket)));
        self.addresses.push(address);
        self.names.push(name);
        for (changes, socket) in self.changes.iter().zip(sockets) {
            // A thread that is no more opens nothing.
            let _ = changes.send(Change::Open(Box::new(listener.clone()), socket));
        }
        Ok(address)
    }

    /// Closes the listener of a port, as routes name it. It takes no further connections; requests under way end within
    /// the time that the settings give for a stop.
    pub fn close(&mut self, name: u16) {
        // A socket that somebody holds would go on taking connections, which nobody would serve.
        self.sockets.retain(|(known, _)| *known != name);
        let mut names = self.names.iter();
        self.addresses.retain(|_| names.next() != Some(&name));
        self.names.retain(|known| *known != name);
        for changes in &self.changes {
            let _ = changes.send(Change::Close(name));
        }
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
        self.stop.ask();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ask();
    }
}

/// So many sockets for a listener, those that are there already among them, and where it is.
fn sockets_of(
    mut listener: Listener,
    mut sockets: Vec<std::net::TcpListener>,
    count: usize,
) -> Result<(Listener, Vec<std::net::TcpListener>), ServerError> {
    let wanted = listener.address;
    let explain = |error: io::Error| ServerError {
        address: wanted,
        reason: match error.kind() {
            io::ErrorKind::AddrInUse => {
                "the port is in use; stop what uses it or choose another one".to_owned()
            }
            _ => error.to_string(),
        },
    };
    sockets.iter().try_for_each(|socket| socket.set_nonblocking(true)).map_err(explain)?;
    if sockets.is_empty() {
        sockets.push(open(wanted).map_err(explain)?);
    }
    let first = sockets.first().map(std::net::TcpListener::local_addr);
    listener.address = first.unwrap_or(Ok(wanted)).map_err(explain)?;
    while sockets.len() < count {
        sockets.push(open(listener.address).map_err(explain)?);
    }
    Ok((listener, sockets))
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
