//! Readiness of many sockets, in one thread.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU64;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};

/// Which sockets are ready.
#[derive(Debug)]
pub struct Poll {
    epoll: OwnedFd,
}

/// What is waited for at a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Bytes or the end of them.
    Read,
    /// Room for bytes, and all of `Read`.
    Write,
    /// Only that the other side is gone; bytes may wait.
    End,
}

/// One socket that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// What the socket was registered with.
    pub token: usize,
    /// There is room for bytes.
    pub writable: bool,
    /// The other side has ended, in whichever way.
    pub ended: bool,
}

impl Poll {
    /// Nothing registered yet.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left.
    pub fn new() -> io::Result<Self> {
        // A wait must end when it should, and not 50 µs later, as threads are woken by default.
        rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
        Ok(Self { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)? })
    }

    /// Registers a socket.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub fn add(&self, source: impl AsFd, token: usize, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, source, data(token), flags(interest))?)
    }

    /// Waits for something else at a socket that is registered.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub fn change(&self, source: impl AsFd, token: usize, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, source, data(token), flags(interest))?)
    }

    /// Fills `ready`, after at most `patience`; without one, when something is ready.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub fn wait(&self, events: &mut Events, patience: Option<Duration>) -> io::Result<()> {
        self.take(events, patience.map(|_| Timespec { tv_sec: 0, tv_nsec: 0 }))?;
        let Some(patience) = patience.filter(|patience| events.0.is_empty() && !patience.is_zero()) else {
            return Ok(());
        };
        // A wait of epoll is rounded up to whole milliseconds here; this one is not.
        match poll(&mut [PollFd::new(&self.epoll, PollFlags::IN)], Some(&timespec(patience))) {
            Ok(0) | Err(Errno::INTR) => Ok(()),
            Ok(_) => self.take(events, Some(Timespec { tv_sec: 0, tv_nsec: 0 })),
            Err(error) => Err(error.into()),
        }
    }

    fn take(&self, events: &mut Events, patience: Option<Timespec>) -> io::Result<()> {
        events.0.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut events.0), patience.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What one wait has found.
pub struct Events(Vec<epoll::Event>);

impl Events {
    /// Room for what one wait finds.
    pub fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    /// Those that are ready.
    pub fn iter(&self) -> impl Iterator<Item = Ready> + '_ {
        self.0.iter().map(|event| {
            let (flags, data) = (event.flags, event.data);
            let ended = epoll::EventFlags::RDHUP | epoll::EventFlags::HUP | epoll::EventFlags::ERR;
            Ready {
                token: usize::try_from(data.u64()).unwrap_or(usize::MAX),
                writable: flags.contains(epoll::EventFlags::OUT),
                ended: flags.intersects(ended),
            }
        })
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

/// A connection that is being made, from an address of one's own where one is named; it is there when there is room for
/// bytes.
///
/// # Errors
///
/// The system refuses it at once.
pub fn connecting(
    to: SocketAddr,
    from: Option<IpAddr>,
    receive_buffer: Option<usize>,
) -> io::Result<TcpStream> {
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    if let Some(bytes) = receive_buffer {
        sockopt::set_socket_recv_buffer_size(&socket, bytes)?;
    }
    if let Some(from) = from {
        bind(&socket, &SocketAddr::new(from, 0))?;
    }
    match connect(&socket, &to) {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A listener that does not wait.
///
/// # Errors
///
/// The address is taken.
pub fn listening(at: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(at)?;
    // The standard library asks for room for 128 connections; a burst of thousands wants more.
    rustix::net::listen(&listener, 4096)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn data(token: usize) -> epoll::EventData {
    epoll::EventData::new_u64(token as u64)
}

fn flags(interest: Interest) -> epoll::EventFlags {
    let end = epoll::EventFlags::RDHUP;
    match interest {
        Interest::Read => end | epoll::EventFlags::IN,
        Interest::Write => end | epoll::EventFlags::IN | epoll::EventFlags::OUT,
        Interest::End => end,
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
