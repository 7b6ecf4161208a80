//! What holds for the connections of one listener.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;
use tradewind_http_validation::head::HeadLimits;

use crate::settings::Settings;

/// What holds for the connections of one listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Heads of requests.
    pub head: HeadLimits,
    /// Connections at a time, over all threads. Further ones wait in the backlog of the system, but for one on each
    /// thread, which was accepted already.
    pub connections: usize,
    /// Connections of one client address at a time, over all threads. Further ones are closed at once.
    pub connections_of_client: usize,
    /// Requests on one connection; it is closed after them.
    pub requests: u32,
    /// A TLS handshake.
    pub handshake: Duration,
    /// A connection without a request.
    pub idle: Duration,
    /// From the first byte of a head of HTTP/1 to its last.
    pub head_time: Duration,
    /// Between two pieces of a request's body.
    pub body: Duration,
    /// While the client takes nothing of an answer.
    pub write: Duration,
    /// How old a connection may get; it is closed after the request under way. None: as old as it likes.
    pub age: Option<Duration>,
    /// Streams that one HTTP/2 connection may have at a time.
    pub streams: u32,
    /// Streams that the client of one HTTP/2 connection may reset within a minute; it is closed with the next one.
    pub resets: u32,
    /// Bytes that one stream may be ahead of its reader.
    pub stream_window: u32,
    /// Bytes that all streams of a connection may be ahead of their readers.
    pub connection_window: u32,
}

impl From<&Settings> for Bounds {
    /// Those of the settings, with which connections are counted by thread and not here.
    fn from(settings: &Settings) -> Self {
        let Settings { timers, limits, .. } = settings;
        Self {
            head: limits.head,
            connections: usize::MAX,
            connections_of_client: usize::MAX,
            requests: u32::MAX,
            handshake: timers.handshake,
            idle: timers.idle,
            head_time: timers.head,
            body: timers.body,
            write: timers.body,
            age: None,
            streams: limits.streams,
            resets: u32::MAX,
            stream_window: 256 * 1024,
            connection_window: 1024 * 1024,
        }
    }
}

/// The bounds of a listener, and how many connections it has. They can be replaced; connections that are there keep
/// theirs, and count.
#[derive(Debug, Clone)]
pub struct ListenerBounds(Arc<Held>);

#[derive(Debug)]
struct Held {
    bounds: RwLock<Arc<Bounds>>,
    open: AtomicUsize,
    by_client: Mutex<BTreeMap<IpAddr, usize>>,
    /// There may be room for another connection.
    freed: Notify,
}

/// A connection that is counted, as long as it is there.
#[derive(Debug)]
pub(crate) struct Admitted {
    held: Arc<Held>,
    client: IpAddr,
    has_entered: bool,
}

impl ListenerBounds {
    /// These bounds, and no connection yet.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let bounds = RwLock::new(Arc::new(bounds));
        Self(Arc::new(Held {
            bounds,
            open: AtomicUsize::new(0),
            by_client: Mutex::default(),
            freed: Notify::new(),
        }))
    }

    /// Other bounds hold from the next connection on.
    pub fn replace(&self, bounds: Bounds) {
        *self.0.bounds.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(bounds);
        self.0.freed.notify_waiters();
    }

    pub(crate) fn current(&self) -> Arc<Bounds> {
        self.0.current()
    }

    /// Counts a connection of a client; none where the client has as many as it may have.
    pub(crate) fn admit(&self, client: IpAddr) -> Option<Admitted> {
        let most = self.current().connections_of_client;
        let mut by_client = self.0.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_client.get(&client).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        by_client.insert(client, count + 1);
        Some(Admitted { held: self.0.clone(), client, has_entered: false })
    }
}

impl Held {
    fn current(&self) -> Arc<Bounds> {
        self.bounds.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes one of the places; false where there is none.
    fn enter(&self) -> bool {
        let most = self.current().connections;
        let more = |open: usize| (open < most).then(|| open + 1);
        self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_ok()
    }
}

impl Admitted {
    /// Waits for one of the places of the listener.
    pub(crate) async fn enter(&mut self) {
        loop {
            let freed = self.held.freed.notified();
            let mut freed = std::pin::pin!(freed);
            // Before the look, so that what is freed after it is not missed.
            freed.as_mut().enable();
            if self.held.enter() {
                break;
            }
            freed.await;
        }
        self.has_entered = true;
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut by_client = self.held.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                by_client.remove(&self.client);
            }
        }
        if self.has_entered {
            self.held.open.fetch_sub(1, Ordering::AcqRel);
            self.held.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn of(connections: usize, connections_of_client: usize) -> Bounds {
        Bounds { connections, connections_of_client, ..Bounds::from(&Settings::default()) }
    }

    fn enters(admitted: &mut Admitted) -> bool {
        let entering = pin!(admitted.enter());
        entering.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn a_client_has_so_many_connections() {
        let bounds = ListenerBounds::new(of(10, 2));
        let (first, _second) = (bounds.admit(ONE).unwrap(), bounds.admit(ONE).unwrap());
        assert!(bounds.admit(ONE).is_none());
        assert!(bounds.admit(OTHER).is_some());
        drop(first);
        let third = bounds.admit(ONE).unwrap();
        assert!(bounds.admit(ONE).is_none());
        bounds.replace(of(10, 3));
        let _fourth = bounds.admit(ONE).unwrap();
        assert!(bounds.admit(ONE).is_none());
        drop(third);
        assert!(bounds.admit(ONE).is_some());
    }

    #[test]
    fn further_connections_wait_for_a_place() {
        let bounds = ListenerBounds::new(of(1, 10));
        let (mut first, mut second) = (bounds.admit(ONE).unwrap(), bounds.admit(OTHER).unwrap());
        assert!(enters(&mut first));
        {
            let mut waiting = pin!(second.enter());
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
            drop(first);
            assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(()));
        }
        let mut third = bounds.admit(ONE).unwrap();
        assert!(!enters(&mut third));
        bounds.replace(of(2, 10));
        assert!(enters(&mut third));
        // One that never had a place frees none.
        let fourth = bounds.admit(ONE).unwrap();
        drop(fourth);
        assert!(!enters(&mut bounds.admit(ONE).unwrap()));
    }
}
