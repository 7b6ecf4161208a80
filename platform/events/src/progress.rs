//! How far a subscription has come and what it left behind.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use tokio::sync::Notify;

/// How far a subscription has come; read by metrics.
#[derive(Debug, Default)]
pub struct Progress {
    position: AtomicI64,
    moved: Notify,
    handled: AtomicU64,
    failures: AtomicU64,
    attempts: AtomicU64,
    letters: AtomicI64,
    keys: AtomicI64,
    stopped: AtomicBool,
    strange: AtomicU64,
}

impl Progress {
    /// The position of the last event that was handled, parked or passed over.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position.load(Ordering::Acquire)
    }

    /// Waits until the events up to `position` were handled, parked or passed over.
    pub async fn reached(&self, position: i64) {
        loop {
            let mut moved = pin!(self.moved.notified());
            // In line before looking: a move between the two must not be missed.
            moved.as_mut().enable();
            if self.position() >= position {
                return;
            }
            moved.await;
        }
    }

    pub(crate) fn move_to(&self, position: i64) {
        self.position.store(position, Ordering::Release);
        self.moved.notify_waiters();
    }

    /// Events handled since the start.
    #[must_use]
    pub fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    pub(crate) fn add_handled(&self, count: u64) {
        self.handled.fetch_add(count, Ordering::Relaxed);
    }

    /// What failed since the start, whoever was at fault.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(crate) fn add_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Failed attempts since the start that were counted against their event.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::Relaxed)
    }

    pub(crate) fn add_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    /// Letters that are parked now.
    #[must_use]
    pub fn parked_letters(&self) -> i64 {
        self.letters.load(Ordering::Relaxed)
    }

    /// Keys that have parked letters now.
    #[must_use]
    pub fn parked_keys(&self) -> i64 {
        self.keys.load(Ordering::Relaxed)
    }

    pub(crate) fn set_parked(&self, keys: i64, letters: i64) {
        self.keys.store(keys, Ordering::Relaxed);
        self.letters.store(letters, Ordering::Relaxed);
    }

    /// Whether the subscription stands still until somebody does something: no further letter can be parked, or events
    /// that it has not seen are pruned.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Events since the start whose type is another version of one that is handled, or none of the producer's.
    #[must_use]
    pub fn strange(&self) -> u64 {
        self.strange.load(Ordering::Relaxed)
    }

    pub(crate) fn add_strange(&self) {
        self.strange.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_stopped(&self, stopped: bool) {
        self.stopped.store(stopped, Ordering::Relaxed);
    }
}
