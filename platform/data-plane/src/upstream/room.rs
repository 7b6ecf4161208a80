//! How much there may be towards a backend, over all its endpoints and all threads.
//!
//! A request takes a place at its beginning. So that threads do not write to one number all the time, each takes places
//! by the handful and keeps a few; where there are too few for that it takes each one by itself. Connections are opened
//! seldom, and are counted one by one. Who finds that there are as many as may be waits until one is free, among a
//! bounded number of others.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::timer::within;

/// Of the places of a backend a sixteenth of a thread's part is taken at a time, and twice as many are kept: an eighth of
/// all at most lies with threads that have no use for it.
const HANDFULS: u32 = 16;

/// How much there may be towards a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomBounds {
    /// Requests under way.
    pub requests: u32,
    /// Connections.
    pub connections: u32,
    /// Requests that wait for a connection.
    pub pending: u32,
}

/// A bound that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Of requests under way.
    Requests,
    /// Of connections; none became free in time.
    Connections,
    /// Of requests that wait for a connection.
    Pending,
}

impl Reached {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Requests, Self::Connections, Self::Pending];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Connections => "connections",
            Self::Pending => "pending",
        }
    }
}

/// What there is towards a backend; its threads share it.
#[derive(Debug)]
pub struct Room {
    bounds: RoomBounds,
    handful: u32,
    /// Places that no thread has.
    requests: AtomicU32,
    connections: AtomicU32,
    pending: AtomicU32,
    /// A connection was closed.
    freed: Notify,
    reached: Arc<[AtomicU64; 3]>,
}

impl Room {
    /// With nothing in it, for so many threads.
    #[must_use]
    pub fn new(bounds: RoomBounds, threads: u32) -> Self {
        Self::counting_on(bounds, threads, Arc::default())
    }

    /// With other bounds. What is under way counts for the one before; what was refused is counted on.
    #[must_use]
    pub fn with(&self, bounds: RoomBounds, threads: u32) -> Self {
        Self::counting_on(bounds, threads, self.reached.clone())
    }

    fn counting_on(bounds: RoomBounds, threads: u32, reached: Arc<[AtomicU64; 3]>) -> Self {
        Self {
            bounds,
            handful: bounds.requests / threads.max(1).saturating_mul(HANDFULS),
            requests: AtomicU32::new(bounds.requests),
            connections: AtomicU32::new(bounds.connections),
            pending: AtomicU32::new(bounds.pending),
            freed: Notify::new(),
            reached,
        }
    }

    /// Its bounds.
    #[must_use]
    pub fn bounds(&self) -> RoomBounds {
        self.bounds
    }

    /// Connections that there are.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.bounds.connections.saturating_sub(self.connections.load(Ordering::Relaxed))
    }

    /// Requests that wait for one.
    #[must_use]
    pub fn pending(&self) -> u32 {
        self.bounds.pending.saturating_sub(self.pending.load(Ordering::Relaxed))
    }

    /// How often a bound was reached.
    #[must_use]
    pub fn count(&self, reached: Reached) -> u64 {
        self.reached.get(reached as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    fn note(&self, reached: Reached) -> Reached {
        if let Some(count) = self.reached.get(reached as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        reached
    }
}

/// Takes so many, or as many as there are.
fn take(free: &AtomicU32, count: u32) -> u32 {
    let less = |free: u32| (free > 0).then(|| free - free.min(count));
    free.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).map_or(0, |free| free.min(count))
}

/// The part of one thread.
#[derive(Debug)]
pub(crate) struct Share {
    room: Arc<Room>,
    /// Places for requests that this thread keeps.
    spare: Cell<u32>,
    /// Who waits on this thread.
    waiting: Cell<u32>,
    /// A connection of this thread is unused.
    unused: Notify,
    /// Whether an unused connection was for this thread the last time.
    was_ours: Cell<bool>,
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct RequestPlace(Rc<Share>);

/// A connection that there is.
#[derive(Debug)]
pub(crate) struct ConnectionPlace(Rc<Share>);

/// A request that waits for a connection.
#[derive(Debug)]
pub(crate) struct Pending<'a>(&'a Share);

impl Share {
    pub(crate) fn new(room: Arc<Room>) -> Rc<Self> {
        Rc::new(Self {
            room,
            spare: Cell::new(0),
            waiting: Cell::new(0),
            unused: Notify::new(),
            was_ours: Cell::new(false),
        })
    }

    /// A place for a request.
    pub(crate) fn request(self: &Rc<Self>) -> Result<RequestPlace, Reached> {
        if self.spare.get() == 0 {
            self.spare.set(take(&self.room.requests, self.room.handful.max(1)));
        }
        let spare = self.spare.get().checked_sub(1).ok_or_else(|| self.room.note(Reached::Requests))?;
        self.spare.set(spare);
        Ok(RequestPlace(self.clone()))
    }

    /// A place for a connection, if there is one now.
    pub(crate) fn connection(self: &Rc<Self>) -> Option<ConnectionPlace> {
        (take(&self.room.connections, 1) == 1).then(|| ConnectionPlace(self.clone()))
    }

    /// Among those that wait for a connection.
    pub(crate) fn pending(&self) -> Result<Pending<'_>, Reached> {
        if take(&self.room.pending, 1) == 0 {
            return Err(self.room.note(Reached::Pending));
        }
        self.waiting.set(self.waiting.get() + 1);
        Ok(Pending(self))
    }

    /// Waits until `look` finds what is looked for: it is asked each time that a connection is unused or was closed.
    pub(crate) async fn wait<T>(
        &self,
        limit: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, Reached> {
        let _pending = self.pending()?;
        let waiting = async {
            loop {
                let (mut freed, mut unused) =
                    (std::pin::pin!(self.room.freed.notified()), std::pin::pin!(self.unused.notified()));
                // Before the look, so that what comes after it is not missed.
                freed.as_mut().enable();
                unused.as_mut().enable();
                if let Some(found) = look() {
                    return found;
                }
                tokio::select! {
                    biased;
                    () = freed => {}
                    () = unused => {}
                }
            }
        };
        within(limit, waiting).await.ok_or_else(|| self.room.note(Reached::Connections))
    }

    /// Whether somebody on another thread waits for a connection.
    pub(crate) fn is_wanted_elsewhere(&self) -> bool {
        self.room.pending() > self.waiting.get()
    }

    /// Whether an unused connection is to be closed for somebody on another thread. Where there are some on both they
    /// take turns.
    pub(crate) fn gives_away(&self) -> bool {
        let gives = self.is_wanted_elsewhere() && (self.waiting.get() == 0 || self.was_ours.get());
        self.was_ours.set(!gives);
        gives
    }

    /// A connection of this thread is unused.
    pub(crate) fn unused(&self) {
        if self.waiting.get() > 0 {
            self.unused.notify_one();
        }
    }
}

impl ConnectionPlace {
    pub(crate) fn share(&self) -> &Share {
        &self.0
    }
}

impl Drop for RequestPlace {
    fn drop(&mut self) {
        let Share { room, spare, .. } = &*self.0;
        spare.set(spare.get() + 1);
        let kept = 2 * room.handful;
        if spare.get() > kept {
            let back = room.handful.max(1);
            spare.set(spare.get() - back);
            room.requests.fetch_add(back, Ordering::AcqRel);
        }
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        self.0.room.connections.fetch_add(1, Ordering::AcqRel);
        self.0.room.freed.notify_one();
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get().saturating_sub(1));
        self.0.room.pending.fetch_add(1, Ordering::AcqRel);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.requests.fetch_add(self.spare.get(), Ordering::AcqRel);
    }
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
